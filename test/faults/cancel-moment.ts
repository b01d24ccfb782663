/** The moment at which a cancel begins: Ctrl-C was pressed, and the first command that is more than a question is on its way. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Running } from '../../lab/switchover-process.ts';
import type { Side } from './cell.ts';
import { isStatus, MissedError } from './moments.ts';
import type { Scene } from './scene.ts';
import type { Way } from './way.ts';
import type { Direction } from './way-process.ts';

const TIMEOUT_MS = 30_000;
/** In which QEMU has carried out a command that it was passed. */
const CARRIED_OUT_MS = 100;

/** A line that a way holds back: the moment stands still until it is let go. */
export interface Held {
  readonly way: Way;
  readonly side: Side;
  readonly direction: Direction;
}

/**
 * Presses Ctrl-C, and waits for the first command.
 * @returns where it is held; undefined where it took a side without a way, and has been carried out
 * @throws {MissedError} when no cancel came
 */
export async function pressCtrlC(scene: Scene, running: Running): Promise<Held | undefined> {
  let held: Held | undefined;
  for (const [side, way] of Object.entries(scene.ways))
    await way.holdAt('to-qemu', /"(execute|exec-oob)": ?"(?!query-)/, (line) => {
      scene.timeline.note(`held at the way to the ${side}: ${line}`);
      // The moment is that of the first one.
      if (held) void way.letGo('to-qemu');
      held ??= { way, side: side as Side, direction: 'to-qemu' };
    });
  scene.timeline.note('Ctrl-C');
  running.process.kill('SIGINT');
  const endMs = Date.now() + TIMEOUT_MS;
  while (!held && !scene.witnesses.source.events.some(isStatus('cancelling'))) {
    if (Date.now() > endMs) throw new MissedError('no cancel came after Ctrl-C');
    await sleep(5);
  }
  return held;
}

/** Has QEMU carry out the command that is held, and keeps the answer back. */
export async function carryOutUnanswered({ way }: Held): Promise<void> {
  await way.hold('to-client');
  await way.letGo('to-qemu');
  await sleep(CARRIED_OUT_MS);
}
