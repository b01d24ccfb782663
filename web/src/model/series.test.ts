import { describe, expect, test } from 'vitest';
import type { Happening, JournalEntry } from './journal.ts';
import { NO_SERIES, ratesOf, withEntries, withTicks } from './series.ts';

let seq = 0;
const at = (atMs: number, happening: Happening): JournalEntry => ({ seq: seq++, atMs, ...happening });
const tick = (atMs: number, remainingBytes: number, sentBytes: number, throttlePercent = 0) =>
  at(atMs, { type: 'tick', tick: { atMs, pass: 1, remainingBytes, sentBytes, throttlePercent } });
const boundary = (atMs: number, pass: number, remainingBytes: number, sentBytes: number, dirty?: number) =>
  at(atMs, {
    type: 'boundary',
    boundary: {
      atMs,
      pass,
      remainingBytes,
      sentBytes,
      ...(dirty === undefined
        ? {}
        : {
            pauseForecastMs: remainingBytes / 1000,
            ended: { durationMs: 1, bandwidthBytesPerSecond: 1e6, dirtyRateBytesPerSecond: dirty },
          }),
    },
  });

const RUN = [
  at(0, {
    type: 'opened',
    policy: 'mp',
    vm: 'a',
    destination: 'b',
    limits: { downtimeMs: 300, maxDowntimeMs: 2000 },
  }),
  boundary(0, 1, 4000, 0),
  tick(500, 3000, 1000),
  tick(1000, 2000, 2000),
  boundary(2000, 2, 1500, 4000, 750),
  tick(2500, 500, 5000),
  boundary(3000, 3, 800, 5500, 800),
];

test('samples, passes and limits, whether they come at once or one by one', () => {
  const once = withEntries(NO_SERIES, RUN);
  expect(once.samples.map(({ remainingBytes }) => remainingBytes)).toEqual([
    4000, 3000, 2000, 1500, 500, 800,
  ]);
  expect(once.passes.map(({ pass, forecastPauseMs }) => [pass, forecastPauseMs])).toEqual([
    [1, undefined],
    [2, 1.5],
    [3, 0.8],
  ]);
  expect(once).toMatchObject({ downtimeMs: 300, maxDowntimeMs: 2000, lastMs: 3000 });
  expect(RUN.reduce((series, entry) => withEntries(series, [entry]), NO_SERIES)).toEqual(once);
});

test('what came before is not changed: a plot may still hold it', () => {
  const before = withEntries(NO_SERIES, RUN.slice(0, 3));
  withEntries(before, RUN.slice(3));
  expect(before.samples).toHaveLength(2);
});

test('rates: over a second of samples, and of the pass that each lies in', () => {
  expect(ratesOf(withEntries(NO_SERIES, RUN))).toEqual([
    { atMs: 0, transferBytesPerSecond: null, dirtyBytesPerSecond: null },
    { atMs: 500, transferBytesPerSecond: null, dirtyBytesPerSecond: 750 },
    { atMs: 1000, transferBytesPerSecond: 2000, dirtyBytesPerSecond: 750 },
    { atMs: 2000, transferBytesPerSecond: 2000, dirtyBytesPerSecond: 750 },
    { atMs: 2500, transferBytesPerSecond: 2000, dirtyBytesPerSecond: 800 },
    { atMs: 3000, transferBytesPerSecond: 1500, dirtyBytesPerSecond: 800 },
  ]);
});

describe('spans', () => {
  const throttle = (atMs: number) =>
    at(atMs, {
      type: 'decision',
      pass: 1,
      decision: { action: 'throttle', reason: 'r', throttlePercent: 50 },
    });

  test('a brake begins with its decision and ends with the sample that shows none', () =>
    expect(withEntries(NO_SERIES, [throttle(10), tick(20, 1, 1, 50), tick(30, 1, 1, 0)]).brakes).toEqual([
      { fromMs: 10, untilMs: 30 },
    ]));

  test('a sample from before it took hold does not end it', () => {
    const late = [throttle(10), tick(20, 1, 1, 0), tick(270, 1, 1, 99)];
    expect(withEntries(NO_SERIES, late).brakes).toEqual([{ fromMs: 10, untilMs: undefined }]);
    const again = [...late, tick(300, 1, 1, 0), tick(9000, 1, 1, 50)];
    expect(withEntries(NO_SERIES, again).brakes).toEqual([
      { fromMs: 10, untilMs: 300 },
      { fromMs: 9000, untilMs: undefined },
    ]);
  });

  test('it ends when the guest stands still, and that when it runs again', () => {
    const stop = at(40, { type: 'guest', event: 'stopped', side: 'source' });
    const resume = at(90, { type: 'guest', event: 'resumed', side: 'destination' });
    const paused = withEntries(NO_SERIES, [throttle(10), stop]);
    expect(paused.brakes).toEqual([{ fromMs: 10, untilMs: 40 }]);
    expect(paused.pauses).toEqual([{ fromMs: 40, untilMs: undefined }]);
    expect(withEntries(paused, [resume]).pauses).toEqual([{ fromMs: 40, untilMs: 90 }]);
  });
});

test('samples of the service fill the gaps of the journal, each instant once', () => {
  const series = withEntries(NO_SERIES, [tick(1000, 5, 5), tick(3000, 3, 3)]);
  const more = [1000, 2000, 4000].map((atMs) => ({
    atMs,
    remainingBytes: 9,
    sentBytes: 9,
  }));
  const filled = withTicks(series, more);
  expect(filled.samples.map(({ atMs }) => atMs)).toEqual([1000, 2000, 3000, 4000]);
  expect(filled.samples[0]?.remainingBytes).toBe(5);
  expect(filled.lastMs).toBe(4000);
});
