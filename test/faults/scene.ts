/** All that takes part in a cell: the pair, the ways to its monitors, the witnesses, and the switchover that runs. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bed } from '../../lab/bed.ts';
import { Running } from '../../lab/switchover-process.ts';
import { BeatReader } from './beats.ts';
import { SIDES, type Side } from './cell.ts';
import { Timeline } from './timeline.ts';
import { Way } from './way.ts';
import { Witness } from './witness.ts';

/** Beats by which a console counts as going on, and how long they are waited for. */
const BEATS = 4;
const BEATS_WITHIN_MS = 4000;
/** A console that stops just now may still be read from for so long. */
const SETTLED_MS = 400;

export class Scene implements AsyncDisposable {
  readonly bed: Bed;
  readonly stateDir: string;
  /** The sides without a way of their own are reached directly. */
  readonly ways: Readonly<Partial<Record<Side, Way>>>;
  readonly witnesses: Record<Side, Witness>;
  readonly beats: BeatReader;
  readonly timeline = new Timeline();

  private constructor(
    bed: Bed,
    stateDir: string,
    ways: Scene['ways'],
    witnesses: Scene['witnesses'],
    beats: BeatReader,
  ) {
    this.bed = bed;
    this.stateDir = stateDir;
    this.ways = ways;
    this.witnesses = witnesses;
    this.beats = beats;
  }

  /** @param direct the sides whose monitor switchover shall reach without a way in between */
  static async open(bed: Bed, direct: readonly Side[] = []): Promise<Scene> {
    const { source, destination } = bed.pair;
    const folder = bed.lab.folder;
    const wayTo = async (side: Side) =>
      direct.includes(side)
        ? {}
        : { [side]: await Way.open(path.join(folder, `way-${side}`), bed.pair[side].qmpPath) };
    const ways = { ...(await wayTo('source')), ...(await wayTo('destination')) };
    const witnesses = {
      source: await Witness.at('source', source.monitor2Path),
      destination: await Witness.at('destination', destination.monitor2Path),
    };
    const consoles = { source: source.consolePath, destination: destination.consolePath };
    const stateDir = await mkdtemp(path.join(os.tmpdir(), 'switchover-faults-'));
    return new Scene(bed, stateDir, ways, witnesses, new BeatReader(consoles));
  }

  address(side: Side): string {
    return this.ways[side]?.address ?? `qmp:${this.bed.pair[side].qmpPath}`;
  }

  /** Starts a switchover whose journals are the cell's. */
  run(...args: string[]): Running {
    this.timeline.note(`$ switchover ${args.join(' ')}`);
    const running = new Running(args, { SWITCHOVER_STATE_DIR: this.stateDir });
    running.process.stderr?.on('data', (text: string) =>
      this.timeline.note(`| ${text.replaceAll('\n', '\n| ')}`),
    );
    return running;
  }

  migrate(...args: string[]): Running {
    const force = this.bed.pair.source.losesWritesWorkaround ? ['--force'] : [];
    return this.run(
      'migrate',
      this.address('source'),
      this.address('destination'),
      ...['--migrate-uri', this.bed.pair.migrateUri, '--json', ...force, ...args],
    );
  }

  /** The sides whose console goes on, looked at until one does or it is clear that none will. */
  async goesOn(): Promise<Side[]> {
    await sleep(SETTLED_MS);
    const sinceMs = Date.now();
    const endMs = sinceMs + BEATS_WITHIN_MS;
    let sides: Side[] = [];
    while (sides.length === 0 && Date.now() < endMs) {
      await sleep(100);
      sides = this.beats.goesOnSince(sinceMs, BEATS);
    }
    // A second one that goes on has had the same time for it, but may be half a beat behind.
    if (sides.length > 0) await sleep(SETTLED_MS);
    return this.beats.goesOnSince(sinceMs, BEATS - 1);
  }

  /** A destination anew, with a witness. What it had seen is forgotten. */
  async reopenDestination(): Promise<void> {
    this.witnesses.destination.close();
    const { monitor2Path } = await this.bed.pair.startDestination();
    this.witnesses.destination = await Witness.at('destination', monitor2Path);
  }

  /** All that happened so far, for a failure's message. */
  story(): string {
    return this.timeline.text(Object.values(this.witnesses));
  }

  aliveSides(): Side[] {
    return SIDES.filter((side) => this.bed.pair[side].alive());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.beats.close();
    for (const side of SIDES) {
      this.witnesses[side].close();
      await this.ways[side]?.[Symbol.asyncDispose]();
    }
    await rm(this.stateDir, { recursive: true, force: true });
  }
}
