import { expect, test } from 'vitest';
import { EarlyEnds } from './early-ends.ts';

/** Boundaries a second apart that leave so many megabytes, where a whole pass takes 3 s. */
function holdAt(...restMB: number[]): boolean[] {
  const earlyEnds = new EarlyEnds();
  return restMB.map((rest, index) =>
    earlyEnds.hold(
      {
        ...{ kind: 'boundary', pass: index + 2, atMs: 1000 * index, sentBytes: 0 },
        remainingBytes: rest * 1e6,
        totalBytes: 1e9,
      },
      3000,
    ),
  );
}

test('passes that leave no less for as long as a whole one takes hold the guest up', () =>
  expect(holdAt(500, 500, 499, 501)).toEqual([false, false, false, true]));

test('less than ever before begins the time anew', () =>
  expect(holdAt(500, 500, 490, 490, 490, 490)).toEqual([false, false, false, false, false, true]));

test('the whole pass has its time, and then as much has to pass again', () =>
  expect(holdAt(500, 500, 500, 500, 500, 500, 500, 500, 500, 500)).toEqual([
    ...[false, false, false, true],
    ...[false, false, false, false, false, true],
  ]));
