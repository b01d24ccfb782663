import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Pacer } from './pacer.ts';

test('a burst goes through at once, then one after the other at the rate; rest gives the burst back', () => {
  const pacer = new Pacer({ perSecond: 2, burst: 3 });
  expect([1, 2, 3].map(() => pacer.waitMs('a', 1000))).toEqual([0, 0, 0]);
  expect(pacer.waitMs('a', 1000)).toBe(500);
  // What was refused is not counted.
  expect(pacer.waitMs('a', 1400)).toBe(100);
  expect(pacer.waitMs('a', 1500)).toBe(0);
  expect(pacer.waitMs('b', 1500)).toBe(0);
  expect([1, 2, 3, 4].map(() => pacer.waitMs('a', 10_000))).toEqual([0, 0, 0, 500]);
});

test('however it is asked, no more goes through than the burst and what the rate adds', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 50 }),
      (gaps, perSecond, burst) => {
        const pacer = new Pacer({ perSecond, burst });
        let now = 0;
        let through = 0;
        for (const gap of gaps) {
          now += gap;
          if (pacer.waitMs('a', now) === 0) through += 1;
        }
        expect(through).toBeLessThanOrEqual(burst + (now * perSecond) / 1000 + 1e-6);
      },
    ),
  );
});

test('who waits as long as he was told gets through', () => {
  const pacer = new Pacer({ perSecond: 3, burst: 1 });
  pacer.waitMs('a', 0);
  expect(pacer.waitMs('a', pacer.waitMs('a', 0))).toBe(0);
});

test('of however many who come, no more are kept than were said', () => {
  const pacer = new Pacer({ perSecond: 1, burst: 1 }, 100);
  for (let at = 0; at < 100_000; at += 1) {
    pacer.waitMs(`address ${at}`, at / 1000);
    expect(pacer.size).toBeLessThanOrEqual(100);
  }
  // Those who have rested go first, and not those who have not.
  const kept = new Pacer({ perSecond: 1, burst: 1 }, 2);
  kept.waitMs('rested', 0);
  kept.waitMs('busy', 1500);
  kept.waitMs('new', 1600);
  expect(kept.waitMs('busy', 1600)).toBeGreaterThan(0);
});
