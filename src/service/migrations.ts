/** All migrations, those that go on and those that are over, and what can be done to one. The API's routes ask here. */

import { definedOnly } from '../config/defined-only.ts';
import { documentOf } from '../journal/document.ts';
import type { FolderIds } from '../journal/folder/folder-ids.ts';
import { JournalError } from '../journal/journal-error.ts';
import type { JournalReading, JournalStore } from '../journal/journal-store.ts';
import type { MoveOfVm } from '../journal/postgres/rows-of-moves.ts';
import { type Replayed, replay } from '../migration/replay.ts';
import type { Run } from '../migration/run.ts';
import type { CapChange } from '../migration/supervisor.ts';
import { choosePolicy, POLICIES } from '../policy/policies.ts';
import { StoreError } from '../postgres/store-error.ts';
import type { LiveMigration, LiveMigrations } from './live-migrations.ts';
import { type MigrationSummary, summaryOf } from './migration-summary.ts';
import { type Listed, type Page, pageOf, type Query } from './migrations-page.ts';
import { type Archive, PastMigrations } from './past-migrations.ts';
import { Problem } from './problem.ts';
import type { LimitsRequest, ReplayRequest } from './requests.ts';
import { Rounds } from './rounds.ts';

export class Migrations {
  readonly live: LiveMigrations;
  /** What changes, for whoever reads along. */
  readonly rounds: Rounds;
  private readonly past: PastMigrations;
  private readonly store: JournalStore;
  private readonly archive: Archive | undefined;
  private readonly ids: FolderIds | undefined;
  /** Those that can be acted on. */
  private readonly runs = new Map<string, Run>();
  /** As it was told at that revision. */
  private readonly texts = new WeakMap<LiveMigration, { readonly of: string; readonly text: string }>();
  /** Why all are let go of, once they are. */
  private leaving: string | undefined;

  /** @param archive the database, where there is one @param ids of the store's journals, where they are kept up */
  constructor(live: LiveMigrations, store: JournalStore, archive?: Archive, ids?: FolderIds) {
    this.live = live;
    this.ids = ids;
    this.store = store;
    this.archive = archive;
    this.past = new PastMigrations(store, archive);
    this.rounds = new Rounds(live, (id) => this.told(id));
  }

  /** From here on it can be cancelled, and its limits changed. */
  follow(run: Run): void {
    this.runs.set(run.id, run);
    const over = () => this.runs.delete(run.id);
    run.outcome.then(over, over);
    // It began while all others were let go of.
    if (this.leaving !== undefined) void run.detach(this.leaving);
  }

  async list(query: Query): Promise<Page> {
    const { live, past, store, archive, ids } = this;
    const page = await pageOf(query, {
      ...{ live, archive, list: async () => (ids ? await ids.oldestFirst() : await store.list()) },
      summaryOf: async (id) => {
        const found = live.get(id) ?? (await past.read(id));
        return found && this.summaryOf(found);
      },
    });
    return query.documents
      ? {
          ...page,
          migrations: await Promise.all(page.migrations.map(async (each) => await this.listed(each))),
        }
      : page;
  }

  /** With the document that `switchover list --json` prints; one that is gone meanwhile has none. */
  private async listed(summary: MigrationSummary): Promise<Listed> {
    const found = this.live.get(summary.id) ?? (await this.past.read(summary.id));
    return found ? { ...summary, document: documentOf(found.view) } : summary;
  }

  /** @throws {Problem} where there is none */
  async get(id: string): Promise<LiveMigration> {
    const live = this.live.get(id);
    if (live) return live;
    const past = await this.past.readWhole(id);
    if (past) return past;
    throw new Problem(404, 'no-such-migration', `there is no migration ${id}: GET /v1/migrations lists them`);
  }

  /** Of moves that other services on the database drive or drove, by the move; empty while it is away. */
  async ofMoves(moves: readonly MoveOfVm[]): Promise<ReadonlyMap<string, string>> {
    if (!this.archive || moves.length === 0) return new Map();
    try {
      return await this.archive.ofMoves(moves);
    } catch (error) {
      if (error instanceof StoreError) return new Map();
      throw error;
    }
  }

  async has(id: string): Promise<boolean> {
    return this.live.get(id) !== undefined || (await this.past.read(id)) !== undefined;
  }

  summaryOf(migration: LiveMigration): MigrationSummary {
    const summary = summaryOf(migration);
    return this.runs.has(summary.id) ? summary : { ...summary, actions: [] };
  }

  /** Its entries so far, and those to come. @throws {Problem} where there is none */
  async *entries(id: string, fromSeq: number): AsyncGenerator<{ readonly seq: number }, void> {
    const { writer } = await this.get(id);
    if (writer) yield* writer.entries(fromSeq);
    else yield* await this.past.entries(id, fromSeq, true);
  }

  /** What its journal holds, without samples. @throws {Problem} where there is none */
  async journal(id: string): Promise<JournalReading> {
    await this.get(id);
    return { id, entries: await this.past.entries(id, 0, false), problems: [] };
  }

  /** What other policies, or the same under other limits, would have done. @throws {Problem} where there is nothing to replay */
  async replay(id: string, { policies, ...changes }: ReplayRequest): Promise<Replayed[]> {
    const { view } = await this.get(id);
    const entries = await this.past.entries(id, 0, true);
    const limits = { ...view.limits, ...definedOnly(changes) };
    const replayed = (policies ?? Object.keys(POLICIES))
      .map((name) => replay(entries, choosePolicy(name), limits))
      .filter((each) => each !== undefined);
    if (replayed.length > 0) return replayed;
    throw new Problem(409, 'nothing-to-replay', `the journal of ${id} holds no observation of its migration`);
  }

  /** @returns once it is known what became of it @throws {Problem} where it cannot be done */
  async cancel(id: string, reason: string): Promise<void> {
    const run = await this.followed(id, 'cancelled');
    const cancelled = await run.cancel(reason);
    if (cancelled === 'too-late')
      throw new Problem(
        409,
        'too-late',
        `the migration ${id} cannot be cancelled any more: the destination has the guest`,
      );
    if (cancelled === 'failed')
      throw new Problem(
        503,
        'cancel-failed',
        `the cancel of ${id} did not come through: it is held within its limits meanwhile; look at its events, then try again`,
      );
  }

  /** @throws {Problem} where it cannot be done: none of it is then */
  async setLimits(
    id: string,
    { bandwidthBytesPerSecond: cap, ...pauses }: LimitsRequest,
    reason: string,
  ): Promise<void> {
    const run = await this.followed(id, 'given other limits');
    const changes = definedOnly(pauses);
    const limits = { ...(await this.get(id)).view.limits, ...changes };
    if (limits.downtimeMs > limits.maxDowntimeMs)
      throw new Problem(
        422,
        'limits-contradict',
        `downtimeMs ${limits.downtimeMs} is above maxDowntimeMs ${limits.maxDowntimeMs}: the pause that is always fine is the shorter one`,
      );
    if (cap !== undefined) assertCapped(id, await run.setPassCap(cap ?? undefined, reason));
    if (Object.keys(changes).length > 0 && !run.setLimits(changes, reason))
      throw new Problem(
        409,
        'not-copying',
        `the migration ${id} cannot be given other limits yet: it has not begun; try again in a moment`,
      );
  }

  /** As soon as the rest fits the longest pause that is allowed. @throws {Problem} where it cannot be done */
  async switchOver(id: string, reason: string): Promise<void> {
    const run = await this.followed(id, 'switched over');
    if (!run.switchOver(reason))
      throw new Problem(
        409,
        'not-copying',
        `the migration ${id} cannot be switched over now: its guest is stopped already, it is being cancelled, or it has not begun`,
      );
  }

  /** Lets go of all, and of what begins from now on, each to go on without us. */
  async detachAll(reason: string): Promise<void> {
    this.leaving = reason;
    await Promise.all(
      [...this.runs.values()].map(async (run) => {
        await run.detach(reason);
        await run.outcome.catch(() => undefined);
      }),
    );
  }

  /** As server-sent events; none of their texts has a line break. */
  private told(id: string): string {
    const migration = this.live.get(id);
    if (!migration) return `event: gone\ndata: ${JSON.stringify({ id })}\n\n`;
    const { view, lastSeq, writer } = migration;
    const of = `${lastSeq} ${writer !== undefined} ${this.runs.has(view.id)}`;
    const before = this.texts.get(migration);
    if (before?.of === of) return before.text;
    const text = `event: migration\ndata: ${JSON.stringify(this.summaryOf(migration))}\n\n`;
    this.texts.set(migration, { of, text });
    return text;
  }

  private async followed(id: string, what: string): Promise<Run> {
    const followed = this.runs.get(id);
    if (followed) return followed;
    const { outcome } = (await this.get(id)).view;
    const why =
      outcome === undefined || outcome.outcome === 'detached'
        ? 'this service does not follow it: another process does, or nobody'
        : `it has ended: ${outcome.reason}`;
    throw new Problem(409, 'not-followed', `the migration ${id} cannot be ${what} here: ${why}`);
  }
}

/** @throws {Problem} of what a store says */
export function asProblem(error: unknown): unknown {
  if (error instanceof JournalError || error instanceof StoreError)
    return new Problem(503, 'journals-unreadable', error.message, { cause: error });
  return error;
}

/** @throws {Problem} */
function assertCapped(id: string, change: CapChange): void {
  if (change === 'not-copying')
    throw new Problem(
      409,
      'not-copying',
      `the bandwidth of the migration ${id} cannot be changed now: only passes are capped, and there is none under way`,
    );
  if (change === 'failed')
    throw new Problem(
      503,
      'cap-failed',
      `the hypervisor did not take another bandwidth for the migration ${id}: its events say why; try again`,
    );
}
