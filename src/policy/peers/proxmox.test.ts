import { describe, expect, test } from 'vitest';
import { proxmox } from './proxmox.ts';
import { acts, begin, boundary, MB, merged, tick } from './testing/trace.ts';

/** A tick a second from 1 s on, so that each is a poll; something is sent between all of them. */
function polls(remainingMB: readonly number[]) {
  return remainingMB.map((each, index) =>
    tick((index + 1) * 1000, { sentBytes: (index + 1) * MB, remainingBytes: each * MB }),
  );
}

/** Two polls a second apart, at the second of which little is left; then one every 100 ms. */
function nearTheEnd(remainingMB: readonly number[]) {
  const near = remainingMB.map((each, index) =>
    tick(2000 + index * 100, { sentBytes: (index + 2) * MB, remainingBytes: each * MB }),
  );
  return [...polls([500]), ...near];
}

/** Ever the same pass at 118 MB/s, for two minutes. */
const BYTES_PER_MS = 118_000;
const RUN_MS = 120_000;

function guestAt(atMs: number, passMs: number) {
  return {
    sentBytes: atMs * BYTES_PER_MS,
    remainingBytes: (passMs - (atMs % passMs)) * BYTES_PER_MS,
    pass: Math.floor(atMs / passMs) + 1,
  };
}

function every(stepMs: number, passMs: number) {
  const times = Array.from({ length: RUN_MS / stepMs }, (_, index) => index * stepMs);
  return times.map((atMs) => tick(atMs, guestAt(atMs, passMs)));
}

function boundaries(passMs: number) {
  const times = Array.from({ length: Math.ceil(RUN_MS / passMs) - 1 }, (_, index) => (index + 1) * passMs);
  return times.map((atMs) => boundary(atMs, guestAt(atMs, passMs)));
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
    expect(acts(begin(proxmox), nearTheEnd([0, 0, 0, 0, 0, 0, 500]))).toEqual([[2500, 'downtime 200']]));

  test('what follows a rest of 0 does not', () =>
    // Four zeros and the rise from 10 to 20 make five.
    expect(acts(begin(proxmox), nearTheEnd([0, 500, 0, 500, 0, 10, 20, 0, 500]))).toEqual([]));
});

describe('near the end it polls every 100 ms, for good, and we look less often', () => {
  /** The original agrees with this class at each doubling if we look whenever it polls: tried with its own code. */
  test.each([80, 150, 240, 400, 700, 5000])('passes of %i ms make the same of our looks', (passMs) => {
    const original = acts(begin(proxmox), every(100, passMs));
    const ours = acts(begin(proxmox), merged(every(250, passMs), boundaries(passMs)));
    expect(original.length).toBeGreaterThan(2);
    expect(ours.map(([, what]) => what)).toEqual(original.map(([, what]) => what));
    for (const [index, [atMs]] of ours.entries()) {
      expect(atMs).toBeGreaterThanOrEqual(original[index]?.[0] ?? 0);
      // The look that its poll falls before.
      expect(atMs).toBeLessThanOrEqual((original[index]?.[0] ?? 0) + 250);
    }
  });

  test('a rest that stays 0 doubles every 600 ms', () => {
    const still = Array.from({ length: 13 }, (_, index) =>
      tick(2000 + index * 250, { sentBytes: (index + 2) * MB, remainingBytes: 0 }),
    );
    const done = acts(begin(proxmox), [...polls([500]), ...still]);
    // Its polls at 2.5, 3.1, 3.7, 4.3 and 4.9 s.
    expect(done.map(([atMs]) => atMs)).toEqual([2500, 3250, 3750, 4500, 5000]);
  });
});

test('far from the end it sees one poll a second of the same', () => {
  const at = (atMs: number) =>
    tick(atMs, { sentBytes: atMs, remainingBytes: (atMs % 500 === 250 ? 900 : 800) * MB });
  const observations = Array.from({ length: 40 }, (_, index) => at(index * 250));
  expect(acts(begin(proxmox), observations)).toEqual([]);
});

test('a downtime of 0 is taken, and stays 0', () => {
  const sawtooth = Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? 500 : 600));
  const policy = begin(proxmox, { downtime: '0ms' });
  expect(policy.initialDowntimeLimitMs).toBe(0);
  expect(acts(policy, polls(sawtooth))).toEqual([]);
});
