/** The backup of a store: all of it, or nothing. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../postgres/database.ts';
import { NO_BYTES } from '../folder/folder-changes.ts';
import { FolderJournals } from '../folder/folder-journals.ts';
import { JournalPaths } from '../folder/journal-paths.ts';
import { exportStore, importStore } from './backup.ts';
import { takeIn } from './take-in.ts';
import { JournalDatabase } from './testing/journal-database.ts';
import { recordInto } from './testing/record-into.ts';

let folder: string;
let bed: JournalDatabase;
let database: Database;
let stateDir: string;
beforeAll(async () => {
  bed = await JournalDatabase.start();
  ({ database } = bed);
  ({ folder } = bed);
}, 120_000);
afterAll(async () => await bed?.[Symbol.asyncDispose](), 60_000);
beforeEach(async () => {
  await bed.empty();
  stateDir = fs.mkdtempSync(path.join(folder, 'state-'));
});

async function record(ended = true): Promise<string> {
  const id = await recordInto(new FolderJournals(stateDir), ended);
  await takeIn(database, new JournalPaths(stateDir), id, NO_BYTES);
  return id;
}

describe('a backup', () => {
  async function exported(): Promise<string[]> {
    const lines: string[] = [];
    await exportStore(database, async (line) => {
      lines.push(line);
    });
    return lines;
  }

  async function imported(lines: readonly string[]) {
    async function* each() {
      yield* lines;
    }
    return await importStore(database, each(), 'b.jsonl');
  }

  const rows = () =>
    database.query(
      `select journal.*, (select array_agg(line order by seq) from switchover.entry where journal = id) as entries,
         (select array_agg(line order by seq) from switchover.sample where journal = id) as samples
       from switchover.journal order by id`,
    );

  test('brings everything back as it was, and may be imported twice', async () => {
    await record();
    await record(false);
    await record();
    const [before, lines] = [await rows(), await exported()];
    await bed.empty();
    expect(await imported(lines)).toEqual({ journals: 3, entries: lines.length - 5, rows: 0 });
    expect(await rows()).toEqual(before);
    expect(await imported(lines)).toEqual({ journals: 0, entries: 0, rows: 0 });
    expect((await exported()).slice(1)).toEqual(lines.slice(1));
  });

  test.each<[string, (lines: string[]) => string[], RegExp]>([
    ['a damaged line', (all) => all.with(2, '{"journal":'), /^b\.jsonl:3 is damaged/],
    [
      'an entry that is none',
      (all) => all.with(3, '{"journal":"x","entry":{"a":1}}'),
      /^b\.jsonl:4 is no journal entry/,
    ],
    [
      'an entry that lacks',
      (all) => all.toSpliced(3, 1),
      /:\d+ says that \d+ entries stand before it, and there are/,
    ],
    [
      'an opening that lacks',
      (all) => all.toSpliced(2, 1),
      /^b\.jsonl:3 is damaged: the journal .* does not begin/,
    ],
    ['no end', (all) => all.slice(0, -1), /^b\.jsonl is cut off/],
    ['more after its end', (all) => [...all, all[1] ?? ''], /stands after the end/],
    ['no beginning', (all) => all.slice(1), /^b\.jsonl:1 does not begin a backup/],
    ['nothing in it', () => [], /^b\.jsonl is cut off/],
    [
      'a newer schema',
      (all) => all.with(0, (all[0] ?? '').replace('"journals":2', '"journals":3')),
      /^b\.jsonl:1 begins a backup of a newer switchover/,
    ],
    [
      'a newer form',
      (all) => all.with(0, (all[0] ?? '').replace('"version":1', '"version":2')),
      /^b\.jsonl:1 begins a backup of a newer switchover/,
    ],
  ])('with %s is refused, and nothing of it is imported', async (_, damage, sentence) => {
    await record();
    const lines = damage(await exported());
    await bed.empty();
    await expect(imported(lines)).rejects.toThrow(sentence);
    expect(await rows()).toEqual([]);
  });
});
