import { expect, test } from 'vitest';
import { costMs, type Judged, type Run } from './judge.ts';
import { parseSeeds } from './seeds.ts';
import { brakingOf, misledOf, summaryOf } from './summary.ts';

const run = (name: string, totalMs: number, more: Partial<Run> = {}): Run => ({
  name,
  arrived: true,
  calledImpossible: false,
  totalMs,
  pauseMs: 0,
  sentBytes: 0,
  withheldMs: 0,
  ...more,
});
const judged = (seed: number, forecastMs: number | undefined, oracle: Run | undefined): Judged => ({
  seed,
  words: '',
  runs: [
    run('stock', 1, { arrived: seed > 1 }),
    forecastMs === undefined
      ? run('forecast', 1, { arrived: false, calledImpossible: true })
      : run('forecast', forecastMs),
    run('simple', 8500),
  ],
  misled: [run('misled', 2 * (forecastMs ?? 0) + 1500)],
  braking: run('forecast, brake when it pays', forecastMs ?? 1),
  bestPeer: undefined,
  oracle,
});

// Each costs 1.5 s more than its total: five times the pause that is always fine.
test('ratios of cost, and what was wrongly called impossible', () => {
  const best = run('oracle', 8500);
  const { impossible, all, inNeed, ofThoseInNeed } = summaryOf([
    judged(1, 9500, best),
    judged(2, 10_500, best),
    judged(3, 28_500, best),
    judged(4, undefined, best),
    judged(5, undefined, undefined),
  ]);
  expect(impossible).toBe(1);
  const [, forecast, simple, peer] = all;
  expect(forecast).toMatchObject({
    notArrived: 1,
    wrongVerdicts: 1,
    againstOracle: { guests: 3, median: 1.2, worst: 3, worstSeed: 3 },
  });
  expect(simple).toMatchObject({ notArrived: 0, againstSimple: undefined, againstOracle: { median: 1 } });
  expect(peer).toMatchObject({ name: 'best peer', notArrived: 4, againstOracle: { guests: 0 } });
  expect(inNeed).toBe(1);
  expect(ofThoseInNeed[1]).toMatchObject({ name: 'forecast', againstSimple: { guests: 1, worst: 1.1 } });
});

test('a brake is judged where it was used, with what it withheld', () => {
  const braking = run('forecast, brake when it pays', 5500, { withheldMs: 1000, pauseMs: 200 });
  const one = { ...judged(1, 9500, run('oracle', 8500)), braking };
  const impossible = { ...judged(2, undefined, undefined), braking };
  const found = brakingOf([one, impossible, judged(3, 9500, run('oracle', 8500))]);
  // 5.5 s, 1.5 for the pause that is always fine, twice the second withheld.
  expect(found).toMatchObject({
    ...{ guests: 3, braked: 2, notArrived: 0, possibleNotArrived: 0, impossibleArrived: 1 },
    ...{ pauseMs: { median: 200 }, pauseWithoutMs: { median: 0 } },
    cost: { guests: 1, median: Number((9000 / 11_000).toPrecision(3)) },
  });
});

test('a pause costs five times its length, and never less than the one that is always fine', () => {
  expect(costMs(run('a', 1000, { pauseMs: 1000 }))).toBe(6000);
  expect(costMs(run('a', 1000, { pauseMs: 10 }))).toBe(2500);
  expect(costMs(run('a', 1000, { arrived: false }))).toBe(Number.POSITIVE_INFINITY);
});

test.each([
  ['1000..1999', { from: 1000, to: 1999 }],
  ['7', { from: 7, to: 7 }],
  ['9..3', null],
  ['a..b', null],
  ['1...3', null],
  ['-1..3', null],
])('seeds %s', (text, seeds) => expect(parseSeeds(text)).toEqual(seeds));

test('what a wrong history costs is told against forecast without one', () => {
  const [misled] = misledOf([judged(1, 9500, undefined), judged(2, 20_000, undefined)]);
  expect(misled).toMatchObject({ name: 'misled', againstNoHistory: { guests: 2, median: 2, worst: 2 } });
});
