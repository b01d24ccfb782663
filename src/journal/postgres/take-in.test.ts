/** Journals that come from elsewhere: from the command line's folder, and from a backup. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../postgres/database.ts';
import { FolderJournals } from '../folder/folder-journals.ts';
import { EVERY_HAPPENING, newOpening, OUTCOME, TICK } from '../testing/happenings.ts';
import { exportStore, importStore } from './backup.ts';
import { PostgresJournals } from './postgres-journals.ts';
import { takeInFolder } from './take-in.ts';
import { JournalDatabase } from './testing/journal-database.ts';

const ENDED = { type: 'ended', outcome: OUTCOME } as const;
const NOTHING = { taken: [], continued: [], problems: [] };

let folder: string;
let bed: JournalDatabase;
let database: Database;
let store: PostgresJournals;
let stateDir: string;
let commandLine: FolderJournals;
beforeAll(async () => {
  bed = await JournalDatabase.start();
  ({ database } = bed);
  ({ folder } = bed);
}, 120_000);
afterAll(async () => await bed?.[Symbol.asyncDispose]());
beforeEach(async () => {
  await empty();
  store = new PostgresJournals(database);
  stateDir = fs.mkdtempSync(path.join(folder, 'state-'));
  commandLine = new FolderJournals(stateDir);
});

async function empty(): Promise<void> {
  await database.query('truncate switchover.journal, switchover.taken_in cascade');
}

async function record(into: FolderJournals | PostgresJournals, ended = true): Promise<string> {
  const journal = await into.open(newOpening());
  for (const happening of EVERY_HAPPENING)
    if (happening.type !== 'opened' && happening.type !== 'ended') journal.append(1, happening);
  if (ended) journal.append(9, ENDED);
  await journal.close();
  return journal.id;
}

describe('the journals of a folder', () => {
  const read = (from: FolderJournals | PostgresJournals, id: string) => from.read(id, 0, { samples: true });

  test('are taken in whole, once each', async () => {
    const ids = [await record(commandLine), await record(commandLine, false)];
    expect(await takeInFolder(commandLine, database)).toEqual({ ...NOTHING, taken: ids });
    expect(await store.list()).toEqual(ids);
    for (const id of ids) expect(await read(store, id)).toEqual(await read(commandLine, id));
    expect(await store.recent({ limit: 5 })).toMatchObject([{ outcome: null }, { outcome: 'completed' }]);
    expect(await takeInFolder(commandLine, database)).toEqual(NOTHING);
  });

  test('that go on are continued from the entry where they stopped', async () => {
    const journal = await commandLine.open(newOpening());
    journal.append(1, TICK);
    await journal.flush();
    await takeInFolder(commandLine, database);
    for (const happening of [{ type: 'effect', did: 'stop' } as const, TICK, ENDED])
      journal.append(2, happening);
    await journal.close();
    expect(await takeInFolder(commandLine, database)).toEqual({ ...NOTHING, continued: [journal.id] });
    expect(await read(store, journal.id)).toEqual(await read(commandLine, journal.id));
    expect(await store.unfinishedOf({ uuid: newOpening().vmUuid, vm: 'qmp:/a' })).toBeUndefined();
    // A last warning after the end is found too, for a day.
    const again = await commandLine.reopen(journal.id);
    again.append(3, { type: 'warning', message: 'late' });
    await again.close();
    expect(await takeInFolder(commandLine, database, Date.now() + 25 * 3600e3)).toEqual(NOTHING);
    expect(await takeInFolder(commandLine, database)).toEqual({ ...NOTHING, continued: [journal.id] });
  });

  test('that were removed from the database stay away', async () => {
    await record(commandLine);
    await takeInFolder(commandLine, database);
    expect((await store.prune({ maxBytes: 0 })).removed).toHaveLength(1);
    expect(await takeInFolder(commandLine, database)).toEqual(NOTHING);
    expect(await store.list()).toEqual([]);
  });

  test('that are damaged hold up no others, and are told', async () => {
    const torn = await record(commandLine);
    const good = await record(commandLine);
    const file = path.join(stateDir, 'journal', `${torn}.jsonl`);
    fs.writeFileSync(file, `nonsense\n${fs.readFileSync(file, 'utf8').split('\n').slice(1).join('\n')}`);
    const report = await takeInFolder(commandLine, database);
    expect(report.taken).toEqual([good]);
    expect(report.problems).toEqual([
      `left out ${torn}: it does not begin with its \`opened\` line: it is damaged, or not written yet`,
    ]);
  });

  test('one whose id another journal has here is left out and told', async () => {
    const id = await record(commandLine);
    await takeInFolder(commandLine, database);
    await database.query("update switchover.entry set line = replace(line, 'vm1', 'vm2') where seq = 0");
    const { problems } = await takeInFolder(commandLine, database);
    expect(problems).toEqual([expect.stringMatching(`left out ${id}: .*another entry under the number 0`)]);
  });

  test('of another machine, two of the same folder at once: each is there once', async () => {
    const ids = [await record(commandLine), await record(commandLine)];
    await Promise.all([takeInFolder(commandLine, database), takeInFolder(commandLine, database)]);
    expect(await store.list()).toEqual(ids);
    for (const id of ids) expect(await read(store, id)).toEqual(await read(commandLine, id));
  });
});

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
    await record(commandLine);
    await takeInFolder(commandLine, database);
    await record(store, false);
    await record(store);
    const [before, lines] = [await rows(), await exported()];
    await empty();
    expect(await imported(lines)).toEqual({ journals: 3, entries: lines.length - 3, rows: 0 });
    expect(await rows()).toEqual(before);
    expect(await imported(lines)).toEqual({ journals: 0, entries: 0, rows: 0 });
    expect(await takeInFolder(commandLine, database)).toEqual(NOTHING);
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
      (all) => all.toSpliced(1, 1),
      /^b\.jsonl:2 is damaged: the journal .* does not begin/,
    ],
    ['no end', (all) => all.slice(0, -1), /^b\.jsonl is cut off/],
    ['more after its end', (all) => [...all, all[1] ?? ''], /stands after the end/],
    ['no beginning', (all) => all.slice(1), /^b\.jsonl:1 does not begin a backup/],
    ['nothing in it', () => [], /^b\.jsonl is cut off/],
    [
      'a newer schema',
      (all) => all.with(0, (all[0] ?? '').replace('"journals":1', '"journals":2')),
      /^b\.jsonl:1 begins a backup of a newer switchover/,
    ],
    [
      'a newer form',
      (all) => all.with(0, (all[0] ?? '').replace('"version":1', '"version":2')),
      /^b\.jsonl:1 begins a backup of a newer switchover/,
    ],
  ])('with %s is refused, and nothing of it is imported', async (_, damage, sentence) => {
    await record(store);
    const lines = damage(await exported());
    await empty();
    await expect(imported(lines)).rejects.toThrow(sentence);
    expect(await store.list()).toEqual([]);
  });
});
