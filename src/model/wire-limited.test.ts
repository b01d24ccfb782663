import { describe, expect, test } from 'vitest';
import type { Counters } from './observation.ts';
import { WireLimited } from './wire-limited.ts';

const MB = 1e6;

/** Samples of the first pass, 250 ms apart: the MB carried and gone through in each of those times. */
function seen(...steps: readonly (readonly [carriedMB: number, throughMB: number])[]): WireLimited {
  const wire = new WireLimited();
  let at: Counters = { atMs: 0, pass: 1, sentBytes: 0, remainingBytes: 8000 * MB, totalBytes: 8000 * MB };
  wire.see(at);
  for (const [carriedMB, throughMB] of steps) {
    at = {
      ...{ atMs: at.atMs + 250, pass: 1, sentBytes: at.sentBytes + carriedMB * MB },
      ...{ remainingBytes: at.remainingBytes - throughMB * MB, totalBytes: at.totalBytes },
    };
    wire.see(at);
  }
  return wire;
}
const times = <T>(count: number, each: T) => Array.from({ length: count }, () => each);

describe('the part of a pass in which the wire was the limit', () => {
  test('leaves out where zeros were skipped', () => {
    const wire = seen(...times(6, [25, 25] as const), ...times(20, [1, 500] as const), [0, 500]);
    expect(wire.end()).toEqual({ durationMs: 1500, bytes: 150 * MB });
  });

  test('leaves out what went on while the bitmap was synced: more is left than before', () => {
    const wire = seen(...times(4, [25, 25] as const), [10, -100]);
    expect(wire.end()).toEqual({ durationMs: 1000, bytes: 100 * MB });
  });

  test('of less than a second tells nothing', () =>
    expect(seen(...times(3, [25, 25] as const)).end()).toBeUndefined());

  test('begins anew with each pass', () => {
    const wire = seen(...times(6, [25, 25] as const));
    expect(wire.end()).toBeDefined();
    expect(wire.end()).toBeUndefined();
  });
});
