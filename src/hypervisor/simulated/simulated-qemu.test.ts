/**
 * QEMU's rules on figures that can be worked out by hand: 500 MB of guest, 100 MB/s of link, 300 ms of limit. One list of
 * rules, hence longer than most files.
 */
import { describe, expect, test } from 'vitest';
import type { Boundary } from '../../model/observation.ts';
import type { MigrationEvent } from '../hypervisor.ts';
import { AUTO_CONVERGE_DEFAULTS } from './auto-converge.ts';
import { constantLink, cutLink, steppedLink } from './link.ts';
import { cyclic } from './memory/cyclic.ts';
import { phases } from './memory/phases.ts';
import type { ScenarioInput } from './scenario.ts';
import { type Act, drive, pauseMs } from './testing/drive.ts';

const MB = 1e6;
/** A page of 4096 bytes goes with a header of 8. */
const WIRE = 4104 / 4096;
const V7_2 = { major: 7, minor: 2, micro: 22 };

const guest: ScenarioInput = {
  memoryBytes: 500 * MB,
  memory: cyclic({ workingSetBytes: 50 * MB, writeRateBytesPerSecond: 20 * MB }),
  link: constantLink(100 * MB),
  tickMs: Infinity,
};
/** It rewrites 200 MB faster than the link carries them. */
const busy: ScenarioInput = {
  ...guest,
  memory: cyclic({ workingSetBytes: 200 * MB, writeRateBytesPerSecond: 2000 * MB }),
};

const boundaries = (events: readonly MigrationEvent[]) =>
  events.flatMap((event): Boundary[] => (event.kind === 'boundary' ? [event] : []));
const kinds = (events: readonly MigrationEvent[]) =>
  events.map((event) =>
    event.kind === 'status' ? event.status : event.kind === 'resumed' ? `resumed ${event.side}` : event.kind,
  );
/** Acts once, at the n-th boundary. */
function atBoundary(n: number, act: Act): Act {
  return (migration, event, soFar) =>
    event.kind === 'boundary' && boundaries(soFar).length === n ? act(migration, event, soFar) : undefined;
}
const cancelAt = (n: number) => atBoundary(n, (migration) => migration.cancel());
const once =
  (wanted: (event: MigrationEvent) => boolean, act: Act): Act =>
  (migration, event, soFar) =>
    soFar.find(wanted) === event ? act(migration, event, soFar) : undefined;

describe('passes', () => {
  test('a healthy guest, pass by pass', async () => {
    const { events, end } = await drive(guest);
    // Threshold: 100 MB/s x 300 ms = 30 MB. Pass 1: 470 MB go, headers and all, in 4,709 ms; QEMU looks at 4,750.
    // Then 475 MB are on the wire and 500 - 475 / WIRE = 25.93 MB unsent, a tenth of it in the working set, of which
    // all 50 MB are dirty again: 25.93 + 50 (1 - 2.593 / 50) = 73.33 MB.
    // Pass 2: 43.33 MB go in 434 ms, QEMU looks after 450: 28.42 MB unsent, and 9 MB dirtied, of which
    // 28.42 / 50 were unsent: 28.42 + 3.88 = 32.31 MB, too much by 2.31 MB.
    // Pass 3: at its next look, 50 ms on, 27.32 MB are unsent and 0.45 MB new: 27.77 MB fit.
    expect(
      boundaries(events).map(({ atMs, pass, sentBytes, remainingBytes }) => [
        ...[pass, atMs, sentBytes / MB],
        Math.round(remainingBytes / 1e4) / 100,
      ]),
    ).toEqual([
      [1, 0, 0, 500],
      [2, 4750, 475, 73.33],
      [3, 5200, 520, 32.31],
    ]);
    expect(kinds(events).slice(-4)).toEqual(['stopped', 'device', 'resumed destination', 'completed']);
    expect(pauseMs(events)).toBeCloseTo(27.77 * WIRE * 10 + 50, 0);
    expect(end).toMatchObject({
      ...{ result: 'completed', destinationEverRan: true, error: undefined },
      whereabouts: { source: 'handed-over', destination: 'running' },
    });
    expect((end.sentBytes ?? 0) / MB).toBeCloseTo(525 + 27.77 * WIRE, 1);
    expect(end.reportedDowntimeMs).toBe(Math.round(pauseMs(events) ?? 0));
  });

  test('zero pages go in next to no time', async () => {
    const { events } = await drive({ ...busy, zeroPagesShare: 0.5 }, {}, cancelAt(2));
    // 250 MB and their headers take 2,505 ms and 61,035 zero pages of 9 bytes 6 ms: all are gone at 2,550.
    expect(boundaries(events)[1]).toMatchObject({ atMs: 2550, remainingBytes: 200 * MB });
  });

  test('a memory-intensive guest comes to no end', async () => {
    const { events, end } = await drive(busy, {}, cancelAt(20));
    const later = boundaries(events).slice(1);
    expect(later.map(({ remainingBytes }) => remainingBytes)).toSatisfy((all: number[]) =>
      all.every((bytes) => bytes >= 200 * MB && bytes < 222 * MB),
    );
    // 170 MB of every 200 are sent anew each time, in 1.75 s.
    expect((later.at(-1)?.atMs ?? 0) - (later.at(-2)?.atMs ?? 0)).toBe(1750);
    expect(end.result).toBe('cancelled');
  });

  test('the cap holds for the passes, and is lifted for the switchover', async () => {
    const capped = { downtimeLimitMs: 1000, bandwidthBytesPerSecond: 50 * MB };
    const { events } = await drive({ ...guest, qemuVersion: V7_2 }, capped);
    // The threshold is of the capped rate: 50 MB. 450 MB at 50 MB/s, looked at when a window of 100 ms closes.
    expect(boundaries(events)[1]).toMatchObject({ atMs: 9100, sentBytes: 455 * MB });
    const rest = boundaries(events).at(-1)?.remainingBytes ?? 0;
    expect(pauseMs(events)).toBeLessThan((rest / 100e6) * 1000 + 50);
  });

  test('from 8.2 on the threshold is of the stated line rate', async () => {
    const options = {
      ...{ downtimeLimitMs: 1000, bandwidthBytesPerSecond: 50 * MB },
      lineRateBytesPerSecond: 100 * MB,
    };
    const { events } = await drive(guest, options);
    // 400 MB at 50 MB/s instead of 450.
    expect(boundaries(events)[1]?.atMs).toBe(8100);
  });

  test('where the guest is in its phases decides how long it takes', async () => {
    const batch = (startMs: number): ScenarioInput => ({
      ...busy,
      startMs,
      memory: phases(busy.memory, [
        { durationMs: 10_000, speed: 1 },
        { durationMs: 10_000, speed: 0 },
      ]),
    });
    const calm = await drive(batch(10_000));
    const rough = await drive(batch(0));
    expect(calm.end.atMs).toBeLessThan(5200);
    expect(rough.end.atMs).toBeGreaterThan(10_000);
    expect(rough.end.atMs).toBeLessThan(13_000);
  });
});

describe('a link that changes', () => {
  test('each rate carries what it can', async () => {
    const link = steppedLink([
      { fromMs: 0, bytesPerSecond: 100 * MB },
      { fromMs: 1030, bytesPerSecond: 50 * MB },
    ]);
    const { events } = await drive({ ...busy, link }, {}, cancelAt(2));
    // 103 MB, then 382 of the 485 (threshold now 15 MB) at 50 MB/s.
    expect(boundaries(events)[1]?.atMs).toBe(Math.ceil((1030 + (485 * WIRE - 103) * 20) / 50) * 50);
  });

  test('one that stands still a while only delays', async () => {
    const link = steppedLink([
      { fromMs: 0, bytesPerSecond: 100 * MB },
      { fromMs: 1000, bytesPerSecond: 0 },
      { fromMs: 4000, bytesPerSecond: 100 * MB },
    ]);
    const { events, end } = await drive({ ...guest, link });
    // Without ticks one hears all the same that time passes.
    expect(events.flatMap((event) => (event.kind === 'tick' ? [[event.atMs, event.sentBytes]] : []))).toEqual(
      [...[1000, 2000, 3000].map((atMs) => [atMs, 100 * MB])],
    );
    expect(boundaries(events)[1]?.atMs).toBe(7750);
    expect(end.result).toBe('completed');
  });

  test('one that is cut ends the connection after a quarter of an hour; the guest stays', async () => {
    const { events, end } = await drive({ ...guest, link: cutLink(100 * MB, 2000) });
    expect(end).toMatchObject({
      ...{ result: 'failed', atMs: 926_600, sentBytes: 200 * MB, destinationEverRan: false },
      whereabouts: { source: 'running', destination: 'incoming' },
    });
    expect(kinds(events)).not.toContain('stopped');
  });

  test('one that is cut in the stop-and-copy gives the guest back when it is cancelled', async () => {
    // Stops at 5,250; cut 100 ms later.
    const { events, end, sides } = await drive(
      { ...guest, link: cutLink(100 * MB, 5350) },
      {},
      once(
        ({ kind }) => kind === 'silence',
        (migration) => migration.cancel(),
      ),
    );
    expect(kinds(events).slice(-6)).toEqual([
      ...['stopped', 'device', 'silence', 'cancelling', 'resumed source', 'cancelled'],
    ]);
    expect(sides.at(-4)).toEqual({ source: 'switching-over', destination: 'incoming' });
    expect(end.whereabouts.source).toBe('running');
  });
});

describe('commands', () => {
  test('a limit that is raised counts from the next window and look on', async () => {
    const { events } = await drive(
      busy,
      {},
      atBoundary(3, (migration) =>
        migration.setDowntimeLimit({ pauseMs: 3050, fixedCostMs: 50, lineRateBytesPerSecond: undefined }),
      ),
    );
    const decidedMs = boundaries(events).at(-1)?.atMs ?? 0;
    const stoppedMs = events.find(({ kind }) => kind === 'stopped')?.atMs ?? 0;
    expect(stoppedMs - decidedMs).toBeGreaterThan(0);
    expect(stoppedMs - decidedMs).toBeLessThanOrEqual(100);
    expect(pauseMs(events)).toBeCloseTo(200 * WIRE * 10 + 50, -2);
  });

  test('the words for the journal are those of the QEMU driver', async () => {
    const said: string[] = [];
    const raise: Act = async (migration) => {
      const { did, set } = await migration.setDowntimeLimit({
        pauseMs: 3050,
        fixedCostMs: 50,
        lineRateBytesPerSecond: 90e6,
      });
      expect(set).toMatchObject({ downtimeLimitMs: 3000 });
      said.push(did);
    };
    await drive(busy, {}, atBoundary(2, raise));
    await drive({ ...busy, qemuVersion: V7_2 }, {}, atBoundary(2, raise));
    expect(said).toEqual([
      'migrate-set-parameters downtime-limit=3000 avail-switchover-bandwidth=90000000',
      'migrate-set-parameters downtime-limit=3000',
    ]);
  });

  test('suspending drains the pass at the capped rate, and the destination stays paused', async () => {
    const { events, end, migration, hypervisor } = await drive(
      busy,
      { bandwidthBytesPerSecond: 20 * MB },
      atBoundary(3, (running) => running.suspend()),
    );
    const stoppedMs = events.find(({ kind }) => kind === 'stopped')?.atMs ?? 0;
    // 194 MB to send, then what was dirtied in the 2 ms before the guest stopped, all at 20 MB/s but the last 6 MB.
    expect(end.atMs - stoppedMs).toBeGreaterThan(9700);
    expect(kinds(events)).not.toContain('resumed destination');
    expect(end.whereabouts).toEqual({ source: 'handed-over', destination: 'paused' });
    // QEMU counts only from its own completion.
    expect(end.reportedDowntimeMs).toBeLessThan(200);
    await migration.resume('destination');
    expect((await hypervisor.inspect('sim:vm@destination')).state).toBe('running');
  });

  test('a suspended guest that is cancelled stays paused on the source', async () => {
    const suspendThenCancel: Act = (migration, event, soFar) =>
      event.kind === 'stopped'
        ? migration.cancel()
        : atBoundary(2, () => migration.suspend())(migration, event, soFar);
    const { end } = await drive(busy, {}, suspendThenCancel);
    expect(end).toMatchObject({ result: 'cancelled', whereabouts: { source: 'paused' } });
  });

  test('post-copy: a short pause, then the rest at line rate while the guest runs there', async () => {
    const { events, end, sides } = await drive(
      busy,
      { postCopy: true, bandwidthBytesPerSecond: 50 * MB },
      atBoundary(3, (migration) => migration.startPostCopy()),
    );
    expect(kinds(events).slice(-4)).toEqual([
      ...['postcopy-active', 'stopped', 'resumed destination', 'completed'],
    ]);
    expect(pauseMs(events)).toBe(30);
    const resumedMs = events.at(-2)?.atMs ?? 0;
    expect(end.atMs - resumedMs).toBeCloseTo(200 * WIRE * 10, -2);
    expect(sides.at(-2)).toEqual({ source: 'handed-over', destination: 'running' });
  });

  test('post-copy needs the capability from the start', async () => {
    const asked = drive(
      busy,
      {},
      atBoundary(2, (migration) => migration.startPostCopy()),
    );
    await expect(asked).rejects.toThrow(/before the start of migration/);
  });

  test('neither post-copy nor a finished migration can be cancelled', async () => {
    const late: Act = (migration, event) =>
      event.kind === 'resumed'
        ? expect(migration.cancel()).rejects.toMatchObject({ name: 'TooLateError' })
        : undefined;
    await drive(guest, {}, late);
    const { end } = await drive(busy, { postCopy: true }, (migration, event, soFar) =>
      event.kind === 'resumed'
        ? late(migration, event, soFar)
        : atBoundary(2, () => migration.startPostCopy())(migration, event, soFar),
    );
    expect(end.result).toBe('completed');
  });

  test('post-copy on a link that breaks waits for a hand', async () => {
    const link = cutLink(100 * MB, 12_000);
    const { migration, events } = await drive(
      { ...busy, link, linkFailureMs: 5000 },
      { postCopy: true },
      (running, event, soFar) => {
        if (event.kind === 'tick' && event.atMs > 20_000) return running.detach();
        return atBoundary(5, () => running.startPostCopy())(running, event, soFar);
      },
    );
    expect(kinds(events)).toContain('postcopy-paused');
    expect((await migration.ended).result).toBe('detached');
  });
});

describe('auto-converge', () => {
  test('from 9.1 on a timer syncs in the middle of long passes, before that none does', async () => {
    const slow = { ...busy, link: constantLink(10 * MB), autoConverge: AUTO_CONVERGE_DEFAULTS };
    const stop = cancelAt(4);
    // The first pass ends at 49.75 s; the timer of 50 s sees that sync, the next one none.
    const timed = boundaries((await drive(slow, {}, stop)).events).map(({ atMs }) => atMs);
    const natural = boundaries((await drive({ ...slow, qemuVersion: V7_2 }, {}, stop)).events);
    expect(timed.slice(2)).toEqual([55_000, 60_000]);
    expect((natural[2]?.atMs ?? 0) - (natural[1]?.atMs ?? 0)).toBeGreaterThan(19_000);
  });

  test('a throttled guest dirties as much less as it is throttled', async () => {
    const { events } = await drive(
      {
        ...guest,
        ...{ autoConverge: { ...AUTO_CONVERGE_DEFAULTS, initialPercent: 75 }, tickMs: 250 },
        memory: cyclic({ workingSetBytes: 400 * MB, writeRateBytesPerSecond: 160 * MB }),
      },
      {},
      (migration, { atMs }) => (atMs > 60_000 ? migration.cancel() : undefined),
    );
    const throttles = new Set(
      events.flatMap((event) => (event.kind === 'tick' ? [event.throttlePercent] : [])),
    );
    expect([...throttles]).toEqual([0, 75]);
    // At 160 MB/s on a link of 100 MB/s it would never end; at 40 MB/s it shrinks by about 0.4 each pass.
    expect(events.at(-1)).toMatchObject({ kind: 'status', status: 'completed' });
  });
});

test('a paused guest arrives paused, in one pass', async () => {
  const { events, end, migration } = await drive({ ...busy, running: false });
  expect(migration.wasRunning).toBe(false);
  expect(boundaries(events)).toHaveLength(1);
  expect(kinds(events)).not.toContain('stopped');
  expect(end.whereabouts).toEqual({ source: 'handed-over', destination: 'paused' });
});

test('while one controller holds a migration no other can attach', async () => {
  const { hypervisor } = await drive(busy, {}, (migration, event) =>
    event.kind === 'boundary' ? migration.detach() : undefined,
  );
  const attach = () =>
    hypervisor.attach('sim:vm', {
      meant: undefined,
      destination: undefined,
      lineRateBytesPerSecond: undefined,
      brake: 'none',
    });
  const second = await attach();
  await expect(attach()).rejects.toMatchObject({ code: 'monitor-busy' });
  // Without the destination's address nothing is known of it.
  await second.setDowntimeLimit({ pauseMs: 3000, fixedCostMs: 50, lineRateBytesPerSecond: undefined });
  const seen: MigrationEvent[] = [];
  for await (const event of second.events) seen.push(event);
  expect(kinds(seen)).not.toContain('resumed destination');
  expect((await second.ended).whereabouts).toEqual({ source: 'handed-over', destination: 'unknown' });
});
