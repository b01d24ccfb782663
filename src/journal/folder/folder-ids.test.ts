import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newOpening } from '../testing/happenings.ts';
import { FolderIds } from './folder-ids.ts';
import { FolderJournals } from './folder-journals.ts';

let stateDir: string;
let reads: number;
let journals: FolderJournals;
let ids: FolderIds;
beforeEach(() => {
  stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-ids-'));
  journals = new FolderJournals(stateDir);
  reads = 0;
  ids = new FolderIds(stateDir, {
    list: async () => {
      reads += 1;
      return await journals.list();
    },
  });
});
afterEach(() => {
  ids.close();
  fs.rmSync(stateDir, { recursive: true });
});

test('what is new, and what is gone, is known without reading the folder again', async () => {
  expect(await ids.oldestFirst()).toEqual([]);
  const open = async () => {
    const journal = await journals.open(newOpening());
    await journal.close();
    return journal.id;
  };
  const made = [await open(), await open(), await open()];
  await expect.poll(() => ids.oldestFirst()).toEqual(made);
  fs.rmSync(path.join(stateDir, 'journal', `${made[1]}.jsonl`));
  await expect.poll(() => ids.oldestFirst()).toEqual([made[0], made[2]]);
  // As somebody else's, in between.
  fs.copyFileSync(
    path.join(stateDir, 'journal', `${made[0]}.jsonl`),
    path.join(stateDir, 'journal', `${made[0]}x.jsonl`),
  );
  await expect.poll(() => ids.oldestFirst()).toEqual([made[0], `${made[0]}x`, made[2]]);
  expect(reads).toBe(1);
});

test('a folder that cannot be read is tried again', async () => {
  const journal = await journals.open(newOpening());
  await journal.close();
  fs.chmodSync(path.join(stateDir, 'journal'), 0o777);
  await expect(ids.oldestFirst()).rejects.toThrow(/can be written by others/);
  fs.chmodSync(path.join(stateDir, 'journal'), 0o700);
  expect(await ids.oldestFirst()).toEqual([journal.id]);
});
