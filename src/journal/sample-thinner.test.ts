import { describe, expect, test } from 'vitest';
import type { Happening, JournalEntry } from './journal-entry.ts';
import { SampleThinner } from './sample-thinner.ts';
import { OUTCOME, TICK } from './testing/happenings.ts';

const entry = (atMs: number, happening: Happening): JournalEntry => ({
  schema: 2,
  seq: atMs,
  time: '',
  atMs,
  ...happening,
});

/** Samples as a supervisor gives them, four a second. */
function keptBetween(fromMs: number, toMs: number): number[] {
  const thinner = new SampleThinner();
  const kept: number[] = [];
  for (let atMs = 0; atMs < toMs; atMs += 250)
    for (const each of thinner.take(entry(atMs, TICK))) if (each.atMs >= fromMs) kept.push(each.atMs);
  return kept;
}

describe('samples, of four a second', () => {
  test('are all kept in the first minute', () => expect(keptBetween(0, 60_000)).toHaveLength(240));

  test('are one a second until the tenth minute', () =>
    expect(keptBetween(60_000, 600_000)).toHaveLength(540));

  test('are one in ten seconds from then on: 8,640 a day', () =>
    expect(keptBetween(600_000, 86_400_000).length).toBeLessThanOrEqual(8640));
});

test.each([
  { type: 'decision', pass: 9, decision: { action: 'continue', reason: '' } },
  { type: 'guest', event: 'stopped', side: 'source' },
  { type: 'state', from: 'copying', to: 'stopped' },
  { type: 'ended', outcome: OUTCOME },
] as const)('the last sample before $type is kept, once', (happening) => {
  const thinner = new SampleThinner();
  thinner.take(entry(700_000, TICK));
  expect(thinner.take(entry(700_250, TICK))).toEqual([]);
  expect(thinner.take(entry(700_500, TICK))).toEqual([]);
  expect(thinner.take(entry(700_600, happening)).map(({ atMs }) => atMs)).toEqual([700_500, 700_600]);
  expect(thinner.take(entry(700_700, happening)).map(({ atMs }) => atMs)).toEqual([700_700]);
});

test('everything that is no sample is kept', () => {
  const thinner = new SampleThinner();
  thinner.take(entry(700_000, TICK));
  thinner.take(entry(700_250, TICK));
  expect(thinner.take(entry(700_300, { type: 'warning', message: '' }))).toHaveLength(1);
});
