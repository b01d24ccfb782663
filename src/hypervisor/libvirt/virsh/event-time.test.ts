import { expect, test } from 'vitest';
import { EventTime } from './event-time.ts';

const NOON = Date.UTC(2026, 10, 22, 12);

/** Two clocks that tests set. */
function clocks() {
  const at = { nowMs: 50_000, wallMs: NOON };
  const time = new EventTime({ now: () => at.nowMs, wall: () => at.wallMs });
  const pass = (ms: number) => {
    at.nowMs += ms;
    at.wallMs += ms;
  };
  return { at, time, pass };
}

test('an event is dated back by the time that its delivery took', () => {
  const { at, time } = clocks();
  expect(time.of(at.wallMs - 30)).toBe(50_000 - 30);
});

// Audit 19: a step back of 1.5 s dated every later event that much too early, for ever.
test.each([-1500, 1500, -3_600_000, 3_600_000])(
  'a step of the wall clock by %i ms dates nothing falsely',
  (stepMs) => {
    const { at, time, pass } = clocks();
    time.of(at.wallMs - 5);
    at.wallMs += stepMs;
    for (let each = 0; each < 3; each += 1) {
      pass(1000);
      expect(time.of(at.wallMs - 5)).toBe(at.nowMs - 5);
    }
  },
);

test('a step within a delivery is not believed beyond what a delivery can take', () => {
  const { at, time, pass } = clocks();
  const stampMs = at.wallMs;
  at.wallMs -= 3000;
  pass(10);
  expect(time.of(stampMs)).toBe(at.nowMs);
  at.wallMs += 3000;
  const next = at.wallMs;
  at.wallMs += 60_000;
  pass(10);
  expect(time.of(next)).toBe(at.nowMs);
});

test('no event is dated before the one that virsh printed first', () => {
  const { at, time, pass } = clocks();
  const first = time.of(at.wallMs);
  const stampMs = at.wallMs;
  at.wallMs += 1900;
  pass(10);
  expect(time.of(stampMs)).toBe(first);
});
