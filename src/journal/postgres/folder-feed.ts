/**
 * Feeds the database from a folder. Every journal is written to the folder first, by this process or by the command line, and what
 * is acted by is read there; from there it comes here, behind. So a database that is away holds up nothing and loses nothing:
 * what it lacks is in the folder, whatever is killed meanwhile. How far a journal was taken in is seen from the number of bytes
 * that the database has of it.
 *
 *     changed, or found by a look ──▶ waiting ──▶ taken in
 *                                        └──────▶ left out (damaged, or another one's name), until it changes
 */
import type { Transactional } from '../../postgres/database.ts';
import { StoreError } from '../../postgres/store-error.ts';
import { type FileBytes, FolderChanges, NO_BYTES } from '../folder/folder-changes.ts';
import { FolderJournals } from '../folder/folder-journals.ts';
import { JournalPaths } from '../folder/journal-paths.ts';
import type { JournalEntry } from '../journal-entry.ts';
import { JournalError } from '../journal-error.ts';
import { isAbsent, takeIn } from './take-in.ts';

export interface FolderFeedParts {
  readonly stateDir: string;
  /** What a list is to show of a migration, one line; undefined: it is not over. */
  summarise(entries: readonly JournalEntry[]): string | undefined;
  /** Something waits. */
  wake(): void;
  say(sentence: string): void;
}

/** Between looks at all files, where the system tells changes, and where it does not. */
const LOOK_EVERY_MS = 600_000;
const LOOK_OFTEN_MS = 5000;
/** Of journals, in one query. */
const AT_A_TIME = 1000;
/** One that is removed so soon after it was opened was of a migration that was refused after all. */
const DISCARDED_WITHIN_MS = 5 * 60e3;
/** Codes of PostgreSQL that are about what it was given: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const OF_THE_DATA = /^(22|23|54)/;

interface Known {
  readonly id: string;
  /** Null: it was taken in once, and removed here since. */
  readonly bytes: number | null;
  readonly isShown: boolean;
}

export class FolderFeed {
  private readonly parts: FolderFeedParts;
  private readonly paths: JournalPaths;
  private readonly folder: FolderJournals;
  private readonly changes: FolderChanges;
  /** How far those are that are in the database. */
  private readonly taken = new Map<string, FileBytes>();
  /** In the database once: not copied again. */
  private readonly removed = new Set<string>();
  private readonly waiting = new Set<string>();
  private readonly leftOut = new Set<string>();
  private taking: string | undefined;
  private nextLookMs = 0;

  constructor(parts: FolderFeedParts) {
    this.parts = parts;
    this.paths = new JournalPaths(parts.stateDir);
    this.folder = new FolderJournals(parts.stateDir);
    this.changes = new FolderChanges(this.paths, (id) => {
      this.waiting.add(id);
      parts.wake();
    });
  }

  /** Where the journals are, for sentences. */
  get place(): string {
    return this.paths.folder;
  }

  get waitingCount(): number {
    return this.waiting.size + (this.taking === undefined ? 0 : 1);
  }

  /** Those of which the database may lack something. */
  get onlyHere(): ReadonlySet<string> {
    return new Set([...this.waiting, ...this.leftOut, ...(this.taking === undefined ? [] : [this.taking])]);
  }

  /** Takes in what waits. @throws {StoreError} @throws {JournalError} where the folder cannot be read */
  async pass(database: Transactional): Promise<void> {
    if (performance.now() >= this.nextLookMs) await this.look(database);
    for (const id of [...this.waiting]) await this.take(database, id);
  }

  /** What the database has is found out anew. */
  lookAgain(): void {
    this.taken.clear();
    this.removed.clear();
    this.nextLookMs = 0;
  }

  close(): void {
    this.changes.close();
  }

  private async look(database: Transactional): Promise<void> {
    // First: what changes from here on is told.
    const isTold = this.changes.listen();
    const all = await this.changes.all();
    const unknown = [...all.keys()].filter((id) => !this.taken.has(id) && !this.removed.has(id));
    for (let from = 0; from < unknown.length; from += AT_A_TIME)
      await this.recognise(database, unknown.slice(from, from + AT_A_TIME), all);
    for (const [id, bytes] of this.taken) {
      const now = all.get(id);
      if (now === undefined) this.taken.delete(id);
      else if (!isSame(now, bytes)) this.waiting.add(id);
    }
    for (const id of this.leftOut) if (!all.has(id)) this.leftOut.delete(id);
    this.nextLookMs = performance.now() + (isTold ? LOOK_EVERY_MS : LOOK_OFTEN_MS);
  }

  /** Which of them the database has whole. */
  private async recognise(
    database: Transactional,
    ids: readonly string[],
    all: ReadonlyMap<string, FileBytes>,
  ): Promise<void> {
    const known = new Map((await knownIn(database, ids)).map((each) => [each.id, each]));
    for (const id of ids) {
      const there = known.get(id);
      const bytes = all.get(id) ?? NO_BYTES;
      if (there?.bytes === null) this.removed.add(id);
      else if (there?.isShown && there.bytes === bytes.journal + bytes.samples) this.taken.set(id, bytes);
      else if (!this.leftOut.has(id)) this.waiting.add(id);
    }
  }

  private async take(database: Transactional, id: string): Promise<void> {
    this.waiting.delete(id);
    if (this.removed.has(id)) return;
    this.taking = id;
    try {
      await this.takeOne(database, id);
    } catch (error) {
      if (!isOfThisJournal(error)) {
        this.waiting.add(id);
        throw error;
      }
      if (isAbsent(error)) await this.forget(database, id);
      else {
        if (!this.leftOut.has(id)) this.parts.say(`left out of the database: ${id}: ${error.message}`);
        this.leftOut.add(id);
      }
    } finally {
      this.taking = undefined;
    }
  }

  private async takeOne(database: Transactional, id: string): Promise<void> {
    const before = this.taken.get(id) ?? NO_BYTES;
    const now = await this.changes.of(id);
    // A write that failed was taken back, or another file took its place.
    const isShorter = now.journal < before.journal || now.samples < before.samples;
    const { bytes, fresh, problems } = await takeIn(database, this.paths, id, isShorter ? NO_BYTES : before);
    for (const problem of problems) this.parts.say(`left out of the database: ${problem}`);
    if (fresh > 0 || before === NO_BYTES) await this.summarise(database, id);
    this.taken.set(id, bytes);
    this.leftOut.delete(id);
  }

  private async summarise(database: Transactional, id: string): Promise<void> {
    const line = this.parts.summarise((await this.folder.read(id)).entries);
    if (line !== undefined)
      await database.query(
        'insert into switchover.summary values ($1, $2) on conflict (journal) do update set line = excluded.line',
        [id, line],
      );
  }

  private async forget(database: Transactional, id: string): Promise<void> {
    this.taken.delete(id);
    this.leftOut.delete(id);
    await database.query(
      'delete from switchover.journal where id = $1 and outcome is null and started_at > $2::timestamptz',
      [id, new Date(Date.now() - DISCARDED_WITHIN_MS).toISOString()],
    );
  }
}

async function knownIn(database: Transactional, ids: readonly string[]): Promise<readonly Known[]> {
  return await database.query<Known>(
    `select given.id, bytes::float8 as bytes, (unfinished or summary.journal is not null) as "isShown"
     from unnest($1::text[]) as given (id)
       left join switchover.journal on journal.id = given.id
       left join switchover.taken_in on taken_in.id = given.id
       left join switchover.summary on summary.journal = given.id
     where journal.id is not null or taken_in.id is not null`,
    [ids],
  );
}

function isSame(a: FileBytes, b: FileBytes): boolean {
  return a.journal === b.journal && a.samples === b.samples;
}

/** And not of the database, or of the folder as a whole. */
function isOfThisJournal(error: unknown): error is Error {
  return (
    error instanceof JournalError || (error instanceof StoreError && OF_THE_DATA.test(error.sqlState ?? ''))
  );
}
