import { expect, test } from 'vitest';
import type { JournalEntry } from '../journal/journal-entry.ts';
import { countOlder, sortIds } from '../journal/migration-id.ts';
import { newOpening } from '../journal/testing/happenings.ts';
import { StoreError } from '../postgres/store-error.ts';
import { LiveMigrations } from './live-migrations.ts';
import type { MigrationSummary } from './migration-summary.ts';
import { type Page, pageOf, type Query } from './migrations-page.ts';

const ALL = {
  ...({ state: 'all', q: undefined, outcome: undefined, code: undefined } as const),
  ...{ limit: 50, before: undefined, documents: false },
} as const;
const IDS = Array.from({ length: 1000 }, (_, at) => `20260101T000000.${String(at).padStart(3, '0')}-vm-0000`);

/** Of journals in a folder, of which every hundredth one is of the VM "rare". @returns also which were read */
async function paged(query: Partial<Query>, ids = IDS): Promise<Page & { read: string[] }> {
  const read: string[] = [];
  const page = await pageOf(
    { ...ALL, ...query },
    {
      ...{ live: new LiveMigrations(), archive: undefined, list: async () => ids },
      summaryOf: async (id) => {
        read.push(id);
        return { id, vm: ids.indexOf(id) % 100 === 50 ? 'rare' : 'vm' } as MigrationSummary;
      },
    },
  );
  return { ...page, read };
}

test('the newest page of a folder reads its own journals, and no others', async () => {
  const { migrations, next, read } = await paged({});
  expect(migrations.map(({ id }) => id)).toEqual(IDS.slice(-50).reverse());
  expect(next).toBe(migrations.at(-1)?.id);
  expect(read).toHaveLength(51);
});

test('a search in a folder ends its page after so many journals, and the next page goes on there', async () => {
  const found: string[] = [];
  let before: string | undefined;
  for (;;) {
    const page = await paged({ q: 'rare', before });
    expect(page.read.length).toBeLessThanOrEqual(210);
    found.push(...page.migrations.map(({ id }) => id));
    if (page.next === null) break;
    before = page.next;
  }
  expect(found).toEqual(IDS.filter((_, at) => at % 100 === 50).reverse());
});

function openedAs(id: string): JournalEntry {
  return {
    schema: 1,
    seq: 0,
    atMs: 0,
    time: '2026-01-01T00:00:00.000Z',
    type: 'opened',
    id,
    ...newOpening(),
  };
}

test('those that run end no page of those that have ended, however many they are, nor the other way round', async () => {
  const live = new LiveMigrations();
  const [old = '', ...run] = IDS.slice(0, 401);
  for (const id of run) live.take(openedAs(id), id);
  const parts = {
    ...{ live, archive: undefined, list: async () => [old, ...run] },
    summaryOf: async (id: string) => ({ id, followed: id !== old }) as MigrationSummary,
  };
  expect(await pageOf({ ...ALL, state: 'ended' }, parts)).toEqual({
    migrations: [{ id: old, followed: false }],
    next: null,
  });
  const summaryOf = async (id: string) => ({ id, followed: id === run[0] }) as MigrationSummary;
  expect(await pageOf({ ...ALL, state: 'running' }, { ...parts, summaryOf })).toEqual({
    migrations: [{ id: run[0], followed: true }],
    next: null,
  });
});

test('a page begins before any id, also one that is not there, or has no time', async () => {
  expect((await paged({ before: '20260101T000000.0005' })).migrations.map(({ id }) => id)).toEqual([
    ...IDS.slice(0, 1),
  ]);
  expect((await paged({ before: 'by-hand' })).migrations).toEqual([]);
  const ids = sortIds([...IDS.slice(0, 3), 'by-hand', 'a']);
  expect((await paged({ before: IDS[1] }, ids)).migrations.map(({ id }) => id)).toEqual([
    IDS[0],
    'by-hand',
    'a',
  ]);
  expect(ids.map((id) => countOlder(ids, id))).toEqual([0, 1, 2, 3, 4]);
});

test('while the database is away, the folder is listed, without what it lost meanwhile', async () => {
  const archive = {
    ...{ problem: 'the database is away', onlyInFolder: new Set<string>() },
    ofMoves: async () => new Map<string, string>(),
    newestFirst: () => {
      throw new StoreError('not to be asked');
    },
    read: () => {
      throw new StoreError('not to be asked');
    },
  };
  const page = await pageOf(ALL, {
    ...{ live: new LiveMigrations(), archive, list: async () => IDS.slice(0, 2) },
    summaryOf: async (id) => {
      if (id === IDS[1]) throw new StoreError('the database is away');
      return { id } as MigrationSummary;
    },
  });
  expect(page).toEqual({ migrations: [{ id: IDS[0] }], next: null, problem: 'the database is away' });
});

test('decisions are made while a long page is put together', async () => {
  let others = 0;
  const timer = setInterval(() => {
    others += 1;
  }, 1);
  const busyMs = (ms: number) => {
    const untilMs = performance.now() + ms;
    while (performance.now() < untilMs);
  };
  await pageOf(
    { ...ALL, limit: 200 },
    {
      ...{ live: new LiveMigrations(), archive: undefined, list: async () => IDS.slice(0, 200) },
      summaryOf: async (id) => {
        busyMs(1);
        return { id, vm: 'vm' } as MigrationSummary;
      },
    },
  );
  clearInterval(timer);
  expect(others).toBeGreaterThan(5);
});
