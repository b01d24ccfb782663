/** All migrations that the page knows, and in which order they are shown: nothing jumps while figures change. */
import type { MigrationSummary } from '../api-types.ts';

export type Fleet = ReadonlyMap<string, MigrationSummary>;

/** @returns the same fleet where what came is no newer: answers and events overtake each other */
export function withSummary(fleet: Fleet, summary: MigrationSummary): Fleet {
  const known = fleet.get(summary.id);
  if (known && known.revision >= summary.revision) return fleet;
  return new Map(fleet).set(summary.id, summary);
}

/** After a connection was lost: what ran then and is not among those that run now has ended meanwhile. */
export function missingFrom(fleet: Fleet, running: readonly MigrationSummary[]): string[] {
  const still = new Set(running.map(({ id }) => id));
  return [...fleet.values()].filter(({ id, final }) => !final && !still.has(id)).map(({ id }) => id);
}

/** A page is open for weeks: what ended long ago is let go, but for the one that is looked at. */
export function withoutOld(fleet: Fleet, nowMs: number, shownId: string | undefined): Fleet {
  const kept = [...fleet].filter(([id, each]) => id === shownId || groupOf(each, nowMs) !== undefined);
  return kept.length === fleet.size ? fleet : new Map(kept);
}

export interface Group {
  readonly key: 'person' | 'pausing' | 'copying' | 'ended';
  readonly title: string;
  readonly migrations: readonly MigrationSummary[];
}

const TITLES: Readonly<Record<Group['key'], string>> = {
  person: 'Needs a person',
  pausing: 'Switching over',
  copying: 'Copying',
  ended: 'Ended lately',
};

/** How long what has ended stays on the page of what runs. */
export const LATELY_MS = 10 * 60_000;

/** Those that ask for a person first; empty groups are left out; the oldest first, so that rows keep their places. */
export function grouped(fleet: Fleet, nowMs: number): Group[] {
  const sorted = [...fleet.values()].sort(byAge);
  const groups = Map.groupBy(sorted, (each) => groupOf(each, nowMs));
  return (Object.keys(TITLES) as Group['key'][]).flatMap((key) => {
    const found = groups.get(key) ?? [];
    const migrations = key === 'ended' ? lastOfEach(found, sorted) : found;
    return migrations.length === 0 ? [] : [{ key, title: TITLES[key], migrations }];
  });
}

/** Of what ended the newest is what somebody looks for, and of each VM the last: the history has the others. */
function lastOfEach(ended: MigrationSummary[], all: readonly MigrationSummary[]): MigrationSummary[] {
  const last = new Map(all.map(({ source, id }) => [source, id]));
  return ended
    .filter(({ source, id }) => last.get(source) === id)
    .sort((a, b) => b.updatedAt.localeCompare(a.updatedAt));
}

function byAge(a: MigrationSummary, b: MigrationSummary): number {
  return a.startedAt.localeCompare(b.startedAt) || a.id.localeCompare(b.id);
}

function groupOf(summary: MigrationSummary, nowMs: number): Group['key'] | undefined {
  if (needsPerson(summary)) return 'person';
  if (summary.final) return nowMs - Date.parse(summary.updatedAt) < LATELY_MS ? 'ended' : undefined;
  return summary.state === 'copying' ? 'copying' : 'pausing';
}

/** Nobody but a person can go on from here: which host has the guest is not known, or it is held for a reason with a remedy. */
export function needsPerson({ runsOn, final, state, reasons }: MigrationSummary): boolean {
  if (runsOn === 'unknown') return true;
  return !final && (state === 'held' || reasons.some(({ remedy }) => remedy !== null));
}

/** What the group of all asks for in one line, for the title of the window. */
export function counts(fleet: Fleet): { readonly running: number; readonly person: number } {
  const all = [...fleet.values()];
  return {
    running: all.filter(({ final }) => !final).length,
    person: all.filter(needsPerson).length,
  };
}
