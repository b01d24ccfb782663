import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bestToCome, CALMER_MOMENT, type CalmMoment, calmStep, calmUntilMs, stillNeedsMs } from './calm.ts';
import type { CalmLook } from './facts.ts';

const HOUR_MS = 3600e3;
const DAY_MS = 24 * HOUR_MS;
const NOW_MS = 1_000 * DAY_MS + 20 * HOUR_MS;
const UNTIL_MS = NOW_MS + 2 * HOUR_MS;

const CALM: CalmLook & { is: 'calm' } = {
  ...{ is: 'calm', pauseMs: 120, totalMs: 9000, isSure: true },
  words: 'now a pause of about 120 ms is to be expected',
};
const PERHAPS: CalmLook = { ...CALM, isSure: false };
const BUSY: CalmLook = { is: 'busy', pauseMs: 2300, totalMs: 20_000, words: 'a pause of about 2.3 s' };
const NONE: CalmLook = {
  ...{ is: 'no-pause-fits', totalMs: undefined },
  reason: { code: 'no-pause-fits', words: 'it needs a pause of 8 s', remedy: '--max-downtime 9s' },
};
const AWAY: CalmLook = { is: 'unknown', words: 'its host does not answer', passes: true };
const NO_LINK: CalmLook = { is: 'unknown', words: 'nothing is known of the link', passes: false };

const step = (look: CalmLook, nowMs = NOW_MS, earlier: readonly CalmMoment[] = [], wasCalm = false) =>
  calmStep(look, { name: 'vm1', wasCalm, nowMs, untilMs: UNTIL_MS, earlier });

/** Every ten minutes of the two hours to come, as they were some days ago. */
const day = (daysAgo: number, pauseAt: (index: number) => number | undefined): CalmMoment[] =>
  Array.from({ length: 12 }, (_, index) => ({
    atMs: NOW_MS - daysAgo * DAY_MS + (index + 0.5) * 600_000,
    pauseMs: pauseAt(index),
  }));

describe('a VM', () => {
  test('that two looks say is calm begins, as far apart as its move would take; so does one of which nothing will be known', () => {
    expect(step(CALM)).toMatchObject({
      ...{ do: 'wait', againAtMs: NOW_MS + 9000 },
      reason: { words: expect.stringContaining('once more') },
    });
    expect(step({ ...CALM, totalMs: 10 })).toMatchObject({ againAtMs: NOW_MS + 5000 });
    expect(step({ ...CALM, totalMs: HOUR_MS })).toMatchObject({ againAtMs: NOW_MS + 60_000 });
    expect(step(CALM, UNTIL_MS - 1000)).toMatchObject({ againAtMs: UNTIL_MS });
    const go = { do: 'go', words: 'now a pause of about 120 ms is to be expected' };
    expect(step(CALM, NOW_MS, [], true)).toEqual(go);
    expect(step(CALM, UNTIL_MS)).toEqual(go);
    expect(step(PERHAPS, UNTIL_MS)).toEqual(go);
    expect(step(PERHAPS, NOW_MS, [], true)).toMatchObject({ do: 'wait' });
    expect(step(NO_LINK)).toMatchObject({ do: 'go', words: 'nothing is known of the link' });
  });

  test('that is busy, for which no pause fits, or of which nothing is known yet waits, and says why', () => {
    for (const [look, words] of [
      [PERHAPS, 'now a pause of about 120 ms is to be expected'],
      [BUSY, 'a pause of about 2.3 s'],
      [NONE, 'it needs a pause of 8 s'],
      [AWAY, 'its host does not answer'],
    ] as const) {
      const next = step(look);
      expect(next).toMatchObject({ do: 'wait', reason: { code: CALMER_MOMENT, words } });
    }
  });

  test('at the bound moves as it is, or is held with the pause that it needs', () => {
    expect(step(BUSY, UNTIL_MS)).toMatchObject({
      do: 'go',
      words: 'no calmer moment came: a pause of about 2.3 s',
    });
    expect(step(AWAY, UNTIL_MS)).toMatchObject({ do: 'go' });
    expect(step(NONE, UNTIL_MS)).toEqual({
      do: 'hold',
      reason: {
        ...{ code: 'no-pause-fits', remedy: '--max-downtime 9s' },
        words: 'no calmer moment came in time, and it needs a pause of 8 s',
      },
    });
  });

  test('never waits past the bound, is looked at again after 15 s to 5 min, and comes to an end', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 * DAY_MS }),
        fc.constantFrom(BUSY, NONE, AWAY),
        (leftMs, look) => {
          const next = calmStep(look, {
            name: 'vm1',
            wasCalm: false,
            nowMs: NOW_MS,
            untilMs: NOW_MS + leftMs,
            earlier: [],
          });
          if (next.do !== 'wait') throw new Error('it did not wait');
          const waitMs = next.againAtMs - NOW_MS;
          expect(waitMs).toBeLessThanOrEqual(Math.min(leftMs, 300_000));
          expect(waitMs).toBeGreaterThanOrEqual(Math.min(leftMs, 15_000));
        },
      ),
    );
  });
});

describe('earlier days', () => {
  test('that knew no calmer moment in the time that is left end the wait at once', () => {
    const always = [...day(1, () => 2200), ...day(3, () => 2500)];
    expect(step(BUSY, NOW_MS, always)).toMatchObject({
      do: 'go',
      words: expect.stringContaining('on earlier days no calmer'),
    });
    // For one that does not fit nothing is won by it.
    expect(step(NONE, NOW_MS, always).do).toBe('wait');
  });

  test('that knew one let it wait for that, and it is looked at then', () => {
    const calmAtHalfPast = day(1, (index) => (index === 0 ? 200 : 2300));
    expect(step(BUSY, NOW_MS, calmAtHalfPast)).toMatchObject({
      ...{ do: 'wait', againAtMs: NOW_MS + 300_000 },
      reason: { words: expect.stringContaining('on earlier days a pause of 200 ms was possible') },
    });
  });

  test('say nothing where too little is known of them, or only of another time of day', () => {
    const wait = { name: 'vm1', wasCalm: false, nowMs: NOW_MS, untilMs: UNTIL_MS };
    expect(bestToCome({ ...wait, earlier: day(1, () => 300).slice(0, 2) })).toBeUndefined();
    // All at one time.
    expect(bestToCome({ ...wait, earlier: day(1, () => 300).slice(0, 5) })).toBeUndefined();
    const morning = day(1, () => 300).map((each) => ({ ...each, atMs: each.atMs - 10 * HOUR_MS }));
    expect(bestToCome({ ...wait, earlier: morning })).toBeUndefined();
    expect(bestToCome({ ...wait, earlier: day(1, () => undefined) })).toBeUndefined();
    // What was seen today is of today.
    const today = Array.from({ length: 9 }, (_, index) => ({ atMs: NOW_MS - index * 600_000, pauseMs: 300 }));
    expect(bestToCome({ ...wait, earlier: today })).toBeUndefined();
    expect(bestToCome({ ...wait, earlier: day(2, (index) => 300 + index) })).toMatchObject({ pauseMs: 300 });
  });
});

describe('the bound', () => {
  const SINCE = { sinceMs: NOW_MS, needsMs: 600_000 };

  test('is what was stated, and the deadline less what the drain needs, whichever comes first', () => {
    expect(calmUntilMs({ ...SINCE, withinMs: HOUR_MS, deadlineMs: undefined })).toBe(NOW_MS + HOUR_MS);
    expect(calmUntilMs({ ...SINCE, withinMs: undefined, deadlineMs: NOW_MS + HOUR_MS })).toBe(
      NOW_MS + 3_000_000,
    );
    expect(calmUntilMs({ ...SINCE, withinMs: HOUR_MS, deadlineMs: NOW_MS + HOUR_MS })).toBe(
      NOW_MS + 3_000_000,
    );
    expect(calmUntilMs({ ...SINCE, withinMs: undefined, deadlineMs: undefined })).toBe(NOW_MS);
  });

  test('leaves time for one after the other of those that want their link alone, and for the rest', () => {
    const move = (expectsMs: number | undefined, calmAmong: number | undefined = 1, runningMs?: number) => ({
      expectsMs,
      calmAmong,
      runningMs,
    });
    expect(stillNeedsMs([move(1000), move(2000)], 4)).toBe(3000);
    expect(stillNeedsMs([move(1000), move(2000, 4), move(2000, 2), move(2000, 4)], 2)).toBe(4000);
    // The longest of them is not shared.
    expect(stillNeedsMs([move(8000, 4), move(1000, 4)], 4)).toBe(8000);
    expect(stillNeedsMs([move(5000, 1, 4000), move(undefined)], 4)).toBe(6000);
    expect(stillNeedsMs([move(undefined)], 4)).toBe(300_000);
    // No more beside each other than they bear.
    expect(stillNeedsMs([move(3000, 2), move(3000, 2), move(3000, 2), move(3000, 2)], 4)).toBe(6000);
    expect(stillNeedsMs([], 4)).toBe(0);
  });
});
