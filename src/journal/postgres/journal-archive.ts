/**
 * The database of a service: all migrations of one or many machines, to be listed, searched and read. Nothing is acted by what
 * it says, and nothing waits for it: journals are written to the folder, and taken in from there ({@link FolderFeed}).
 *
 *     opening ──▶ filling ──▶ level ◀──▶ away        in whichever state, what fails is tried again, and told when it changes
 *        └──────────┴──────────▶ away
 */
import type { Queryable } from '../../postgres/database.ts';
import { type OpenedStore, openStore, type StoreChoice } from '../../postgres/open-store.ts';
import { openSchema } from '../../postgres/schema.ts';
import { StoreError } from '../../postgres/store-error.ts';
import type { JournalEntry } from '../journal-entry.ts';
import { JournalError } from '../journal-error.ts';
import type { JournalReading, PruneOptions } from '../journal-store.ts';
import type { RecentJournal, RecentQuery } from '../recent-journals.ts';
import { REAL_TIMERS } from '../timers.ts';
import { within } from '../within.ts';
import { FolderFeed } from './folder-feed.ts';
import { JOURNAL_TABLES } from './journal-tables.ts';
import { pruneTables } from './prune-tables.ts';
import { readRows } from './read-rows.ts';
import { recentRows } from './recent-rows.ts';
import { type MoveOfVm, rowsOfMoves } from './rows-of-moves.ts';
import { TABLES_KEEP } from './tables-keep.ts';

export interface JournalArchiveParts {
  readonly choice: StoreChoice;
  readonly stateDir: string;
  /** What a list is to show of a migration, one line; undefined: it is not over. */
  summarise(entries: readonly JournalEntry[]): string | undefined;
  /** What is beyond goes, once a day; left out: {@link TABLES_KEEP}. */
  readonly keep?: Pick<PruneOptions, 'olderThanMs' | 'maxBytes'>;
  say(sentence: string): void;
  /** For tests. */
  readonly times?: Partial<typeof TIMES>;
}

const TIMES = {
  /** What changes within that goes in one write. */
  gatherMs: 250,
  /** How soon it is noticed that the database is away, where there is nothing to write. */
  askEveryMs: 5000,
  retryMs: 500,
  mostRetryMs: 5000,
  /** A page is not waited for longer. */
  answerWithinMs: 3000,
  writeWithinMs: 5000,
  closeWithinMs: 5000,
};

const PRUNE_EVERY_MS = 24 * 3600e3;

export class JournalArchive {
  private readonly parts: JournalArchiveParts;
  private readonly times: typeof TIMES;
  private readonly feed: FolderFeed;
  private store: OpenedStore | undefined;
  private hasTables = false;
  private state: 'opening' | 'filling' | 'level' | 'away' = 'opening';
  private words = 'the database is being opened';
  private retryMs: number;
  private nextPruneMs = 0;
  private becomesLevel = Promise.withResolvers<void>();
  private woken = false;
  private stir: () => void = () => {};
  private closed = false;
  private running: Promise<void> | undefined;

  constructor(parts: JournalArchiveParts) {
    this.parts = parts;
    this.times = { ...TIMES, ...parts.times };
    this.retryMs = this.times.retryMs;
    const { stateDir, summarise, say } = parts;
    this.feed = new FolderFeed({ stateDir, summarise, say, wake: () => this.wake() });
  }

  /** Opens the database, and feeds it from now on. */
  start(): void {
    this.running ??= this.run();
  }

  /** Why older migrations may lack in what is shown; undefined: they do not. */
  get problem(): string | undefined {
    return this.state === 'level' ? undefined : this.words;
  }

  /** Ids of journals that are in the folder, and of which the database may lack something. */
  get onlyInFolder(): ReadonlySet<string> {
    return this.feed.onlyHere;
  }

  /** Settles once the database has all that was in the folder before, but for what is damaged: never, if it stays away. */
  async hasAll(): Promise<void> {
    await this.becomesLevel.promise;
  }

  /** The newest first, page by page; those of {@link onlyInFolder} may be among them. @throws {StoreError} */
  async *newestFirst(query: RecentQuery): AsyncGenerator<RecentJournal, void> {
    let { before } = query;
    for (;;) {
      const page = await this.asked((database) => recentRows(database, { ...query, before }));
      yield* page;
      if (page.length < query.limit) return;
      before = page.at(-1)?.id;
    }
  }

  /** Ids of the newest journals of these moves, by the move. @throws {StoreError} */
  async ofMoves(moves: readonly MoveOfVm[]): Promise<ReadonlyMap<string, string>> {
    return await this.asked((database) => rowsOfMoves(database, moves));
  }

  /** @throws {JournalError} where there is none @throws {StoreError} */
  async read(id: string, fromSeq: number, samples: boolean): Promise<JournalReading> {
    const reading = await this.asked((database) => readRows(database, id, fromSeq, samples));
    if (reading.entries.length === 0 && fromSeq === 0)
      throw new JournalError(`"${id}" is no id of a migration: \`switchover list\` shows them`);
    return reading;
  }

  /** Takes in what is left, and lets go of the database. Not waited for longer than some seconds. */
  async close(): Promise<void> {
    this.closed = true;
    this.stir();
    if (this.running !== undefined) await within(this.times.closeWithinMs, this.running, REAL_TIMERS);
  }

  private async run(): Promise<void> {
    for (;;) {
      // Before the work: what comes while it is done is not missed.
      this.woken = false;
      const isLast = this.closed;
      const succeeded = await this.work();
      if (isLast) break;
      await this.pause(succeeded ? this.times.askEveryMs : this.retryMs, succeeded);
      if (succeeded) await this.pause(this.times.gatherMs, false);
      else if (this.closed) break;
      else this.retryMs = Math.min(2 * this.retryMs, this.times.mostRetryMs);
    }
    this.feed.close();
    try {
      await this.store?.[Symbol.asyncDispose]();
    } catch {
      // Its own server did not stop: the next one adopts it.
    }
  }

  /** Never rejects. */
  private async work(): Promise<boolean> {
    try {
      this.store ??= await openStore(this.parts.choice);
      const { database, isOwn } = this.store;
      if (!this.hasTables) await openSchema(database, [JOURNAL_TABLES], isOwn ? 'upgrade' : 'refuse');
      if (this.state === 'opening') this.isFilling();
      this.hasTables = true;
      if (this.feed.waitingCount === 0)
        await database.answeringWithin(this.times.answerWithinMs).query('select');
      await this.feed.pass(database.answeringWithin(this.times.writeWithinMs));
      this.isLevel();
      await this.prune();
      return true;
    } catch (error) {
      this.isAway(error);
      return false;
    }
  }

  private async prune(): Promise<void> {
    if (this.closed || performance.now() < this.nextPruneMs || this.store === undefined) return;
    const { removed } = await pruneTables(this.store.database, this.parts.keep ?? TABLES_KEEP);
    this.nextPruneMs = performance.now() + PRUNE_EVERY_MS;
    if (removed.length > 0) this.parts.say(`removed ${removed.length} old journals from the database`);
  }

  private async asked<T>(asking: (database: Queryable) => Promise<T>): Promise<T> {
    if (this.store === undefined || !this.hasTables) throw new StoreError(this.words);
    try {
      return await asking(this.store.database.answeringWithin(this.times.answerWithinMs));
    } catch (error) {
      if (error instanceof StoreError) {
        this.isAway(error);
        this.wake();
      }
      throw error;
    }
  }

  private isFilling(): void {
    this.state = 'filling';
    this.words = `the database takes in the journals in ${this.feed.place}: older ones may lack`;
  }

  private isLevel(): void {
    this.retryMs = this.times.retryMs;
    if (this.state === 'level') return;
    const place = this.store?.database.place ?? '';
    this.parts.say(`${place} has all journals in ${this.feed.place}${this.state === 'away' ? ' again' : ''}`);
    this.state = 'level';
    this.becomesLevel.resolve();
  }

  private isAway(error: unknown): void {
    const said = error instanceof Error ? error.message : String(error);
    const words = `${said}; migrations go on, and their journals wait in ${this.feed.place}`;
    const isNew = this.state !== 'away' || this.words !== words;
    if (this.state === 'level') this.becomesLevel = Promise.withResolvers();
    this.state = 'away';
    this.words = words;
    // What comes back may be another one, or an older copy of it.
    this.hasTables = false;
    this.feed.lookAgain();
    if (isNew && !this.closed) this.parts.say(`WARNING: ${words}`);
  }

  /** Ends sooner with the archive, and where it may be woken once something waits. */
  private async pause(ms: number, mayBeWoken: boolean): Promise<void> {
    const isOver = () => this.closed || (mayBeWoken && this.woken);
    if (isOver()) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.stir = () => {
        if (!isOver()) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.stir = () => {};
  }

  private wake(): void {
    this.woken = true;
    this.stir();
  }
}
