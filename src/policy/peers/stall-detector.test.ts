import { describe, expect, test } from 'vitest';
import { StallDetector } from './stall-detector.ts';

function detector() {
  const inner = new StallDetector({
    stallMargin: 0.04,
    stallProgressTimeoutMs: 40_000,
    patienceWindowDecayFactor: 0.5,
  });
  const record = (atSeconds: number, remainingBytes: number) => ({ atMs: atSeconds * 1000, remainingBytes });
  return {
    process: (atSeconds: number, remainingBytes: number) => inner.process(record(atSeconds, remainingBytes)),
    isAtLocalMinimum: (remainingBytes: number) => inner.isAtLocalMinimum(record(0, remainingBytes)),
    best: () => inner.bestRemainingBytes,
  };
}

describe('stalled', () => {
  test('not before a record is 40 s old', () => {
    const { process, best } = detector();
    for (const at of [0, 10, 20, 30, 39.9]) expect(process(at, 1000)).toBe(false);
    expect(best()).toBeUndefined();
    expect(process(40, 1000)).toBe(true);
    expect(best()).toBe(1000);
  });

  test('not while each value is 4 % below the best that is old; at just 4 % it is', () => {
    const progressing = detector();
    expect([progressing.process(0, 1000), progressing.process(40, 959)]).toEqual([false, false]);
    const standing = detector();
    expect([standing.process(0, 1000), standing.process(40, 960)]).toEqual([false, true]);
  });

  test('compared with the best of the old, not with the oldest', () => {
    const { process } = detector();
    process(0, 1000);
    process(5, 500);
    expect(process(45, 490)).toBe(true);
  });

  test('the young do not count yet: a fresh minimum does not make what follows stalled', () => {
    const { process } = detector();
    process(0, 1000);
    process(35, 500);
    expect(process(45, 900)).toBe(false);
    // At 75 s the 500 is old.
    expect(process(75, 900)).toBe(true);
  });

  test('for good: a later fall is not asked about again', () => {
    const { process } = detector();
    process(0, 1000);
    process(40, 1000);
    expect(process(50, 1)).toBe(true);
  });
});

describe('the local minimum', () => {
  test('is within 4 % of the best value seen, young ones included', () => {
    const { process, best, isAtLocalMinimum } = detector();
    process(0, 1000);
    process(5, 500);
    process(10, 700);
    process(20, 400);
    // Old: 1000 and 500. 480 is not below 96 % of 500; the best is the young 400.
    expect(process(45, 480)).toBe(true);
    expect(best()).toBe(400);
    expect(isAtLocalMinimum(480)).toBe(false);
    expect(isAtLocalMinimum(417)).toBe(false);
    expect(isAtLocalMinimum(416)).toBe(true);
  });

  test('is relaxed after 40 s to the least value since the stall, then after half as long each time', () => {
    const { process, best } = detector();
    process(0, 400);
    process(40, 600);
    expect(best()).toBe(400);
    process(60, 600);
    process(70, 550);
    process(79, 580);
    expect(best()).toBe(400);
    process(80, 590);
    expect(best()).toBe(550);
    process(99, 570);
    expect(best()).toBe(550);
    // 20 s later. 550 was taken: what is left is 570, 580, 590, 600 and this one.
    process(100, 700);
    expect(best()).toBe(570);
    process(109, 500);
    expect(best()).toBe(570);
    // 10 s later, and a value below all before lowers it again.
    process(110, 800);
    expect(best()).toBe(500);
  });

  test('after many relaxations each boundary is one: the patience has no floor', () => {
    const { process, best } = detector();
    process(0, 400);
    process(40, 600);
    let at = 80;
    for (let relaxation = 0; relaxation < 16; relaxation += 1, at += 40) process(at, 600 + relaxation);
    expect(best()).toBe(615);
    process(at, 700);
    process(at + 0.001, 701);
    expect(best()).toBe(701);
  });
});
