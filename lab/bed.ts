/**
 * A lab with one pair of QEMUs and a journal folder: what the demo, the benchmarks and the tests of the command
 * line start from.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Arrival, verifyArrival } from './arrival.ts';
import type { Workload } from './guest/workload.ts';
import { type Lab, type LabOptions, openLab } from './lab.ts';
import type { PairOptions, QemuPair } from './qemu-pair.ts';
import { Running } from './switchover-process.ts';

/** The guest of the thesis's failure: 128 MiB rewritten in a loop, more than 480 Mbit/s can carry. */
export const LOOP: Workload = { kind: 'loop', wssMiB: 128 };

export class Bed implements AsyncDisposable {
  readonly lab: Lab;
  readonly pair: QemuPair;
  readonly stateDir: string;
  private before: Awaited<ReturnType<QemuPair['source']['status']>>;

  private constructor(lab: Lab, pair: QemuPair, stateDir: string, before: Bed['before']) {
    this.lab = lab;
    this.pair = pair;
    this.stateDir = stateDir;
    this.before = before;
  }

  static async make(
    workload: Workload,
    options: Omit<PairOptions, 'workload'> = {},
    labOptions: LabOptions = {},
  ): Promise<Bed> {
    const lab = await openLab(labOptions);
    try {
      const pair = await lab.startPair({ workload, ...options });
      await pair.ready();
      const stateDir = await mkdtemp(path.join(os.tmpdir(), 'switchover-state-'));
      return new Bed(lab, pair, stateDir, await pair.source.status());
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  get source(): string {
    return `qmp:${this.pair.source.qmpPath}`;
  }

  get destination(): string {
    return `qmp:${this.pair.destination.qmpPath}`;
  }

  /** Starts `switchover migrate` between the pair, with a destination that waits. */
  async migrate(...args: string[]): Promise<Running> {
    return await this.migrateBy([], ...args);
  }

  /** @param prefix a command that runs the rest */
  async migrateBy(prefix: readonly string[], ...args: string[]): Promise<Running> {
    if (!this.pair.destination.alive()) await this.pair.startDestination();
    return new Running(['migrate', this.source, this.destination, ...this.common(), ...args], {}, prefix);
  }

  /** The options that every migration of the pair needs. */
  common(): string[] {
    // On a QEMU before 9.0 the lab's guests have a memory size that its bug does not touch.
    const force = this.pair.source.losesWritesWorkaround ? ['--force'] : [];
    return ['--migrate-uri', this.pair.migrateUri, '--state-dir', this.stateDir, ...force];
  }

  /** Has the guest check all its memory where it is now. */
  async arrival(side: 'source' | 'destination'): Promise<Arrival> {
    return await verifyArrival(this.before, this.pair[side], this.pair.source);
  }

  /** Once the guest has arrived: the next migration goes back to the host that it has left. */
  async turnAround(): Promise<void> {
    this.before = await this.pair.destination.status();
    await this.pair.turnAround();
  }

  /** @throws {Error} when any of the guest's memory is lost */
  async verify(side: 'source' | 'destination'): Promise<void> {
    const arrival = await this.arrival(side);
    if (!arrival.ok) throw new Error(`on the ${side}: ${arrival.reason}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lab.close();
    await rm(this.stateDir, { recursive: true, force: true });
  }
}
