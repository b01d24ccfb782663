import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Happening, JournalEntry, Opened } from './journal-entry.ts';
import { Recorder } from './recorder.ts';
import { BOUNDARY, newOpening, OUTCOME, TICK } from './testing/happenings.ts';
import { ScriptedOutlet } from './testing/scripted-outlet.ts';

const OPENED: Opened = { type: 'opened', id: 'one', ...newOpening() };
const ENDED: Happening = { type: 'ended', outcome: OUTCOME };
const effect = (did: string): Happening => ({ type: 'effect', did });

let outlet: ScriptedOutlet;
let shown: JournalEntry[];
beforeEach(() => {
  vi.useFakeTimers();
  outlet = new ScriptedOutlet();
  shown = [];
});
afterEach(() => vi.useRealTimers());

const begin = (mostWaiting?: number) =>
  Recorder.begin(outlet, OPENED, {
    show: (entry) => shown.push(entry),
    ...(mostWaiting === undefined ? {} : { mostWaiting }),
  });
const warnings = (entries: readonly JournalEntry[]) =>
  entries.flatMap((entry) => (entry.type === 'warning' ? [entry.message] : []));
const keptTypes = () => outlet.kept.map(({ type }) => type);
/** Lets everything happen that waits for nothing but this process. */
const settle = () => vi.advanceTimersByTimeAsync(0);

describe('the first entry', () => {
  test('is safely kept when it begins', async () => {
    await begin();
    expect(outlet.calls).toEqual(['write', 'sync']);
    expect(outlet.kept).toEqual(shown);
  });

  test.each(['failure', 'syncFails'] as const)('that is not makes it fail: %s', async (how) => {
    if (how === 'failure') outlet.failure = 'ENOSPC';
    else outlet.syncFails = true;
    await expect(begin()).rejects.toThrow();
    expect(shown).toEqual([]);
  });
});

describe('a disk that is slow', () => {
  test('holds up nobody who appends, and gets what came meanwhile in one write', async () => {
    const recorder = await begin();
    outlet.hang();
    for (const did of ['a', 'b', 'c']) recorder.append(1, effect(did));
    expect(shown).toHaveLength(4);
    outlet.goOn();
    await settle();
    expect(outlet.calls).toEqual(['write', 'sync', 'write', 'write']);
    expect(outlet.kept).toEqual(shown);
  });

  test('holds up a flush until all is kept and safe', async () => {
    const recorder = await begin();
    outlet.hang();
    recorder.append(1, effect('a'));
    recorder.append(1, effect('b'));
    let flushed: boolean | undefined;
    void recorder.flush().then((kept) => {
      flushed = kept;
    });
    await settle();
    expect(flushed).toBeUndefined();
    outlet.goOn();
    await settle();
    expect(flushed).toBe(true);
    expect(outlet.kept).toHaveLength(3);
    expect(outlet.calls.at(-1)).toBe('sync');
  });

  test('holds it up no longer than it may', async () => {
    const recorder = await begin();
    outlet.hang();
    recorder.append(1, effect('a'));
    const flushed = recorder.flush(700);
    await vi.advanceTimersByTimeAsync(700);
    expect(await flushed).toBe(false);
  });

  test('misses samples without a word when too much waits', async () => {
    const recorder = await begin(3);
    outlet.hang();
    recorder.append(1, effect('under way'));
    for (let atMs = 2; atMs < 12; atMs += 1) recorder.append(atMs, TICK);
    outlet.goOn();
    await settle();
    expect(keptTypes()).toEqual(['opened', 'effect', 'tick', 'tick', 'tick']);
    expect(warnings(shown)).toEqual([]);
  });

  test('never misses anything else in silence: one warning, and a count once it is written again', async () => {
    const recorder = await begin(3);
    outlet.hang();
    recorder.append(1, effect('under way'));
    for (let count = 0; count < 20; count += 1) recorder.append(2, BOUNDARY);
    recorder.append(3, { type: 'intent', intent: 'cancel', side: null });
    expect(warnings(shown)).toEqual([
      'the disk is too slow for the journal /state/journal/one.jsonl: entries are left out of it, and will be counted',
    ]);
    outlet.goOn();
    await settle();
    expect(keptTypes()).toContain('intent');
    const told = Number(/; (\d+) entries are missing$/.exec(warnings(outlet.kept).at(-1) ?? '')?.[1]);
    expect(told).toBeGreaterThan(15);
    expect(told).toBe(shown.length - outlet.kept.length);
  });
});

// Audit 22: a journal that met a full disk was over for good.
describe('a disk that is full', () => {
  test('is warned of once, and the migration goes on', async () => {
    const recorder = await begin();
    outlet.failure = 'ENOSPC';
    for (let atMs = 0; atMs < 60_000; atMs += 1000) {
      recorder.append(atMs, effect(String(atMs)));
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(warnings(shown)).toEqual([
      'the journal /state/journal/one.jsonl cannot be written (no space left on the disk): the migration goes on, and the journal once it can',
    ]);
    // Not with each entry.
    expect(outlet.calls.length).toBeLessThan(15);
  });

  test('loses nothing that still waits when there is room again', async () => {
    const recorder = await begin();
    outlet.failure = 'ENOSPC';
    recorder.append(1, effect('a'));
    await settle();
    outlet.failure = undefined;
    await vi.advanceTimersByTimeAsync(1000);
    recorder.append(2, effect('b'));
    await settle();
    expect(outlet.kept).toEqual(shown);
    expect(warnings(outlet.kept)).toEqual([
      expect.stringMatching(/cannot be written/),
      'the journal is written again, and nothing is missing',
    ]);
    expect(outlet.kept.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4]);
  });

  test('leaves a journal that goes on and says how many entries it misses', async () => {
    const recorder = await begin(4);
    outlet.failure = 'ENOSPC';
    for (let count = 0; count < 20; count += 1) {
      recorder.append(count, BOUNDARY);
      await settle();
    }
    recorder.append(30, effect('set'));
    outlet.failure = undefined;
    await vi.advanceTimersByTimeAsync(10_000);
    recorder.append(31, ENDED);
    await recorder.close();
    const missing = shown.length - outlet.kept.length;
    expect(missing).toBeGreaterThan(10);
    expect(warnings(outlet.kept).at(-1)).toBe(`the journal is written again; ${missing} entries are missing`);
    expect(keptTypes()).toContain('effect');
    expect(keptTypes().at(-1)).toBe('ended');
  });

  test('makes a flush say that nothing is safe, and a flush tries at once', async () => {
    const recorder = await begin();
    outlet.failure = 'EIO';
    recorder.append(1, effect('a'));
    expect(await recorder.flush()).toBe(false);
    outlet.failure = undefined;
    expect(await recorder.flush()).toBe(true);
    expect(keptTypes()).toEqual(['opened', 'effect', 'warning', 'warning']);
  });

  test('still takes how it ended, where a few lines fit', async () => {
    const recorder = await begin();
    outlet.failure = 'ENOSPC';
    outlet.fits = 2;
    for (let count = 0; count < 9; count += 1) recorder.append(count, effect('a'));
    recorder.append(9, ENDED);
    await recorder.close();
    expect(keptTypes().slice(-2)).toEqual(['ended', 'warning']);
    expect(warnings(outlet.kept).at(-1)).toMatch(/; \d+ entries are missing$/);
  });

  test('still takes what the next migration has to put back, where a few lines fit', async () => {
    const recorder = await begin();
    outlet.failure = 'ENOSPC';
    outlet.fits = 4;
    recorder.append(1, {
      type: 'before',
      side: 'source',
      settings: { parameters: { a: 1 }, capabilities: {} },
    });
    for (let count = 0; count < 9; count += 1) recorder.append(count, effect('a'));
    recorder.append(9, { type: 'restored', side: 'source', problem: 'it is another VM' });
    recorder.append(9, ENDED);
    await recorder.close();
    expect(keptTypes().slice(-4)).toEqual(['before', 'restored', 'ended', 'warning']);
  });

  test('takes at least the end, where only one line fits', async () => {
    const recorder = await begin();
    outlet.failure = 'ENOSPC';
    outlet.fits = 1;
    outlet.hang();
    for (let count = 0; count < 9; count += 1) recorder.append(count, effect('a'));
    recorder.append(9, ENDED);
    const closed = recorder.close();
    outlet.goOn();
    await closed;
    expect(keptTypes().at(-1)).toBe('ended');
  });

  test('that cannot make it safe is warned of too', async () => {
    const recorder = await begin();
    outlet.syncFails = true;
    recorder.append(1, effect('a'));
    expect(await recorder.flush()).toBe(false);
    expect(warnings(shown)).toEqual([
      expect.stringMatching(/cannot be written \(the disk reports an error\)/),
    ]);
  });
});

// Audit 22, review B23: a close that threw (NFS) turned exit 0 into 1, or ended the daemon.
describe('the end', () => {
  test.each(['close', 'discard'] as const)('%s never rejects', async (how) => {
    const recorder = await begin();
    outlet.syncFails = true;
    outlet.closeFails = true;
    recorder.append(1, ENDED);
    await recorder[how]();
    expect(outlet.calls.at(-1)).toBe(how === 'close' ? 'close' : 'remove');
  });

  test('waits for a disk that does not answer no longer than it may', async () => {
    const recorder = await begin();
    outlet.hang();
    recorder.append(1, ENDED);
    let closed = false;
    void recorder.close().then(() => {
      closed = true;
    });
    await vi.advanceTimersByTimeAsync(4999);
    expect(closed).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(closed).toBe(true);
  });

  test('is no more a time to flush: what comes after it is not kept', async () => {
    const recorder = await begin();
    await recorder.close();
    recorder.append(1, effect('late'));
    expect(await recorder.flush()).toBe(false);
    expect(keptTypes()).toEqual(['opened']);
  });

  test('ends those who follow, also when nothing was begun', async () => {
    for (const how of ['close', 'discard'] as const) {
      const recorder = await begin();
      const followed: string[] = [];
      const done = (async () => {
        for await (const { type } of recorder.entries()) followed.push(type);
      })();
      recorder.append(1, BOUNDARY);
      await recorder[how]();
      await done;
      expect(followed).toEqual(['opened', 'boundary']);
    }
  });
});

test('what is appended just as a write ends is written too', async () => {
  const recorder = await begin();
  for (let turns = 0; turns < 12; turns += 1) {
    recorder.append(1, effect('first'));
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    recorder.append(1, effect('second'));
    await settle();
    expect(outlet.kept).toEqual(shown);
  }
});
