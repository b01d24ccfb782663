import { describe, expect, test } from 'vitest';
import { constantLink, cutLink, steppedLink } from './link.ts';
import { TransferRate } from './transfer-rate.ts';

const slower = steppedLink([
  { fromMs: 0, bytesPerSecond: 100 },
  { fromMs: 1000, bytesPerSecond: 40 },
]);

test('a link holds each rate until its next step', () => {
  expect(slower.sectionAt(0)).toEqual({ bytesPerSecond: 100, untilMs: 1000 });
  expect(slower.sectionAt(1000)).toEqual({ bytesPerSecond: 40, untilMs: Infinity });
  expect(constantLink(5).sectionAt(1e9)).toEqual({ bytesPerSecond: 5, untilMs: Infinity });
  expect(cutLink(5, 20).sectionAt(20).bytesPerSecond).toBe(0);
});

test.each([
  [[]],
  [[{ fromMs: 5, bytesPerSecond: 1 }]],
  [[{ fromMs: 0, bytesPerSecond: -1 }]],
  [
    [
      { fromMs: 0, bytesPerSecond: 1 },
      { fromMs: 0, bytesPerSecond: 2 },
    ],
  ],
])('steps that make no link are refused: %j', (steps) =>
  expect(() => steppedLink(steps)).toThrow(RangeError),
);

describe('as a migration sees it', () => {
  test('times count from its start', () => {
    expect(new TransferRate(slower, 400, undefined).lineAt(0)).toEqual({ bytesPerSecond: 100, untilMs: 600 });
  });

  test('the cap holds for the passes, not for the line', () => {
    const rate = new TransferRate(slower, 0, 50);
    expect(rate.lineAt(0).bytesPerSecond).toBe(100);
    expect(rate.passRate(rate.lineAt(0))).toBe(50);
    expect(rate.passRate(rate.lineAt(1000))).toBe(40);
  });

  test('a window over a step is measured as their mean', () => {
    expect(new TransferRate(slower, 0, undefined).meanPassRate(950, 1050)).toBe(70);
    expect(new TransferRate(slower, 0, 50).meanPassRate(950, 1050)).toBe(45);
  });
});
