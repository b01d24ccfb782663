/**
 * Sees on which side a guest runs, by monitors that the migration does not use, all through it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Side } from '../../lab/namespaces.ts';
import type { QemuPair } from '../../lab/qemu-pair.ts';

const EVERY_MS = 100;
const SIDES: readonly Side[] = ['source', 'destination'];

export class SideWatch {
  readonly #pair: QemuPair;
  readonly #watching: Promise<void>;
  #bothRan = false;
  #stopped = false;

  private constructor(pair: QemuPair) {
    this.#pair = pair;
    this.#watching = this.#watch();
  }

  static of(pair: QemuPair): SideWatch {
    return new SideWatch(pair);
  }

  /** @returns what was seen until now */
  async stop(): Promise<{ bothRan: boolean }> {
    this.#stopped = true;
    await this.#watching;
    return { bothRan: this.#bothRan };
  }

  /** @returns undefined when the guest runs on none @throws {Error} when it runs on both */
  async runningSide(): Promise<Side | undefined> {
    const states = await Promise.all(SIDES.map(async (side) => await this.#pair[side].runState()));
    const running = SIDES.filter((_, index) => states[index] === 'running');
    if (running.length > 1) throw new Error('the guest runs on both sides');
    return running[0];
  }

  async #watch(): Promise<void> {
    while (!this.#stopped) {
      // One after the other: what runs on the source after it ran on the destination, or before, is no two at once.
      const before = await this.#pair.source.runState();
      const destination = await this.#pair.destination.runState();
      const after = await this.#pair.source.runState();
      if (destination === 'running' && before === 'running' && after === 'running') this.#bothRan = true;
      await sleep(EVERY_MS);
    }
  }
}
