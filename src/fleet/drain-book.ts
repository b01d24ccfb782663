/**
 * What a controller knows of drains and hosts: read from the tables before each admission, and asked of the destinations in
 * the background. Nothing of it is believed for an act: the start asks the destination anew.
 */
import type { Config } from '../config/config.ts';
import type { Database, Queryable } from '../postgres/database.ts';
import type { DrainHosts } from './drain-hosts.ts';
import { type DrainRow, OPEN_DRAINS } from './drain-rows.ts';
import { type DrainSettings, groupsOf, parseDrainSettings, vmSettingsOf } from './drain-settings.ts';
import { HOSTS, type HostRecord, type HostRow, recordsOf } from './hosts.ts';
import { ACTIVE_STATES } from './move.ts';
import type { HostFigures, Known } from './placer.ts';

/** Only who is to be kept apart from others is worth asking for. */
const ANY_APART = `select from fleet.move where ended is null and apart <> '{}' limit 1`;

/** What is on its way to a host, and what came there since it was asked. */
interface Coming {
  readonly apart: readonly string[];
  readonly cameGib: number;
}

interface BookRow {
  readonly drains: readonly DrainRow[];
  readonly hosts: readonly HostRow[];
  /** Of what a drain has to do yet. */
  readonly sources: readonly string[];
  readonly coming: readonly {
    readonly destination: string;
    readonly apart: readonly string[];
    /** 0: it is on its way, and has its claims. */
    readonly cameGib: number;
  }[];
  /** By the database's clock. */
  readonly nowMs: number;
}

/**
 * One way to the database: an admission holds the lock that others wait for. What came to a host before it was asked is in what
 * it said.
 */
const BOOK = `
select
  (select coalesce(json_agg(each), '[]') from (${OPEN_DRAINS}) as each) as drains,
  (select coalesce(json_agg(each), '[]') from (${HOSTS}) as each) as hosts,
  array(select distinct source from fleet.move where ended is null and drain is not null and not is_foreign) as sources,
  (select coalesce(json_agg(each), '[]') from (
    select destination, apart, case when ended is null then 0 else memory_gib end as "cameGib"
    from fleet.move left join unnest($1::text[], $2::float8[]) as asked (host, ms) on asked.host = destination
    where destination is not null and (state in (${ACTIVE_STATES}) or (
      state = 'moved' and ended >= to_timestamp(coalesce(asked.ms, 0) / 1000)
      -- The same for all of them: by an index.
      and ended >= greatest(now() - interval '1 minute', (select to_timestamp(min(ms) / 1000) from unnest($2) as ms))))
  ) as each) as coming,
  extract(epoch from clock_timestamp())::float8 * 1000 as "nowMs"`;

export class DrainBook implements Known {
  private readonly database: Database;
  private readonly asks: DrainHosts;
  private readonly config: () => Config;
  private drains: readonly (DrainRow & { readonly asked: DrainSettings })[] = [];
  private hosts: ReadonlyMap<string, HostRecord> = new Map();
  private moveSources: readonly string[] = [];
  private readonly seen = new Map<
    string,
    { readonly askedMs: number; readonly said: HostFigures | string }
  >();
  private coming = new Map<string, Coming>();
  private databaseNowMs = 0;

  constructor(database: Database, asks: DrainHosts, config: () => Config) {
    this.config = config;
    this.database = database;
    this.asks = asks;
  }

  /** @throws {StoreError} */
  async read(): Promise<void> {
    this.take(await this.rowOf(this.database));
  }

  /** All that an admission goes by, and what is on its way as it begins. @throws {StoreError} */
  async prepare(within: Queryable): Promise<void> {
    const row = await this.rowOf(within);
    this.take(row);
    this.databaseNowMs = row.nowMs;
    this.coming = new Map();
    for (const { destination, apart, cameGib } of row.coming) this.note(destination, apart, cameGib);
  }

  private async rowOf(within: Queryable): Promise<BookRow> {
    const hosts = [...this.seen.keys()];
    const askedMs = [...this.seen.values()].map((each) => each.askedMs);
    const [row] = await within.query<BookRow>(BOOK, [hosts, askedMs]);
    return row as BookRow;
  }

  private take({ drains, hosts, sources }: BookRow): void {
    this.drains = drains.flatMap((drain) => {
      try {
        return [{ ...drain, asked: parseDrainSettings(drain.settings) }];
      } catch {
        // A newer switchover's: its own controllers place its VMs.
        return [];
      }
    });
    this.hosts = recordsOf(hosts);
    this.moveSources = sources;
  }

  /** Asks all destinations what room they have. */
  async look(): Promise<void> {
    const apartOf = (uri: string) =>
      this.drains
        .filter(({ asked }) => asked.to.some((each) => each.uri === uri))
        .flatMap((each) => each.asked.apart);
    const isAnyApart = (await this.database.query(ANY_APART)).length > 0;
    for (const uri of this.destinations()) {
      const askedMs = await databaseNow(this.database);
      this.seen.set(uri, { askedMs, said: await this.figuresOf(uri, isAnyApart ? apartOf(uri) : undefined) });
    }
    // What it said is old once another drain goes there, and is asked for then.
    const asked = new Set(this.destinations());
    for (const uri of [...this.seen.keys()]) if (!asked.has(uri)) this.seen.delete(uri);
  }

  /** Hosts that are being emptied, and those that VMs come back from. */
  sources(): readonly string[] {
    const drained = this.drains.flatMap(({ host, kind }) => (kind === 'drain' ? [host] : []));
    return [...new Set([...drained, ...this.moveSources])];
  }

  destinations(): readonly string[] {
    return [...new Set(this.drains.flatMap(({ asked }) => asked.to.map(({ uri }) => uri)))];
  }

  settingsOf(drain: string): DrainSettings | undefined {
    return this.drains.find(({ id }) => id === drain)?.asked;
  }

  /** The same, of one that is over too. @throws {StoreError} */
  async settingsEvenOf(drain: string): Promise<DrainSettings | undefined> {
    const known = this.settingsOf(drain);
    if (known) return known;
    const [row] = await this.database.query<{ settings: unknown }>(
      'select settings from fleet.drain where id = $1',
      [drain],
    );
    return row && parseDrainSettings(row.settings);
  }

  host(host: string): HostRecord | undefined {
    return this.hosts.get(host);
  }

  figures(host: string): HostFigures | string | undefined {
    return this.seen.get(host)?.said;
  }

  apartOnWay(host: string): readonly string[] {
    return this.coming.get(host)?.apart ?? [];
  }

  cameGib(host: string): number {
    return this.coming.get(host)?.cameGib ?? 0;
  }

  goes(groups: readonly string[], host: string): void {
    this.note(host, groups, 0);
  }

  private note(host: string, apart: readonly string[], cameGib: number): void {
    const before = this.coming.get(host) ?? { apart: [], cameGib: 0 };
    this.coming.set(host, { apart: [...before.apart, ...apart], cameGib: before.cameGib + cameGib });
  }

  /** When it was last read, by the database's clock. */
  nowMs(): number {
    return this.databaseNowMs;
  }

  private async figuresOf(
    uri: string,
    apart: DrainSettings['apart'] | undefined,
  ): Promise<HostFigures | string> {
    try {
      const { active, freeBytes, largestBytes } = await this.asks.look(uri);
      const groups: string[] = [];
      for (const uuid of apart ? active : []) {
        const vm = await this.asks.vm(uri, uuid);
        if (!vm) continue;
        const own = vmSettingsOf(this.config(), { name: vm.name, metadata: vm.metadata }, { stated: {} });
        groups.push(...groupsOf(vm.name, apart ?? []), ...own.apart);
      }
      return { freeBytes, largestBytes, apart: groups };
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}

async function databaseNow(within: Queryable): Promise<number> {
  const [now] = await within.query<{ ms: number }>(
    'select extract(epoch from clock_timestamp())::float8 * 1000 as ms',
  );
  return now?.ms ?? 0;
}
