/** The journals in a database. Its tables are made, or found to be right, before (`postgres/schema.ts`). */
import type { Database } from '../../postgres/database.ts';
import { StoreError } from '../../postgres/store-error.ts';
import { findId } from '../find-id.ts';
import { concernsTheNext } from '../former-settings.ts';
import { JournalError } from '../journal-error.ts';
import type {
  JournalReading,
  JournalStore,
  JournalWriter,
  NewOpening,
  PruneOptions,
  PruneReport,
  Show,
  VmKey,
} from '../journal-store.ts';
import { newMigrationId } from '../migration-id.ts';
import type { JournalSummary, RecentJournals, RecentQuery } from '../recent-journals.ts';
import { Recorder, type RecorderOptions } from '../recorder.ts';
import { isUnfinished } from '../unfinished.ts';
import type { MigrationView } from '../view.ts';
import { NEWEST_FIRST, OLDEST_FIRST } from './journal-tables.ts';
import { PostgresOutlet } from './postgres-outlet.ts';
import { pruneTables } from './prune-tables.ts';
import { readRows, readRowsView } from './read-rows.ts';
import { recentRows } from './recent-rows.ts';

/** Another process may take the same id in the same millisecond. */
const ID_ATTEMPTS = 3;
/** https://www.postgresql.org/docs/current/errcodes-appendix.html: unique_violation. */
const TAKEN = '23505';

export class PostgresJournals implements JournalStore, RecentJournals {
  readonly place: string;
  private readonly database: Database;
  private readonly options: RecorderOptions;

  /** @param options for tests */
  constructor(database: Database, options: RecorderOptions = {}) {
    this.database = database;
    this.place = database.place;
    this.options = options;
  }

  async open(opening: NewOpening, show?: Show): Promise<JournalWriter> {
    for (let attempt = 1; ; attempt += 1) {
      const [newest] = await this.ids(`${NEWEST_FIRST} limit 1`);
      const id = newMigrationId(opening.guest.name, newest);
      const outlet = this.outletOf(id, true);
      try {
        return await Recorder.begin(outlet, { type: 'opened', id, ...opening }, { ...this.options, show });
      } catch (cause) {
        const isTaken = cause instanceof StoreError && cause.sqlState === TAKEN;
        if (isTaken && attempt < ID_ATTEMPTS) continue;
        // What was committed without an answer goes, where it can. The first error says more.
        if (!isTaken) await outlet.remove().catch(() => {});
        throw new JournalError(`the journal cannot be written: ${String(cause)}`, { cause });
      }
    }
  }

  async reopen(id: string, show?: Show): Promise<JournalWriter> {
    const { entries } = await this.read(id, 0, { samples: true });
    const nextSeq = (entries.at(-1)?.seq ?? -1) + 1;
    return new Recorder(id, this.outletOf(id, false), nextSeq, { ...this.options, show });
  }

  async read(
    id: string,
    fromSeq = 0,
    { samples = false }: { readonly samples?: boolean } = {},
  ): Promise<JournalReading> {
    return await told(async () => {
      const reading = await readRows(this.database, id, fromSeq, samples);
      const isThere = reading.entries.length > 0 || (await this.ids('where id = $1', [id])).length > 0;
      if (isThere) return reading;
      throw new JournalError(`"${id}" is no id of a migration in ${this.place}`);
    });
  }

  async list(): Promise<readonly string[]> {
    return await this.ids(OLDEST_FIRST);
  }

  async find(idOrPart: string): Promise<string> {
    return findId(await this.list(), idOrPart, this.place);
  }

  async unfinishedOf(vm: VmKey): Promise<MigrationView | undefined> {
    const newest = await this.newestOf(vm);
    return newest && isUnfinished(newest) ? newest : undefined;
  }

  async owingOf(vm: VmKey): Promise<MigrationView | undefined> {
    const newest = await this.newestOf(vm);
    return newest && concernsTheNext(newest) ? newest : undefined;
  }

  async prune(options: Partial<PruneOptions> = {}): Promise<PruneReport> {
    return await told(() => pruneTables(this.database, options));
  }

  async recent(query: RecentQuery): Promise<readonly JournalSummary[]> {
    return await told(() => recentRows(this.database, query));
  }

  /** Of journals past damaged ones, as `vm-index.ts` compares VMs. */
  private async newestOf({ uuid, vm }: VmKey): Promise<MigrationView | undefined> {
    const isSame =
      uuid === null
        ? 'where vm = $1 and ($2::text is null)'
        : 'where vm_uuid = $2 or (vm_uuid is null and vm = $1)';
    return await told(async () => {
      for (const id of await this.ids(`${isSame} ${NEWEST_FIRST}`, [vm, uuid])) {
        const view = await readRowsView(this.database, id);
        if (view) return view;
      }
      return undefined;
    });
  }

  private async ids(clauses: string, values: readonly unknown[] = []): Promise<readonly string[]> {
    const query = `select id from switchover.journal ${clauses}`;
    const rows = await told(() => this.database.query<{ id: string }>(query, values));
    return rows.map(({ id }) => id);
  }

  private outletOf(id: string, isNew: boolean): PostgresOutlet {
    const read = async (fromSeq: number) => (await this.read(id, fromSeq, { samples: true })).entries;
    return new PostgresOutlet(this.database, { id, isNew, read });
  }
}

/** As the port has it. @throws {JournalError} */
async function told<T>(doing: () => Promise<T>): Promise<T> {
  try {
    return await doing();
  } catch (cause) {
    throw cause instanceof StoreError
      ? new JournalError(`the journals cannot be read: ${cause.message}`, { cause })
      : cause;
  }
}
