/**
 * A page of migrations, the newest first, as they are asked for. Those that are followed, and those that the database may not have
 * yet, are looked at here; all others the database finds. Without a database, and as long as it is away, the folder is gone through,
 * the newest first, until the page is full, or until so many journals were read in vain that the page ends early.
 */
import type { MigrationDocument } from '../journal/document.ts';
import { countOlder, isOlder, sortIds } from '../journal/migration-id.ts';
import { StoreError } from '../postgres/store-error.ts';
import { Breather } from './breather.ts';
import type { LiveMigrations } from './live-migrations.ts';
import { type MigrationSummary, migrationSummarySchema } from './migration-summary.ts';
import type { Archive } from './past-migrations.ts';

export interface Query {
  readonly state: 'running' | 'ended' | 'all';
  /** Part of a VM's name, UUID or address, or of a host's. */
  readonly q: string | undefined;
  readonly outcome: MigrationSummary['outcome'] | undefined;
  /** Of one of its reasons. */
  readonly code: string | undefined;
  readonly limit: number;
  /** The id of the last one of the page before. */
  readonly before: string | undefined;
  /** Each with the document that `switchover list --json` prints. */
  readonly documents: boolean;
}

export type Listed = MigrationSummary & { readonly document?: MigrationDocument };

export interface Page {
  readonly migrations: Listed[];
  /** What to ask for the next one by; null: this is the last. */
  readonly next: string | null;
  /** Why older ones may lack. */
  readonly problem?: string;
}

export interface PageParts {
  readonly live: LiveMigrations;
  readonly archive: Archive | undefined;
  /** Ids of the journals of the folder, the oldest first. */
  list(): Promise<readonly string[]>;
  summaryOf(id: string): Promise<MigrationSummary | undefined>;
}

/** A journal takes some milliseconds to read, and who asks waits for it. */
const MOST_IN_VAIN = 200;
/** Rows that are passed over, since they are looked at here. */
const SPARE_ROWS = 10;

/** @throws {JournalError} where the folder cannot be read */
export async function pageOf(query: Query, parts: PageParts): Promise<Page> {
  const { archive } = parts;
  if (query.state === 'running' || archive === undefined)
    return await fill(query, candidates(query, parts, undefined));
  if (archive.problem === undefined)
    try {
      return await fill(query, candidates(query, parts, archive));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  // One that the folder does not keep any more is asked from the database, which is away.
  const summaryOf = async (id: string) => {
    try {
      return await parts.summaryOf(id);
    } catch (error) {
      if (error instanceof StoreError) return undefined;
      throw error;
    }
  };
  const page = await fill(query, candidates(query, { ...parts, summaryOf }, undefined));
  return archive.problem === undefined ? page : { ...page, problem: archive.problem };
}

interface Candidate {
  readonly id: string;
  /** Undefined: its journal is damaged, or gone meanwhile. */
  readonly summary: MigrationSummary | undefined;
  /** It is in mind: to pass it over takes no time, however many of these there are. */
  readonly isLive: boolean;
}

async function fill(query: Query, given: AsyncIterable<Candidate>): Promise<Page> {
  const migrations: MigrationSummary[] = [];
  const breather = new Breather();
  let inVain = 0;
  for await (const { id, summary, isLive } of given) {
    await breather.breathe();
    if (summary === undefined || !fits(summary, query)) {
      if (!isLive) inVain += 1;
      if (inVain >= MOST_IN_VAIN) return { migrations, next: id };
      continue;
    }
    if (migrations.length === query.limit) return { migrations, next: migrations.at(-1)?.id ?? null };
    migrations.push(summary);
  }
  return { migrations, next: null };
}

async function* candidates(
  query: Query,
  parts: PageParts,
  archive: Archive | undefined,
): AsyncGenerator<Candidate> {
  const here = await idsHere(query, parts, archive);
  if (archive) {
    const { q, outcome, before } = query;
    const isHere = new Set(here);
    const rows = archive.newestFirst({
      limit: query.limit + SPARE_ROWS,
      before,
      q,
      outcome: outcome ?? undefined,
    });
    for await (const row of rows) {
      if (isHere.has(row.id)) continue;
      while (here.length > 0 && isOlder(row.id, here.at(-1) ?? ''))
        yield await lookedUp(here.pop() ?? '', parts);
      const summary = parsed(row.summary);
      yield summary ? { id: row.id, summary, isLive: false } : await lookedUp(row.id, parts);
    }
  }
  for (const id of here.reverse()) yield await lookedUp(id, parts);
}

/** Those that are not to be asked from the database, the oldest first. */
async function idsHere(
  { state, before }: Query,
  parts: PageParts,
  archive: Archive | undefined,
): Promise<string[]> {
  const others = archive ? sortIds([...archive.onlyInFolder]) : state === 'running' ? [] : await parts.list();
  const ids = [...others];
  for (const { view } of parts.live.all()) {
    const at = countOlder(ids, view.id);
    if (ids[at] !== view.id) ids.splice(at, 0, view.id);
  }
  return before === undefined ? ids : ids.slice(0, countOlder(ids, before));
}

async function lookedUp(id: string, { live, summaryOf }: PageParts): Promise<Candidate> {
  return { id, summary: await summaryOf(id), isLive: live.get(id) !== undefined };
}

/** Undefined where another switchover kept something else, or it is damaged. */
function parsed(summary: string | null): MigrationSummary | undefined {
  try {
    return summary === null ? undefined : migrationSummarySchema.parse(JSON.parse(summary));
  } catch {
    return undefined;
  }
}

function fits(summary: MigrationSummary, { state, q, outcome, code }: Query): boolean {
  if (state === 'running' && !summary.followed) return false;
  if (state === 'ended' && summary.followed) return false;
  if (outcome !== undefined && summary.outcome !== outcome) return false;
  if (code !== undefined && !summary.reasons.some((each) => each.code === code)) return false;
  if (q === undefined || q === '') return true;
  const { id, vm, vmUuid, source, destination, reason, correlationId } = summary;
  const searched = [id, vm, vmUuid, source, destination, reason, correlationId];
  return searched.some((each) => each?.toLowerCase().includes(q.toLowerCase()));
}
