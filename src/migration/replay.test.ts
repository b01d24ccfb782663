import { describe, expect, test } from 'vitest';
import type { Happening, JournalEntry } from '../journal/journal-entry.ts';
import { PassMeter } from '../model/passes.ts';
import { mp } from '../policy/mp.ts';
import { DEFAULT_LIMITS, type PolicyKind } from '../policy/policy.ts';
import { relaxed, stock } from '../policy/stock.ts';
import { replay } from './replay.ts';

/** Boundaries every 2 s on a link of 60 MB/s, with these megabytes left. */
function recorded(lefts: readonly number[], ...after: Happening[]): JournalEntry[] {
  const meter = new PassMeter();
  const boundaries = lefts.map((megabytes, index): Happening => {
    const counters = { pass: index + 1, atMs: index * 2000, sentBytes: index * 120e6, totalBytes: 537e6 };
    const boundary = meter.measure({ kind: 'boundary', ...counters, remainingBytes: megabytes * 1e6 });
    return { type: 'boundary', boundary };
  });
  return [...boundaries, ...after].map((happening, seq) => ({
    ...{ schema: 1, seq, time: '2026-01-01T00:00:00.000Z', atMs: seq * 2000 },
    ...happening,
  }));
}

const FLAT = recorded([537, 140, 134, 134, 134]);

test('tells the pass at which a policy would have acted', () => {
  expect(replay(FLAT, mp(), DEFAULT_LIMITS)).toMatchObject({
    policy: 'mp',
    verdict: 'switchover',
    pass: 3,
    atMs: 4000,
    sentBytes: 240e6,
    reason: expect.stringMatching(/memory-intensive/),
  });
  expect(replay(FLAT, mp(), { ...DEFAULT_LIMITS, maxDowntimeMs: 1000 })).toMatchObject({
    verdict: 'abort',
    pass: 3,
  });
});

test('a limit that fits lets QEMU stop by itself', () => {
  expect(replay(FLAT, relaxed, DEFAULT_LIMITS)).toMatchObject({ verdict: 'fits', pass: 2 });
  expect(replay(FLAT, stock, DEFAULT_LIMITS)).toMatchObject({ verdict: 'undecided', pass: 5 });
});

describe('the record', () => {
  test('ends where the guest was stopped', () => {
    const stopped: Happening = { type: 'guest', event: 'stopped', side: 'source' };
    const late = recorded([537, 140], stopped, ...FLAT.slice(2));
    expect(replay(late, mp(), DEFAULT_LIMITS)).toMatchObject({ verdict: 'undecided', pass: 2 });
  });

  test('ends where the guest was braked', () => {
    const decision = { action: 'throttle', throttlePercent: 99, reason: '' } as const;
    const [one, two, ...others] = recorded([537, 140, 10]);
    const braked = [
      one,
      two,
      { ...FLAT[2], type: 'decision', pass: 2, decision },
      ...others,
    ] as JournalEntry[];
    expect(replay(braked, stock, DEFAULT_LIMITS)).toMatchObject({ verdict: 'undecided', pass: 2 });
  });

  test('holds the probe that was made on the way, where it was made', () => {
    const probe = { durationMs: 300, bytes: 134e6 };
    const told: unknown[] = [];
    const kind: PolicyKind = {
      ...stock,
      begin: (limits) => {
        const policy = stock.begin(limits);
        return {
          initialDowntimeLimitMs: policy.initialDowntimeLimitMs,
          observe: (observation) => {
            told.push(observation.pass);
            return policy.observe(observation);
          },
          takeProbe: (found) => told.push(found),
        };
      },
    };
    const [begins, ends] = FLAT as [JournalEntry, JournalEntry];
    const [probed] = recorded([], { type: 'probed', probe }) as [JournalEntry];
    replay([begins, probed, ends], kind, DEFAULT_LIMITS);
    expect(told).toEqual([1, probe, 2]);
  });

  test('may hold nothing', () => expect(replay([], mp(), DEFAULT_LIMITS)).toBeUndefined());
});

test('a policy is told of caps of the passes where they were changed', () => {
  const heard: unknown[] = [];
  const kind: PolicyKind = {
    name: 'listens',
    summary: '',
    begin: () => ({
      initialDowntimeLimitMs: 1,
      observe: ({ pass }) => {
        heard.push(pass);
        return { action: 'continue', reason: '' };
      },
      takePassCap: (bytesPerSecond) => heard.push(`cap ${bytesPerSecond}`),
    }),
  };
  const limits = (bandwidthBytesPerSecond: number | undefined, maxDowntimeMs = 5000): JournalEntry => ({
    ...{ schema: 2, seq: 0, time: '2026-01-01T00:00:00.000Z', atMs: 0 },
    ...{ type: 'limits', reason: null },
    limits: { ...DEFAULT_LIMITS, bandwidthBytesPerSecond, maxDowntimeMs },
  });
  const [first, second, third, ...rest] = FLAT;
  if (!first || !second || !third) throw new Error('the record has more boundaries');
  replay(
    [first, limits(10e6), second, limits(10e6, 900), third, limits(undefined), ...rest],
    kind,
    DEFAULT_LIMITS,
  );
  expect(heard).toEqual([1, 'cap 10000000', 2, 3, 'cap undefined', 4, 5]);
});
