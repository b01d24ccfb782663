/**
 * Boundaries of real migrations of the lab's guest, 128 MiB rewritten in a loop, on a link of 480 Mbit/s
 * (QEMU 10.0.2 under libvirt 11.3.0, boundaries as our driver gave them): what the model says of them before they happen.
 */
import { expect, test } from 'vitest';
import { convergence } from './convergence.ts';
import { DirtyCurve } from './dirty-curve.ts';
import { exactly } from './interval.ts';
import { nextRest } from './pre-copy.ts';

const MB = 1e6;
const BANDWIDTH = { low: 56 * MB, high: 60 * MB };
const COST = { lineRate: exactly(60 * MB), fixedCostMs: { low: 20, high: 100 } };

/** From a run with --downtime 300 ms: passes end with up to 18 MB unsent. */
const QUIET = {
  memoryBytes: 537_403_392,
  passes: [
    [3580, 144_513_950],
    [2240, 134_032_947],
  ],
  unsentBytes: 18 * MB,
} as const;
/** From one with a limit of 1 s that was to be left running, attached to twice: passes end with up to 60 MB unsent. */
const LONG = {
  memoryBytes: 537_264_128,
  passes: [
    [1506, 133_949_656],
    [1424, 133_916_259],
    [1410, 133_913_572],
    [1414, 135_000_038],
  ],
  unsentBytes: 60 * MB,
} as const;

test.each([
  ['a whole migration', QUIET],
  ['passes that end early', LONG],
])('%s: each boundary is where the ones before say, and none looks like a change of phase', (_, run) => {
  let curve = DirtyCurve.unobserved(run.memoryBytes);
  let rest: number = run.memoryBytes;
  for (const [durationMs, bytes] of run.passes) {
    const next = nextRest({ curve, bandwidth: BANDWIDTH }, exactly(rest), { low: 0, high: run.unsentBytes });
    expect(next.low).toBeLessThanOrEqual(bytes);
    expect(next.high).toBeGreaterThanOrEqual(bytes);
    const found = curve.observe({ durationMs, bytes, unsentBytes: run.unsentBytes });
    expect(found.phaseChange).toBeUndefined();
    curve = found.curve;
    rest = bytes;
  }
});

test('after two passes: 5 s are certain; 300 ms are not refuted for ever', () => {
  let curve = DirtyCurve.unobserved(QUIET.memoryBytes);
  for (const [durationMs, bytes] of QUIET.passes)
    curve = curve.observe({ durationMs, bytes, unsentBytes: QUIET.unsentBytes }).curve;
  const preCopy = { curve, bandwidth: BANDWIDTH };
  const rest = exactly(134_032_947);
  expect(convergence(preCopy, COST, rest, 5000).verdict).toBe('certainly');
  // The second pass found what it sent, less its tolerance: it may be shrinking by that each time.
  expect(convergence(preCopy, COST, rest, 300).verdict).toBe('not-known');

  // What a probe of one second finds of this guest settles it, before the start already.
  const probed = DirtyCurve.unobserved(QUIET.memoryBytes).observe({
    durationMs: 1000,
    bytes: 134 * MB,
  }).curve;
  const beforeTheStart = { curve: probed, bandwidth: BANDWIDTH };
  expect(convergence(beforeTheStart, COST, exactly(QUIET.memoryBytes), 300).verdict).toBe('certainly-not');
});
