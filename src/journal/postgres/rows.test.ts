/** How a journal of a folder comes into the tables, and what is found there. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../postgres/database.ts';
import { NO_BYTES } from '../folder/folder-changes.ts';
import { FolderJournals } from '../folder/folder-journals.ts';
import { JournalPaths } from '../folder/journal-paths.ts';
import { EVERY_HAPPENING, newOpening, OUTCOME, TICK } from '../testing/happenings.ts';
import { readRows } from './read-rows.ts';
import { recentRows } from './recent-rows.ts';
import { takeIn } from './take-in.ts';
import { JournalDatabase } from './testing/journal-database.ts';
import { recordInto } from './testing/record-into.ts';

const ENDED = { type: 'ended', outcome: OUTCOME } as const;

let bed: JournalDatabase;
let database: Database;
let paths: JournalPaths;
let folder: FolderJournals;
beforeAll(async () => {
  // SWITCHOVER_TEST_DATABASE: on another PostgreSQL, by hand. It is emptied.
  bed = await JournalDatabase.start(process.env['SWITCHOVER_TEST_DATABASE']);
  ({ database } = bed);
}, 120_000);
afterAll(async () => await bed?.[Symbol.asyncDispose](), 60_000);
beforeEach(async () => {
  await bed.empty();
  const stateDir = fs.mkdtempSync(path.join(bed.folder, 'state-'));
  paths = new JournalPaths(stateDir);
  folder = new FolderJournals(stateDir);
});

const taken = (id: string, from = NO_BYTES) => takeIn(database, paths, id, from);
const kept = (id: string) => readRows(database, id, 0, true);

describe('a journal of the folder', () => {
  test('is there whole, with whatever a hypervisor has in its settings, and may be taken in twice', async () => {
    const journal = await folder.open(newOpening());
    const odd = { parameters: { a: 'nul \0, half \ud800, ü', b: 2n ** 64n }, capabilities: {} };
    for (const happening of EVERY_HAPPENING) if (happening.type !== 'opened') journal.append(1, happening);
    journal.append(1, { type: 'before', side: 'source', settings: odd });
    await journal.close();
    const first = await taken(journal.id);
    expect(first).toMatchObject({ fresh: EVERY_HAPPENING.length + 1, problems: [] });
    expect(await kept(journal.id)).toEqual(await folder.read(journal.id, 0, { samples: true }));
    expect(await taken(journal.id)).toEqual({ ...first, fresh: 0 });
    const [row] = await database.query('select bytes::float8 as bytes from switchover.journal');
    expect(row).toEqual({ bytes: first.bytes.journal + first.bytes.samples });
  });

  test('is continued from the byte where it stopped', async () => {
    const journal = await folder.open(newOpening());
    journal.append(1, TICK);
    await journal.flush();
    const { bytes } = await taken(journal.id);
    for (const happening of [{ type: 'effect', did: 'stop' } as const, TICK, ENDED])
      journal.append(2, happening);
    await journal.close();
    // A torn line, as a machine that dies leaves it.
    fs.appendFileSync(paths.journal(journal.id), '{"schema":2,');
    expect(await taken(journal.id, bytes)).toMatchObject({ fresh: 3, problems: [] });
    expect(await kept(journal.id)).toEqual(await folder.read(journal.id, 0, { samples: true }));
  });

  test('that lost its end with the power, and went on, is as the folder has it', async () => {
    const id = await recordInto(folder, false);
    await taken(id);
    const file = paths.journal(id);
    const lines = fs.readFileSync(file, 'utf8').trimEnd().split('\n');
    fs.writeFileSync(file, `${lines.slice(0, -3).join('\n')}\n`);
    const again = await folder.reopen(id);
    again.append(5, { type: 'effect', did: 'another one' });
    again.append(6, ENDED);
    await again.close();
    await taken(id);
    expect(await kept(id)).toEqual(await folder.read(id, 0, { samples: true }));
  });

  test('is left out where another one has its id, and that one stays', async () => {
    const id = await recordInto(folder);
    await taken(id);
    await database.query("update switchover.entry set line = replace(line, 'vm1', 'vm2') where seq = 0");
    const before = await kept(id);
    await expect(taken(id)).rejects.toThrow(/another entry under the number 0/);
    expect(await kept(id)).toEqual(before);
  });

  test('that is damaged at its beginning is left out; later lines are told', async () => {
    const id = await recordInto(folder);
    const file = paths.journal(id);
    const lines = fs.readFileSync(file, 'utf8').split('\n');
    fs.writeFileSync(file, lines.with(2, 'nonsense').join('\n'));
    const { problems, fresh } = await taken(id);
    expect(fresh).toBe(EVERY_HAPPENING.length - 1);
    expect(problems).toEqual([expect.stringMatching(/, after byte 0, is not JSON/)]);
    fs.writeFileSync(paths.journal('x'), 'nonsense\n', { mode: 0o600 });
    await expect(taken('x')).rejects.toThrow(/does not begin with its `opened` line/);
    await expect(taken('absent')).rejects.toThrow(/cannot be read \(no such file\)/);
  });

  test('of two that take it in at once is there once', async () => {
    const id = await recordInto(folder);
    await Promise.all([taken(id), taken(id), taken(id)]);
    expect(await kept(id)).toEqual(await folder.read(id, 0, { samples: true }));
  });
});

describe('the newest ones', () => {
  const MANY = 5000;
  const ids = async (...args: Parameters<typeof recentRows> extends [unknown, infer Q] ? [Q] : never) =>
    (await recentRows(database, ...args)).map(({ id }) => id);

  test('of many are found by an index, a page after the other, by a part of what they say, and by outcome', async () => {
    await database.query(
      `insert into switchover.journal (id, vm, guest_name, policy, started_at, state, outcome, runs_on, last_written, searched)
       select id, 'qmp:/a', 'vm', 'mp', at, 'copying', case when n % 50 = 0 then 'failed' else 'completed' end, 'source', at,
         lower(id) || ' guest-' || n % 100
       from (select n, at, to_char(at, 'YYYYMMDD"T"HH24MISS.000') || '-vm-0000' as id
         from generate_series(1, $1::int) as n, lateral (select timestamptz '2026-01-01' + n * interval '1 second' as at) as time) as made`,
      [MANY],
    );
    await database.query('analyze switchover.journal');
    const all = await ids({ limit: MANY });
    expect(all).toEqual([...all].sort().reverse());
    const first = await ids({ limit: 50 });
    expect([...first, ...(await ids({ limit: 50, before: first.at(-1) }))]).toEqual(all.slice(0, 100));
    expect(await ids({ limit: MANY, q: 'GUEST-77' })).toHaveLength(MANY / 100);
    for (const q of ["no'body", '%', '_', '\\']) expect(await ids({ limit: 50, q })).toEqual([]);
    expect(await ids({ limit: MANY, outcome: 'failed' })).toHaveLength(MANY / 50);
    expect(await ids({ limit: 50, before: 'a\0b', q: '\0' })).toEqual([]);
    // Each is found by an index: all of it is never read.
    for (const clause of ['true', "outcome = 'failed'"]) {
      const plan = await database.query(
        `explain select id from switchover.journal where ${clause} order by stamped desc, id desc limit 50`,
      );
      expect(JSON.stringify(plan)).not.toContain('Seq Scan');
    }
    // So few are looked through at once; of many more it is this.
    const plan = await database.transaction(async (within) => {
      await within.query('set local enable_seqscan = off');
      return await within.query(
        "explain select id from switchover.journal where searched like '%nobody%' limit 50",
      );
    });
    expect(JSON.stringify(plan)).toContain('journal_searched');
  });

  test('are searched by what was said when they were opened', async () => {
    const changes = {
      reason: 'Maintenance of host-a',
      correlationId: 'CHG-7',
      destination: 'qemu+ssh://b/system',
    };
    const id = await recordInto(folder, true, changes);
    await taken(id);
    for (const q of ['maintenance OF', 'chg-7', 'ssh://B', id.slice(-4)])
      expect(await ids({ limit: 5, q })).toEqual([id]);
    expect(await ids({ limit: 5, outcome: 'completed' })).toEqual([id]);
    expect(await ids({ limit: 5, outcome: 'failed' })).toEqual([]);
  });
});
