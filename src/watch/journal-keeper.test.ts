import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { JournalError } from '../journal/journal-error.ts';
import type { PruneReport } from '../journal/journal-store.ts';
import { newOpening } from '../journal/testing/happenings.ts';
import { JournalKeeper, type JournalKeeperParts } from './journal-keeper.ts';
import { probeWriting } from './write-probe.ts';

const NOTHING: PruneReport = { removed: [], kept: { count: 0, bytes: 0 }, problems: [] };
const FULL = 'the journals in /j cannot be written (no space left on device): make room';

function keeper(changes: Partial<JournalKeeperParts> = {}) {
  const said: string[] = [];
  const state = { full: false, looks: 0 };
  const kept = new JournalKeeper({
    store: { place: '/j', list: async () => [], prune: async () => NOTHING },
    log: { say: (sentence) => void said.push(sentence) },
    probe: async () => {
      state.looks += 1;
      if (state.full) throw new JournalError(FULL);
    },
    ...changes,
  });
  onTestFinished(() => kept.close());
  return { kept, said, state };
}

// Audit 22: with a full disk watch helped nobody, and said so of each migration, or to nobody.
describe('journals that cannot be written', () => {
  test('are told once, whatever asks, and again when they can be', async () => {
    const { kept, said, state } = keeper();
    await kept.start();
    expect(said).toEqual([]);
    state.full = true;
    expect([await kept.writable(), await kept.writable()]).toEqual([false, false]);
    expect(said).toEqual([expect.stringMatching(/^WARNING: NO MIGRATION IS HELPED from now on, .*no space/)]);
    state.full = false;
    expect([await kept.writable(), await kept.writable()]).toEqual([true, true]);
    expect(said.slice(1)).toEqual(['the journals in /j can be written again: migrations are helped again']);
    state.full = true;
    await kept.writable();
    expect(said).toHaveLength(3);
  });

  test('are told at the start, before there is a migration', async () => {
    const { kept, said, state } = keeper();
    state.full = true;
    await kept.start();
    expect(said).toHaveLength(1);
  });

  test('are looked at by itself, so that somebody hears of their return', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { kept, said, state } = keeper({ lookEveryMs: 600, retryEveryMs: 30 });
    await kept.start();
    state.full = true;
    await vi.advanceTimersByTimeAsync(599);
    expect(said).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(said).toHaveLength(1);
    state.full = false;
    await vi.advanceTimersByTimeAsync(30);
    expect(said).toHaveLength(2);
    kept.close();
    const { looks } = state;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(state.looks).toBe(looks);
  });

  test('those that others may write count as such', async () => {
    const list = async () => {
      throw new JournalError('/j can be written by others');
    };
    const { kept, said } = keeper({ store: { place: '/j', list, prune: async () => NOTHING } });
    expect(await kept.writable()).toBe(false);
    expect(said).toEqual([expect.stringContaining('can be written by others')]);
  });
});

describe('old journals', () => {
  const report: PruneReport = {
    removed: [
      { id: 'a', bytes: 2e6, because: 'age' },
      { id: 'b', bytes: 1e6, because: 'size' },
    ],
    kept: { count: 1, bytes: 5e6 },
    problems: ['/j/c.jsonl cannot be removed (operation not permitted)'],
  };

  test('go at the start and once a day, in a line each time that something goes', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const reports = [report, NOTHING, { ...report, problems: [] }];
    const prune = vi.fn(async () => reports.shift() ?? NOTHING);
    const { kept, said } = keeper({ store: { place: '/j', list: async () => [], prune } });
    await kept.start();
    const line =
      'removed 2 journals of 3 MB (1 for their age, 1 for the size of all); 1 journal of 5 MB left';
    const first = `${line}; 1 could not be removed, the first: /j/c.jsonl cannot be removed (operation not permitted)`;
    expect(said).toEqual([first]);
    await vi.advanceTimersByTimeAsync(2 * 24 * 3600e3);
    expect(prune).toHaveBeenCalledTimes(3);
    expect(said).toEqual([first, line]);
  });

  test('that cannot be removed at all are a line, and end nothing', async () => {
    const prune = async () => {
      throw new Error('EIO: i/o error');
    };
    const { kept, said } = keeper({ store: { place: '/j', list: async () => [], prune } });
    await kept.start();
    expect(said).toEqual(['old journals could not be removed: EIO: i/o error']);
  });
});

describe('on a disk', () => {
  function folder(): string {
    const made = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-keeper-'));
    onTestFinished(() => fs.rmSync(made, { recursive: true, force: true }));
    return made;
  }

  test('the probe leaves nothing, and says what is in the way', async () => {
    const place = path.join(folder(), 'state', 'journal');
    await probeWriting(place);
    expect(fs.readdirSync(place)).toEqual([]);
    const taken = path.join(folder(), 'file');
    fs.writeFileSync(taken, '');
    await expect(probeWriting(path.join(taken, 'journal'))).rejects.toThrow(
      /file\/journal cannot be written \(a part of the path is a file\): make room and make it writable/,
    );
  });

  test('an old journal goes when watch starts', async () => {
    const store = new FolderJournals(folder());
    const journal = await store.open(newOpening());
    await journal.close();
    const other = await store.open(newOpening());
    await other.close();
    fs.utimesSync(path.join(store.place, `${journal.id}.jsonl`), 1e9, 1e9);
    const { kept, said } = keeper({ store, probe: async () => await probeWriting(store.place) });
    await kept.start();
    expect(said).toEqual([expect.stringMatching(/^removed 1 journal of .* \(1 for their age, 0 for/)]);
    expect(await store.list()).toEqual([other.id]);
  });
});
