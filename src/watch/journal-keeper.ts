/**
 * Looks after the journals of the daemon: old ones go, at its start and once a day; and whether they can be written
 * at all is told when it changes, since without its journal no migration is taken over.
 */
import { type Clock, REAL_CLOCK } from '../hypervisor/clock.ts';
import type { JournalStore, PruneReport } from '../journal/journal-store.ts';
import { formatBytes } from '../model/units.ts';
import type { WatchLog } from './watch-log.ts';

const PRUNE_EVERY_MS = 24 * 3600e3;
/** So that a full disk is told before a migration meets it. */
const LOOK_EVERY_MS = 600_000;
/** Once they cannot be written, how soon it is noticed that they can again. */
const RETRY_EVERY_MS = 30_000;

export interface JournalKeeperParts {
  readonly store: Pick<JournalStore, 'place' | 'list' | 'prune'>;
  readonly log: Pick<WatchLog, 'say'>;
  /** @throws {JournalError} when nothing can be written there */
  probe(): Promise<void>;
  /** Default: the real one. */
  readonly clock?: Clock;
  readonly lookEveryMs?: number;
  readonly retryEveryMs?: number;
  readonly pruneEveryMs?: number;
}

export class JournalKeeper {
  private readonly parts: JournalKeeperParts;
  private state: 'unknown' | 'writable' | 'unwritable' = 'unknown';
  private looking: Promise<boolean> | undefined;
  private readonly clock: Clock;
  private stopLooking = (): void => {};
  private stopPruning = (): void => {};
  private closed = false;

  constructor(parts: JournalKeeperParts) {
    this.parts = parts;
    this.clock = parts.clock ?? REAL_CLOCK;
  }

  /** Looks and prunes now, and from now on. Never rejects. */
  async start(): Promise<void> {
    await this.writable();
    await this.pruneFromNowOn();
  }

  close(): void {
    this.closed = true;
    this.stopLooking();
    this.stopPruning();
  }

  /**
   * Looks whether journals can be written. A change is told; as long as they cannot, nothing else is. Never rejects.
   * @returns whether they can
   */
  async writable(): Promise<boolean> {
    this.looking ??= this.look().finally(() => {
      this.looking = undefined;
    });
    return await this.looking;
  }

  private async look(): Promise<boolean> {
    const { store, log, probe, lookEveryMs = LOOK_EVERY_MS, retryEveryMs = RETRY_EVERY_MS } = this.parts;
    const before = this.state;
    this.stopLooking();
    try {
      // Also that they can be trusted.
      await store.list();
      await probe();
      this.state = 'writable';
      if (before === 'unwritable')
        log.say(`the journals in ${store.place} can be written again: migrations are helped again`);
    } catch (error) {
      this.state = 'unwritable';
      if (before !== 'unwritable')
        log.say(
          `WARNING: NO MIGRATION IS HELPED from now on, because no journal of it could be kept: ${wordsOf(error)}; it is said here once that is mended`,
        );
    }
    if (!this.closed)
      this.stopLooking = this.clock.after(
        this.state === 'writable' ? lookEveryMs : retryEveryMs,
        () => void this.writable(),
      );
    return this.state === 'writable';
  }

  private async pruneFromNowOn(): Promise<void> {
    await this.prune();
    if (this.closed) return;
    const everyMs = this.parts.pruneEveryMs ?? PRUNE_EVERY_MS;
    this.stopPruning = this.clock.after(everyMs, () => void this.pruneFromNowOn());
  }

  private async prune(): Promise<void> {
    const { store, log } = this.parts;
    try {
      const line = pruneLine(await store.prune());
      if (line !== undefined) log.say(line);
    } catch (error) {
      if (await this.writable()) log.say(`old journals could not be removed: ${wordsOf(error)}`);
    }
  }
}

/** @returns undefined where there was nothing to do */
function pruneLine({ removed, kept, problems }: PruneReport): string | undefined {
  const [problem] = problems;
  if (removed.length === 0 && problem === undefined) return undefined;
  const bytes = removed.reduce((sum, each) => sum + each.bytes, 0);
  const forAge = removed.filter(({ because }) => because === 'age').length;
  const why = `${forAge} for their age, ${removed.length - forAge} for the size of all`;
  const left = `${counted(kept.count)} of ${formatBytes(kept.bytes)} left`;
  const failed =
    problem === undefined ? '' : `; ${problems.length} could not be removed, the first: ${problem}`;
  return `removed ${counted(removed.length)} of ${formatBytes(bytes)} (${why}); ${left}${failed}`;
}

function counted(count: number): string {
  return count === 1 ? '1 journal' : `${count} journals`;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
