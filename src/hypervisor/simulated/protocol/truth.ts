/**
 * Where the guest really runs, kept by the simulation as its vCPUs are started and stopped, and never read from what
 * switchover, or a monitor, says. Two sides may run: then the guest's disks would be written from both.
 */
import type { Side } from '../../hypervisor.ts';

/** Why a side runs the guest. */
export type StartCause =
  /** It ran there from the beginning. */
  | 'at first'
  /** The destination started by itself. */
  | 'autostart'
  /** The source resumed by itself, for its stream broke. */
  | 'stream'
  /** A command that a client gave. */
  | 'cont'
  | 'migrate_cancel'
  | 'yank';

export interface Running {
  readonly side: Side;
  readonly cause: StartCause;
  readonly fromMs: number;
  /** Undefined while it runs. */
  readonly untilMs: number | undefined;
}

/** Both sides ran at once. */
export interface Overlap {
  readonly fromMs: number;
  readonly causes: Readonly<Record<Side, StartCause>>;
}

const BY_COMMAND: readonly StartCause[] = ['cont', 'migrate_cancel', 'yank'];

/** What came to a guest that ran, from somebody else or from itself. */
export interface Befallen {
  readonly side: Side;
  readonly what: 'stopped-by-operator' | 'io-error' | 'shut-down';
  readonly atMs: number;
}

export class Truth {
  readonly befallen: Befallen[] = [];
  readonly history: Running[] = [];
  readonly overlaps: Overlap[] = [];
  /** What a client did that may lose the guest, whether or not it did. */
  readonly misdeeds: string[] = [];

  get runningSides(): readonly Side[] {
    return this.history.flatMap(({ side, untilMs }) => (untilMs === undefined ? [side] : []));
  }

  /** Those overlaps that a client's command brought about, or kept from being undone. */
  get overlapsByCommand(): readonly Overlap[] {
    return this.overlaps.filter(
      ({ causes }) => BY_COMMAND.includes(causes.source) || BY_COMMAND.includes(causes.destination),
    );
  }

  runningSidesAt(atMs: number): readonly Side[] {
    return this.history.flatMap(({ side, fromMs, untilMs }) =>
      fromMs <= atMs && (untilMs === undefined || atMs < untilMs) ? [side] : [],
    );
  }

  ran(side: Side): boolean {
    return this.history.some((each) => each.side === side);
  }

  /** Somebody else, or a fault of its host's, keeps the guest from running since then. */
  get isHeld(): boolean {
    const last = this.befallen.at(-1);
    if (!last || last.what === 'shut-down') return false;
    return this.history.every(({ fromMs }) => fromMs <= last.atMs);
  }

  started(side: Side, cause: StartCause, atMs: number): void {
    const other = this.history.find((each) => each.side !== side && each.untilMs === undefined);
    this.history.push({ side, cause, fromMs: atMs, untilMs: undefined });
    if (!other) return;
    const causes =
      side === 'source'
        ? { source: cause, destination: other.cause }
        : { source: other.cause, destination: cause };
    this.overlaps.push({ fromMs: atMs, causes });
  }

  stopped(side: Side, atMs: number): void {
    const index = this.history.findIndex((each) => each.side === side && each.untilMs === undefined);
    const running = this.history[index];
    if (running) this.history[index] = { ...running, untilMs: atMs };
  }
}
