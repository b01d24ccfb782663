import { describe, expect, test } from 'vitest';
import { proxmox } from './proxmox.ts';
import { acts, begin, MB, tick } from './testing/trace.ts';

/** A tick a second from 1 s on, so that each is a poll; something is sent between all of them. */
function polls(remainingMB: readonly number[]) {
  return remainingMB.map((each, index) =>
    tick((index + 1) * 1000, { sentBytes: (index + 1) * MB, remainingBytes: each * MB }),
  );
}

test('begins with 100 ms', () => expect(begin(proxmox).initialDowntimeLimitMs).toBe(100));

describe('doubles the downtime', () => {
  test('at every sixth poll at which the rest had grown, with falls between', () => {
    const sawtooth = Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? 500 : 600));
    expect(acts(begin(proxmox), polls(sawtooth))).toEqual([
      [12_000, 'downtime 200'],
      [24_000, 'downtime 400'],
    ]);
  });

  test('never while the rest falls from poll to poll', () =>
    expect(acts(begin(proxmox), polls([900, 800, 700, 600, 500, 400, 300, 200, 100, 90, 80, 70]))).toEqual(
      [],
    ));

  test('no further than QEMU takes', () => {
    const sawtooth = Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? 500 : 600));
    expect(acts(begin(proxmox, { downtime: '1500s' }), polls(sawtooth))).toEqual([
      [12_000, 'downtime 2000000'],
    ]);
  });
});

describe('what counts as a rise', () => {
  test('not a poll at which nothing had been sent', () => {
    const policy = begin(proxmox);
    const observations = polls([500, 600, 500, 600, 500, 600, 500, 600, 500, 600, 500, 600]);
    const standing = observations.map((each) => ({ ...each, sentBytes: MB }));
    expect(acts(policy, standing)).toEqual([]);
  });

  test('a rest of 0 does', () =>
    expect(acts(begin(proxmox), polls([500, 0, 0, 0, 0, 0, 0, 500]))).toEqual([[7000, 'downtime 200']]));

  test('what follows a rest of 0 does not', () =>
    // Four zeros and the rise from 10 to 20 make five.
    expect(acts(begin(proxmox), polls([500, 0, 500, 0, 500, 0, 10, 20, 0, 500]))).toEqual([]));
});

test('near the end it polls every 100 ms, for good: at each of our ticks', () => {
  const sent = (atMs: number) => ({ sentBytes: (atMs / 10) * MB });
  const at = (atMs: number, remainingMB: number) =>
    tick(atMs, { ...sent(atMs), remainingBytes: remainingMB * MB });
  // At 2 s the average is 100 MB over two polls, and 40 MB are left.
  const observations = [at(1000, 500), at(2000, 40)];
  for (let atMs = 2250; atMs <= 6000; atMs += 250)
    observations.push(at(atMs, atMs % 500 === 250 ? 900 : 800));
  // Rises at 2250, 2750, …, 4750.
  expect(acts(begin(proxmox), observations)).toEqual([[4750, 'downtime 200']]);
});

test('far from the end it sees one poll a second of the same', () => {
  const at = (atMs: number) =>
    tick(atMs, { sentBytes: atMs, remainingBytes: (atMs % 500 === 250 ? 900 : 800) * MB });
  const observations = Array.from({ length: 40 }, (_, index) => at(index * 250));
  expect(acts(begin(proxmox), observations)).toEqual([]);
});
