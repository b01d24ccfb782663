/** A service whose database has many migrations that are over: how long it takes to show some of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { FolderJournals } from '../../src/journal/folder/folder-journals.ts';
import { JournalDatabase } from '../../src/journal/postgres/testing/journal-database.ts';
import { recordInto } from '../../src/journal/postgres/testing/record-into.ts';
import { summaryLineOf } from '../../src/service/past-migrations.ts';
import { type Spread, spread } from '../goals.ts';
import { Served } from './served.ts';

/** Each as often. */
const TIMES = 40;
const PAGE = 50;
/** Eleven VMs in a thousand, and none. */
const ASKED = {
  first: '',
  failed: '&outcome=failed',
  found: '&q=guest-77',
  notFound: '&q=nobody-has-this-name',
} as const;

type Asked = keyof typeof ASKED;

/** @returns milliseconds until all of a page is there, of pages of {@link PAGE} */
export async function manyPast(count: number): Promise<Record<Asked | 'second', Spread>> {
  await using store = await JournalDatabase.start();
  await fill(store, count);
  const stateDir = mkdtempSync(path.join(os.tmpdir(), 'switchover-bench-'));
  try {
    const dataDir = path.join(store.folder, 'store');
    await using served = await Served.start('--no-watch', '--data-dir', dataDir, '--state-dir', stateDir);
    await served.isReady();
    const first = await served.get<{ migrations: unknown[]; next: string }>(`/v1/migrations?limit=${PAGE}`);
    if (first.migrations.length !== PAGE)
      throw new Error('the database does not have what was written to it');
    const took = async (more: string) => {
      const ms: number[] = [];
      for (let time = 0; time < TIMES; time += 1) {
        const beganMs = performance.now();
        await served.get(`/v1/migrations?limit=${PAGE}${more}`);
        ms.push(performance.now() - beganMs);
      }
      return spread(ms);
    };
    return {
      first: await took(ASKED.first),
      second: await took(`&before=${encodeURIComponent(first.next)}`),
      failed: await took(ASKED.failed),
      found: await took(ASKED.found),
      notFound: await took(ASKED.notFound),
    };
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
}

/** Each with what the database keeps of one that is over; entries of theirs would only be read for a migration alone. */
async function fill({ database, folder }: JournalDatabase, count: number): Promise<void> {
  const journals = new FolderJournals(path.join(folder, 'one'));
  const id = await recordInto(journals);
  const { entries } = await journals.read(id, 0, { samples: true });
  const summary = JSON.parse(summaryLineOf(entries) ?? '{}') as object;
  const line = JSON.stringify({ ...summary, id: ':id', vm: 'qemu:///system#:name', outcome: ':outcome' });
  await database.query(
    `insert into switchover.journal (id, vm, guest_name, policy, started_at, state, outcome, runs_on, unfinished, last_written, searched)
     select id, 'qemu:///system#' || name, name, 'forecast', at, 'ended',
       case when n % 50 = 0 then 'failed' else 'completed' end, 'destination', false, at, lower(id) || ' ' || name
     from (select n, at, 'guest-' || n % 1000 as name, to_char(at, 'YYYYMMDD"T"HH24MISS.000') || '-vm-0000' as id
       from generate_series(1, $1::int) as n, lateral (select now() - n * interval '1 minute' as at) as time) as made`,
    [count],
  );
  await database.query(
    `insert into switchover.summary (journal, line)
     select id, replace(replace(replace($1, ':id', id), ':name', guest_name), ':outcome', outcome) from switchover.journal`,
    [line],
  );
  await database.query('analyze switchover.journal, switchover.summary');
}
