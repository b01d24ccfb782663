import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { newOpening, OUTCOME } from '../journal/testing/happenings.ts';
import type { RunStore } from '../migration/run.ts';
import { rememberingJournals } from './remembered-journals.ts';

let stateDir: string;
let kept: FolderJournals;
let store: RunStore;
let reads: string[];
beforeEach(() => {
  stateDir = mkdtempSync(path.join(os.tmpdir(), 'switchover-remembered-'));
  kept = new FolderJournals(stateDir);
  store = rememberingJournals(kept);
  reads = [];
  const read = kept.read.bind(kept);
  vi.spyOn(kept, 'read').mockImplementation(async (id, ...rest) => {
    reads.push(id);
    return await read(id, ...rest);
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(stateDir, { recursive: true });
});

async function journal(): Promise<string> {
  const writer = await store.open(newOpening());
  writer.append(2, { type: 'ended', outcome: OUTCOME });
  await writer.close();
  return writer.id;
}

const whole = { samples: true };

test('one that has ended is read once, for however many begin at once', async () => {
  const id = await journal();
  const readings = await Promise.all(Array.from({ length: 20 }, async () => await store.read(id, 0, whole)));
  expect(readings.map(({ entries }) => entries.length)).toEqual(Array(20).fill(2));
  expect(reads).toEqual([id]);
});

test('one that goes on is read again after five seconds, one that is gone on with at once', async () => {
  const timers = vi.spyOn(globalThis, 'setTimeout');
  const open = await store.open(newOpening());
  expect((await store.read(open.id, 0, whole)).entries).toHaveLength(1);
  open.append(2, { type: 'ended', outcome: OUTCOME });
  await open.close();
  expect((await store.read(open.id, 0, whole)).entries).toHaveLength(1);
  const [after] = timers.mock.calls.find(([, ms]) => ms === 5000) ?? [];
  (after as () => void)();
  expect((await store.read(open.id, 0, whole)).entries).toHaveLength(2);
  await store.read(open.id, 0, whole);
  expect(reads).toEqual([open.id, open.id]);
  const again = await store.reopen(open.id);
  again.append(3, { type: 'ended', outcome: OUTCOME });
  await again.close();
  expect((await store.read(open.id, 0, whole)).entries).toHaveLength(3);
});

test('what cannot be read is tried again, and only the newest forty are remembered', async () => {
  await expect(store.read('nothing', 0, whole)).rejects.toThrow('cannot be read');
  await expect(store.read('nothing', 0, whole)).rejects.toThrow('cannot be read');
  expect(reads).toEqual(['nothing', 'nothing']);
  const ids: string[] = [];
  for (let count = 0; count < 41; count += 1) ids.push(await journal());
  for (const id of ids) await store.read(id, 0, whole);
  reads.splice(0);
  await store.read(ids[40] ?? '', 0, whole);
  await store.read(ids[0] ?? '', 0, whole);
  expect(reads).toEqual([ids[0]]);
});

test('the list of all is made once for those that begin within the same second', async () => {
  await journal();
  const lists = vi.spyOn(kept, 'list');
  const all = await Promise.all(Array.from({ length: 20 }, async () => await store.list()));
  expect(new Set(all.map((ids) => ids.length))).toEqual(new Set([1]));
  expect(lists).toHaveBeenCalledTimes(1);
  vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 1500);
  await journal();
  expect(await store.list()).toHaveLength(2);
});
