/** The database of a service: fed from the folder, whatever becomes of either. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Database } from '../../postgres/database.ts';
import { upgradeSchema } from '../../postgres/schema.ts';
import { FolderJournals } from '../folder/folder-journals.ts';
import type { JournalWriter } from '../journal-store.ts';
import { newOpening, OUTCOME, TICK } from '../testing/happenings.ts';
import { viewOf } from '../view.ts';
import { JournalArchive } from './journal-archive.ts';
import { JOURNAL_TABLES } from './journal-tables.ts';
import { JournalDatabase } from './testing/journal-database.ts';
import { recordInto } from './testing/record-into.ts';

const ENDED = { type: 'ended', outcome: OUTCOME } as const;
const TIMES = {
  gatherMs: 20,
  askEveryMs: 100,
  retryMs: 50,
  mostRetryMs: 200,
  answerWithinMs: 700,
  writeWithinMs: 700,
};
const SOON = { timeout: 50_000, interval: 20 };

let bed: JournalDatabase;
let url: string;
let archive: JournalArchive;
let stateDir: string;
let folder: FolderJournals;
let said: string[];
const archives: JournalArchive[] = [];
beforeAll(async () => {
  bed = await JournalDatabase.start();
  url = await bed.another('users');
  await using database = Database.at(url);
  await upgradeSchema(database, [JOURNAL_TABLES]);
}, 120_000);
afterAll(async () => await bed?.[Symbol.asyncDispose](), 60_000);
beforeEach(() => {
  stateDir = fs.mkdtempSync(path.join(bed.folder, 'state-'));
  folder = new FolderJournals(stateDir);
  said = [];
  archive = started();
});
afterEach(async () => {
  await Promise.all(archives.splice(0).map(async (each) => await each.close()));
}, 60_000);

function started(at = url): JournalArchive {
  const made = new JournalArchive({
    choice: { url: at, folder: '/no/such', make: false },
    ...{ stateDir, times: TIMES, say: (sentence) => said.push(sentence) },
    summarise: (entries) => (viewOf(entries).outcome ? `over at ${entries.length}` : undefined),
  });
  made.start();
  archives.push(made);
  return made;
}

/** Once nothing waits any more. */
async function isLevel(of = archive): Promise<void> {
  await expect.poll(() => [of.problem, of.onlyInFolder.size], SOON).toEqual([undefined, 0]);
}

async function listed(of = archive): Promise<(readonly [string, string | null])[]> {
  const found: (readonly [string, string | null])[] = [];
  for await (const { id, summary } of of.newestFirst({ limit: 2 })) found.push([id, summary]);
  return found;
}

async function openedFor(vmUuid: string, correlationId: string): Promise<string> {
  const journal = await folder.open(newOpening({ vmUuid, correlationId }));
  await journal.close();
  return journal.id;
}

async function expectSame(id: string): Promise<void> {
  const { entries, problems } = await folder.read(id, 0, { samples: true });
  expect(await archive.read(id, 0, true)).toEqual({ id, entries, problems });
}

/** @returns how many effects it has now */
function appendTo(journal: JournalWriter, count: number): void {
  for (let each = 0; each < count; each += 1) journal.append(each, { type: 'effect', did: `effect ${each}` });
}

describe('the folder', () => {
  test('is taken in, and what grows there is followed, whoever writes it', async () => {
    const ids = [await recordInto(folder), await recordInto(folder, false)];
    const journal = await folder.open(newOpening());
    await isLevel();
    await expect
      .poll(async () => (await listed()).map(([id]) => id), SOON)
      .toEqual([journal.id, ...ids.reverse()]);
    journal.append(1, TICK);
    await journal.flush();
    await isLevel();
    await expect.poll(async () => (await archive.read(journal.id, 0, true)).entries.length, SOON).toBe(2);
    journal.append(9, ENDED);
    await journal.close();
    // What a list shows of it comes with its end, and follows it.
    await expect.poll(async () => (await listed())[0], SOON).toEqual([journal.id, 'over at 2']);
    const again = await new FolderJournals(stateDir).reopen(journal.id);
    again.append(10, { type: 'warning', message: 'late' });
    await again.close();
    await expect.poll(async () => (await listed())[0], SOON).toEqual([journal.id, 'over at 3']);
    expect((await listed())[2]?.[1]).toBe('over at 16');
    await expectSame(journal.id);
    for (const id of ids) await expectSame(id);
  });

  test('that lacks a journal again, since nothing was begun, leaves none', async () => {
    const journal = await folder.open(newOpening());
    await expect
      .poll(async () => (await archive.read(journal.id, 0, false).catch(() => undefined))?.id, SOON)
      .toBe(journal.id);
    await journal.discard();
    await expect.poll(async () => (await listed()).map(([id]) => id), SOON).not.toContain(journal.id);
    // Of one that is pruned it stays.
    const id = await recordInto(folder);
    await isLevel();
    fs.rmSync(path.join(stateDir, 'journal', `${id}.jsonl`));
    await isLevel();
    expect((await listed()).map(([each]) => each)).toContain(id);
  });

  test('with a damaged journal holds up no other, and that is told once', async () => {
    fs.mkdirSync(path.join(stateDir, 'journal'), { recursive: true, mode: 0o700 });
    fs.writeFileSync(path.join(stateDir, 'journal', '1-damaged.jsonl'), 'nonsense\n', { mode: 0o600 });
    const id = await recordInto(folder);
    await expect.poll(() => [...archive.onlyInFolder], SOON).toEqual(['1-damaged']);
    await expectSame(id);
    await archive.close();
    expect(said.filter((each) => each.includes('1-damaged'))).toEqual([
      'left out of the database: 1-damaged: it does not begin with its `opened` line: it is damaged, or not written yet',
    ]);
  });

  test('is not copied anew where it was taken in before, also what was removed since', async () => {
    const [gone, kept] = [await recordInto(folder), await recordInto(folder)];
    await isLevel();
    await archive.close();
    await using database = Database.at(url);
    await database.query('delete from switchover.journal where id = $1', [gone]);
    await database.query(
      'create function switchover.no() returns trigger language plpgsql as $$ begin raise exception $e$ copied anew $e$; end $$',
    );
    await database.query(
      'create trigger no before insert on switchover.entry for each row execute function switchover.no()',
    );
    const again = started();
    await isLevel(again);
    await database.query('drop function switchover.no cascade');
    expect((await listed(again)).map(([id]) => id)).toContain(kept);
    expect((await listed(again)).map(([id]) => id)).not.toContain(gone);
  });
});

test('the newest journal of a move is found by its VM, also before it is over', async () => {
  const vms = ['7c5d4a3e-0000-4000-8000-00000000000a', '7c5d4a3e-0000-4000-8000-00000000000b'] as const;
  const moves = ['5b0f7a3c-9a1e-4f57-8d5b-6f1d1f3c11aa', '5b0f7a3c-9a1e-4f57-8d5b-6f1d1f3c11bb'] as const;
  await openedFor(vms[0], moves[0]);
  const again = await openedFor(vms[0], moves[0]);
  await openedFor(vms[0], 'something else');
  const other = await openedFor(vms[1], moves[1]);
  await isLevel();
  const asked = [
    { vm: vms[0], move: moves[0] },
    { vm: vms[1], move: moves[1] },
    { vm: vms[1], move: moves[0] },
  ];
  expect(await archive.ofMoves(asked.slice(0, 2))).toEqual(
    new Map([
      [moves[0], again],
      [moves[1], other],
    ]),
  );
  expect(await archive.ofMoves(asked.slice(2))).toEqual(new Map());
  expect(await archive.ofMoves([])).toEqual(new Map());
});

describe('a database that', () => {
  test.each([
    ['does not answer', () => bed.signal('SIGSTOP'), () => bed.signal('SIGCONT'), /it does not answer/],
    [
      'was killed',
      () => bed.signal('SIGKILL'),
      () => bed.server.ensure(),
      /terminated|cannot be reached|closed|stopp/,
    ],
  ] as const)(
    '%s for a time loses nothing: the journals wait in the folder',
    async (_, stop, goOn, sentence) => {
      const journal = await folder.open(newOpening());
      appendTo(journal, 50);
      await isLevel();
      stop();
      appendTo(journal, 50);
      expect(await journal.flush()).toBe(true);
      await expect.poll(() => archive.problem, SOON).toMatch(sentence);
      expect(archive.problem).toContain(`migrations go on, and their journals wait in ${folder.place}`);
      await expect(listed()).rejects.toThrow(sentence);
      // One begins meanwhile, and the service is killed and started anew.
      const other = await recordInto(folder);
      await archive.close();
      archive = started();
      appendTo(journal, 50);
      journal.append(9, ENDED);
      await journal.close();
      await goOn();
      await isLevel();
      await expectSame(journal.id);
      await expectSame(other);
      expect((await archive.read(journal.id, 0, false)).entries).toHaveLength(152);
      expect(said.filter((each) => each.startsWith('WARNING')).length).toBeGreaterThan(0);
      expect(said.at(-1)).toMatch(/has all journals in /);
    },
  );

  test('has no tables, or newer ones, is told, and is fed once that is mended', async () => {
    const other = await bed.another('later');
    archive = started(other);
    await recordInto(folder);
    await expect
      .poll(() => archive.problem, SOON)
      .toMatch(/has no tables of switchover yet: `switchover store upgrade`/);
    await using database = Database.at(other);
    await upgradeSchema(database, [JOURNAL_TABLES]);
    await isLevel();
    await archive.close();
    await database.query('update switchover.schema_version set version = 99');
    archive = started(other);
    await expect
      .poll(() => archive.problem, SOON)
      .toMatch(/has version 99 .*: use a newer switchover; migrations go on/);
    expect(said.filter((each) => each.includes('99'))).toHaveLength(1);
  });
});
