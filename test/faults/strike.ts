/** Waits for a cell's moment and lets its fault strike. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_RATE_BITS_PER_SECOND } from '../../lab/link.ts';
import type { Running } from '../../lab/switchover-process.ts';
import { carryOutUnanswered, type Held, pressCtrlC } from './cancel-moment.ts';
import type { Cell, Fault, Side } from './cell.ts';
import { isPass, isStatus, isStop, MissedError } from './moments.ts';
import type { Scene } from './scene.ts';
import type { Way } from './way.ts';
import type { WitnessedEvent } from './witness.ts';

const PHASE_TIMEOUT_MS = 30_000;
const LOST_MS = 2000;
const SILENT_MS = 3000;
/** Within a pass of more than a second, and within a stop-and-copy of about as long. */
const INTO_PASS_MS = 250;
const INTO_STOP_MS = 100;
const HELD_WITHIN_MS = 300;
const SLOW_BITS_PER_SECOND = DEFAULT_RATE_BITS_PER_SECOND / 5;

export class Striker {
  readonly #scene: Scene;
  readonly #cell: Cell;
  /** Faults that end by themselves. */
  readonly #ends: Promise<void>[] = [];
  #held: Held | undefined;

  constructor(scene: Scene, cell: Cell) {
    this.#scene = scene;
    this.#cell = cell;
  }

  /**
   * Waits for the moment and strikes.
   * @throws {MissedError} when the moment did not come, or was over before the fault had struck
   */
  async strike(running: Running): Promise<void> {
    const { source } = this.#scene.witnesses;
    let ended = false;
    void running.ended.then(() => {
      ended = true;
    });
    const saw = async (what: string, wanted: (event: WitnessedEvent) => boolean) => {
      if (!(await source.saw(wanted, PHASE_TIMEOUT_MS)) || (ended && this.#cell.phase !== 'completed'))
        throw new MissedError(`the migration had no ${what}${ended ? ': switchover has ended' : ''}`);
    };
    switch (this.#cell.phase) {
      case 'pass-1':
        await saw('first pass', isPass(1));
        await sleep(INTO_PASS_MS);
        await this.#takeEffect();
        return this.#assertBefore('the second pass', isPass(2));
      case 'later-pass':
        await saw('second pass', isPass(2));
        await sleep(INTO_PASS_MS);
        await this.#takeEffect();
        return this.#assertBefore('the stop', isStop);
      case 'stopped':
        await saw('stop', isStop);
        await sleep(INTO_STOP_MS);
        await this.#takeEffect();
        return this.#assertBefore('its completion', isStatus('completed'));
      case 'completed':
        // Not before: a QEMU that took the guest in an earlier migration calls that one completed.
        await saw('first pass', isPass(1));
        await this.#holdTheEnd();
        await saw('completion', isStatus('completed'));
        await this.#untilHeld();
        return await this.#takeEffect();
      case 'cancel':
        await saw('second pass', isPass(2));
        return await this.#cancel(running);
      case 'cancel-stopped':
        await saw('stop', isStop);
        await this.#inALongStop(async () => await this.#cancel(running));
        return this.#assertBefore('its completion', isStatus('completed'));
    }
  }

  /** Waits until a fault that ends by itself has done so. */
  async over(): Promise<void> {
    await Promise.all(this.#ends);
  }

  async #cancel(running: Running): Promise<void> {
    const moment = await pressCtrlC(this.#scene, running);
    this.#held = moment.first;
    await this.#takeEffect();
    await moment.end(this.#cell.side);
  }

  /** A Ctrl-C takes effect after a second, which a stop-and-copy of a good second has not left: the link slows down. */
  async #inALongStop(act: () => Promise<void>): Promise<void> {
    const { link } = this.#scene.bed.lab;
    await link.setRate(SLOW_BITS_PER_SECOND);
    try {
      await act();
    } finally {
      await link.setRate(DEFAULT_RATE_BITS_PER_SECOND);
    }
  }

  /** The events of the migration, and the answers to query-migrate, where there is a way that they come by. */
  async #holdTheEnd(): Promise<void> {
    const way = this.#scene.ways.source;
    await way?.holdAt('to-client', /"status": "completed"/, (line) => {
      this.#scene.timeline.note(`held at the way to the source: ${line}`);
      this.#held = { way, side: 'source', direction: 'to-client' };
    });
  }

  /** The way has got the news as soon as the witness, but tells it over a channel of its own. */
  async #untilHeld(): Promise<void> {
    const endMs = Date.now() + HELD_WITHIN_MS;
    while (this.#scene.ways.source && !this.#held && Date.now() < endMs) await sleep(2);
  }

  async #takeEffect(): Promise<void> {
    const { side, fault } = this.#cell;
    const way = this.#scene.ways[side];
    const held = this.#held;
    if (held?.side === side) await passHeld(held, fault);
    await this.#begin(fault, side, way);
    this.#scene.timeline.note(`FAULT: ${side} ${fault}`);
    if (held?.direction === 'to-client' && held.side !== side) await held.way.letGo('to-client');
  }

  async #begin(fault: Fault, side: Side, way: Way | undefined): Promise<void> {
    if (fault === 'killed') {
      const guest = this.#scene.bed.pair[side];
      guest.kill('SIGKILL');
      await guest.exited;
      return;
    }
    if (!way) throw new Error(`${side} has no way to lose`);
    switch (fault) {
      case 'lost-2s': {
        const restore = await way.prepare();
        await way.lose('stale-socket');
        this.#endsAfter(LOST_MS, restore);
        break;
      }
      case 'lost':
        await way.lose('nothing');
        break;
      case 'silent-3s':
        await way.fallSilent();
        this.#endsAfter(SILENT_MS, async () => await way.speakAgain());
        break;
      case 'silent':
        await way.fallSilent();
    }
  }

  #endsAfter(ms: number, end: () => Promise<void>): void {
    const ended = sleep(ms)
      .then(end)
      .then(() => this.#scene.timeline.note('the fault is over'));
    this.#ends.push(ended);
  }

  #assertBefore(what: string, event: (event: WitnessedEvent) => boolean): void {
    const { source } = this.#scene.witnesses;
    if (source.events.some(event)) throw new MissedError(`${what} came before the fault had struck`);
  }
}

/**
 * What is held on the way that is about to be struck. A lost connection loses the answer to a command and not the
 * command, which is the harder case; a silent one swallows it. News of the completion have come through before.
 */
async function passHeld(held: Held, fault: Fault): Promise<void> {
  if (held.direction === 'to-client') await held.way.letGo('to-client');
  else if (fault === 'lost' || fault === 'lost-2s') await carryOutUnanswered(held);
}
