/** The moment at which a cancel begins: Ctrl-C was pressed, and the first command that is more than a question is on its way. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Running } from '../../lab/switchover-process.ts';
import type { Side } from './cell.ts';
import { type IsMoment, isStatus, MissedError } from './moments.ts';
import type { Scene } from './scene.ts';
import type { Way } from './way.ts';
import type { Direction } from './way-process.ts';

const TIMEOUT_MS = 30_000;
/** In which QEMU has carried out a command that it was passed. */
const CARRIED_OUT_MS = 100;

/** A line that a way holds back. */
export interface Held {
  readonly way: Way;
  readonly side: Side;
  readonly direction: Direction;
}

/** As long as it lasts, the ways let no command through that is more than a question. */
export interface CancelMoment {
  /** The first command. Undefined where it took a side without a way, and has been carried out. */
  readonly first: Held | undefined;
  /** Lets all commands go again, but for those on the way to a side that was struck meanwhile. */
  end(struck?: Side): Promise<void>;
}

/** Presses Ctrl-C, and waits for the first command. @throws {MissedError} when no cancel came */
export async function pressCtrlC(scene: Scene, running: Running): Promise<CancelMoment> {
  let first: Held | undefined;
  let over = false;
  const ways = Object.entries(scene.ways) as [Side, Way][];
  for (const [side, way] of ways)
    await way.holdAt('to-qemu', /"(execute|exec-oob)": ?"(?!query-)/, (line) => {
      // It comes after the moment: nothing is to hold it.
      if (over) return void way.letGo('to-qemu');
      scene.timeline.note(`held at the way to the ${side}: ${line}`);
      first ??= { way, side, direction: 'to-qemu' };
    });
  scene.timeline.note('Ctrl-C');
  running.process.kill('SIGINT');
  const endMs = Date.now() + TIMEOUT_MS;
  while (!first && !scene.witnesses.source.events.some(isCancel)) {
    if (Date.now() > endMs) throw new MissedError('no cancel came after Ctrl-C');
    await sleep(5);
  }
  return {
    first,
    end: async (struck) => {
      over = true;
      for (const [side, way] of ways) if (side !== struck) await way.letGo('to-qemu');
    },
  };
}

/** What QEMU tells of a cancel; of one by `yank`, in the stop-and-copy, that the connection has failed. */
const isCancel: IsMoment = (event) => isStatus('cancelling')(event) || isStatus('failed')(event);

/** Has QEMU carry out the command that is held, and keeps the answer back. */
export async function carryOutUnanswered({ way }: Held): Promise<void> {
  await way.hold('to-client');
  await way.letGo('to-qemu');
  await sleep(CARRIED_OUT_MS);
}
