/**
 * What the lab measured on real guests (QEMU 10.0.2, 512 MiB, 128 MiB rewritten in a loop, 480 Mbit/s),
 * asked of the simulator through the same supervisor and policies: within 5 % unless a line says otherwise. One table, hence a
 * little over 300 lines.
 */
import { describe, expect, test } from 'vitest';
import type { Happening } from '../../journal/journal-entry.ts';
import { Supervisor } from '../../migration/supervisor.ts';
import type { Boundary } from '../../model/observation.ts';
import { mp } from '../../policy/mp.ts';
import { DEFAULT_LIMITS, type Decision, type Limits, type PolicyKind } from '../../policy/policy.ts';
import { relaxed, stock } from '../../policy/stock.ts';
import { AUTO_CONVERGE_DEFAULTS } from './auto-converge.ts';
import { constantLink, cutLink } from './link.ts';
import { cyclic } from './memory/cyclic.ts';
import type { ScenarioInput } from './scenario.ts';
import { SimulatedHypervisor, simulatedDestination } from './simulated-hypervisor.ts';
import { type Act, drive, OPTIONS, pauseMs } from './testing/drive.ts';
import { LAB_LINE_RATE, LAB_LOOP } from './testing/lab-loop.ts';

const MB = 1e6;
const MIB = 2 ** 20;

async function supervise(
  kind: PolicyKind,
  given: Partial<Limits> = {},
  changed: Partial<ScenarioInput> = {},
) {
  const hypervisor = new SimulatedHypervisor({ loop: { ...LAB_LOOP, ...changed } });
  const limits = { ...DEFAULT_LIMITS, ...given };
  const migration = await hypervisor.start('sim:loop', simulatedDestination('loop'), {
    ...{
      meant: undefined,
      force: false,
      postCopy: limits.overBudget === 'post-copy',
      brake: limits.overBudget === 'brake' ? 'any' : 'none',
    },
    downtimeLimitMs: kind.begin(limits).initialDowntimeLimitMs,
    bandwidthBytesPerSecond: limits.bandwidthBytesPerSecond,
    lineRateBytesPerSecond: limits.lineRateBytesPerSecond,
  });
  const journal: (Happening & { atMs: number })[] = [];
  const outcome = await new Supervisor(migration, kind, limits, {
    write: (atMs, happening) => journal.push({ atMs, ...happening }),
  }).run();
  const boundaries = journal.flatMap((entry): Boundary[] =>
    entry.type === 'boundary' ? [entry.boundary] : [],
  );
  const throttle = journal.flatMap((entry) => (entry.type === 'tick' ? [entry.tick.throttlePercent] : []));
  return { outcome, journal, boundaries, throttle };
}

/** Decides once, at MIGRATION_PASS 3. */
function atPass3(decision: Decision): PolicyKind {
  return {
    ...{ name: 'at pass 3', summary: '' },
    begin: () => ({
      initialDowntimeLimitMs: 300,
      observe: ({ kind, pass }) =>
        kind === 'boundary' && pass === 3 ? decision : { action: 'continue', reason: '' },
    }),
  };
}

/** Within 5 % of the lab's range. */
function expectAbout(value: number | null, least: number, most: number): void {
  expect(value).toBeGreaterThan(least * 0.95);
  expect(value).toBeLessThan(most * 1.05);
}

describe('the lab’s table', () => {
  test('stock: never, 133 MB at every boundary, passes of 2.0-2.3 s', async () => {
    const { outcome, boundaries } = await supervise(stock, { timeoutMs: 120_000 });
    expect(outcome).toMatchObject({ outcome: 'aborted', runsOn: 'source' });
    const [, first, ...later] = boundaries;
    expectAbout(first?.atMs ?? null, 3500, 3700);
    expectAbout(first?.sentBytes ?? null, 209 * MB, 222 * MB);
    expect(later.length).toBeGreaterThan(50);
    let before = first;
    for (const boundary of later) {
      expectAbout(boundary.atMs - (before?.atMs ?? 0), 2000, 2300);
      expectAbout(boundary.remainingBytes, 133 * MB, 133 * MB);
      before = boundary;
    }
    expectAbout(later.findLast(({ atMs }) => atMs <= 25_000)?.sentBytes ?? null, 1.4e9, 1.4e9);
  });

  test('limit raised at pass 3', async () => {
    const raised: Decision = {
      action: 'set-downtime-limit',
      downtimeLimitMs: 5000,
      lineRateBytesPerSecond: undefined,
      fixedCostMs: 50,
      reason: '',
    };
    const { outcome } = await supervise(atPass3(raised));
    expectAbout(outcome.totalMs, 8100, 8400);
    expectAbout(outcome.pauseMs, 2300, 2500);
    expectAbout(outcome.sentBytes, 465 * MB, 485 * MB);
  });

  test('MP does the same by itself', async () => {
    const { outcome } = await supervise(mp());
    expect(outcome).toMatchObject({ outcome: 'completed', memoryIntensive: true });
    expectAbout(outcome.totalMs, 8100, 8400);
    expectAbout(outcome.pauseMs, 2300, 2500);
  });

  test('a limit of 2,400 ms from the start', async () => {
    const { outcome } = await supervise(relaxed, { maxDowntimeMs: 2400 });
    expectAbout(outcome.totalMs, 6000, 6200);
    expectAbout(outcome.sentBytes, 347 * MB, 359 * MB);
    expectAbout(outcome.pauseMs, 2380, 2380);
  });

  test('stop at pass 3: the destination stays paused until it is resumed', async () => {
    const suspend: Decision = { action: 'suspend', reason: '' };
    const { outcome, journal } = await supervise(atPass3(suspend));
    expect(outcome).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
    expect(journal).toContainEqual(expect.objectContaining({ did: 'cont on the destination' }));
    expectAbout(outcome.totalMs, 8400, 8400);
    expectAbout(outcome.sentBytes, 488 * MB, 488 * MB);
    expect(outcome.pauseMs).toBeGreaterThan(2400);
    expect(outcome.reportedDowntimeMs).toBeLessThan(400);
  });

  test('post-copy at pass 3', async () => {
    const postCopy: Decision = { action: 'post-copy', reason: '' };
    const { outcome } = await supervise(atPass3(postCopy), { overBudget: 'post-copy' });
    // 5.2 % below the lab's 8.6 s: there pages that the guest waits for jump the queue.
    expect(outcome.totalMs).toBeGreaterThan(8100);
    expect(outcome.totalMs).toBeLessThan(8600);
    expect(outcome.pauseMs).toBeLessThanOrEqual(50);
  });
});

describe('auto-converge', () => {
  /** Also at 1 % of its speed it dirties more than the link carries. */
  const relentless = cyclic({ workingSetBytes: 128 * MIB, writeRateBytesPerSecond: 8e9 });

  test('from 99 % on: a brown-out of 3 s, then a pause below 0.35 s', async () => {
    const autoConverge = { ...AUTO_CONVERGE_DEFAULTS, initialPercent: 99 };
    const { outcome } = await supervise(stock, {}, { autoConverge });
    expectAbout(outcome.totalMs, 8900, 10_000);
    expectAbout(outcome.sentBytes, 485 * MB, 485 * MB);
    expect(outcome.pauseMs).toBeLessThan(350);
  });

  test('by default it takes 19 syncs to get there, five times as long', async () => {
    // The lab's guest had not ended after 70 s. By QEMU's rules as read 99 % comes at sync 19, and from there this
    // guest needs no longer than the one that began with 99 %.
    const { outcome, boundaries, throttle } = await supervise(
      stock,
      {},
      { autoConverge: AUTO_CONVERGE_DEFAULTS },
    );
    expect([...new Set(throttle)]).toEqual([0, 20, 30, 40, 50, 60, 70, 80, 90, 99]);
    expect(boundaries.find(({ pass }) => pass === 19)?.atMs).toBeGreaterThan(38_000);
    expect(outcome.totalMs).toBeGreaterThan(40_000);
  });

  test('a guest that outruns the link at 1 % of its speed does not end, whatever the ramp', async () => {
    for (const initialPercent of [20, 99]) {
      const autoConverge = { ...AUTO_CONVERGE_DEFAULTS, initialPercent };
      const { outcome, throttle } = await supervise(
        ...([stock, { timeoutMs: 70_000 }, { autoConverge, memory: relentless }] as const),
      );
      expect(outcome.outcome).toBe('aborted');
      expect(throttle.at(-1)).toBe(99);
    }
  });
});

describe('a choice of actions 0.27 s after MIGRATION_PASS 3 (320 MiB in a loop, capped at 64 MiB/s, no link)', () => {
  const guest: ScenarioInput = {
    memoryBytes: 512 * MIB,
    zeroPagesShare: 0.2,
    memory: cyclic({ workingSetBytes: 320 * MIB, writeRateBytesPerSecond: 1.5e9 }),
    link: constantLink(1.6e9),
    qemuVersion: { major: 7, minor: 2, micro: 22 },
    switchoverFixedCostMs: 5,
    tickMs: 250,
  };

  async function acting(act: Act) {
    const boundariesSeen: number[] = [];
    const driven = await drive(guest, { bandwidthBytesPerSecond: 64 * MIB }, (migration, event, soFar) => {
      if (event.kind === 'boundary') boundariesSeen.push(event.atMs);
      const due = (boundariesSeen[2] ?? Infinity) + 240;
      const first = soFar.find(({ kind, atMs }) => kind === 'tick' && atMs >= due);
      return first === event ? act(migration, event, soFar) : undefined;
    });
    const stoppedMs = driven.events.find(({ kind }) => kind === 'stopped')?.atMs ?? 0;
    const before = driven.events.findLast(
      (event) => (event.kind === 'tick' || event.kind === 'boundary') && event.atMs <= stoppedMs,
    );
    const sentBefore = before && 'sentBytes' in before ? before.sentBytes : 0;
    return { ...driven, stoppedMs, sentStopped: (driven.end.sentBytes ?? 0) - sentBefore };
  }

  test('downtime-limit=2000000: 0.209 s, 321 MiB', async () => {
    const { events, sentStopped } = await acting((migration) =>
      migration.setDowntimeLimit({ pauseMs: 2_000_050, fixedCostMs: 50, lineRateBytesPerSecond: undefined }),
    );
    expectAbout(pauseMs(events) ?? null, 209, 209);
    expectAbout(sentStopped, 321 * MIB, 336 * MIB);
  });

  test('stop: 9.35 s, 609 MiB, at the capped rate', async () => {
    const { end, stoppedMs, sentStopped } = await acting((migration) => migration.suspend());
    expectAbout(end.atMs - stoppedMs, 9350, 9350);
    expectAbout(sentStopped, 609 * MIB, 609 * MIB);
    expect(end.reportedDowntimeMs).toBeLessThan(25);
  });

  test('stop, then downtime-limit=2000000 at once: 0.31 s, 321 MiB', async () => {
    const { end, stoppedMs, sentStopped } = await acting(async (migration) => {
      await migration.suspend();
      await migration.setDowntimeLimit({
        pauseMs: 2_000_050,
        fixedCostMs: 50,
        lineRateBytesPerSecond: undefined,
      });
    });
    expect(end.atMs - stoppedMs).toBeGreaterThan(210);
    expect(end.atMs - stoppedMs).toBeLessThan(330);
    expectAbout(sentStopped, 321 * MIB, 330 * MIB);
  });
});

describe('the supervisor on it, unchanged', () => {
  test('an effect lands 2 ms after the boundary that caused it and is noted before the next event', async () => {
    const raised: Decision = {
      action: 'switchover',
      acceptedPauseMs: 3000,
      lineRateBytesPerSecond: undefined,
      fixedCostMs: 50,
      reason: '',
    };
    const { journal } = await supervise(atPass3(raised), {}, { tickMs: Infinity });
    const decided = journal.findIndex((entry) => entry.type === 'decision' && entry.pass === 3);
    expect(journal.slice(decided, decided + 4).map(({ type }) => type)).toEqual([
      ...['decision', 'state', 'effect', 'guest'],
    ]);
    const stoppedMs = journal[decided + 3]?.atMs ?? 0;
    expect(stoppedMs - (journal[decided]?.atMs ?? 0)).toBeLessThanOrEqual(100);
  });

  test('a cut link is a stall: given up after the stall timeout, the guest stays', async () => {
    for (const tickMs of [250, Infinity]) {
      const { outcome } = await supervise(stock, {}, { link: cutLink(LAB_LINE_RATE, 2000), tickMs });
      expect(outcome).toMatchObject({ outcome: 'failed', runsOn: 'source' });
      expect(outcome.totalMs).toBeGreaterThanOrEqual(17_000);
      expect(outcome.totalMs).toBeLessThan(18_100);
    }
  });

  test('a link cut in the stop-and-copy: the guest is back at the source after --max-downtime', async () => {
    const { outcome } = await supervise(
      mp(),
      { maxDowntimeMs: 4000 },
      { link: cutLink(LAB_LINE_RATE, 7000) },
    );
    expect(outcome).toMatchObject({ outcome: 'aborted', runsOn: 'source' });
    expect(outcome.pauseMs).toBeGreaterThanOrEqual(4000);
    expect(outcome.pauseMs).toBeLessThan(4100);
  });

  test('over budget: aborted with the pause that would have been needed', async () => {
    const { outcome } = await supervise(mp(), { maxDowntimeMs: 1000 });
    expect(outcome).toMatchObject({ outcome: 'aborted', runsOn: 'source' });
    expectAbout(outcome.neededPauseMs, 2380, 2410);
  });

  test('a migration of ten passes costs a millisecond of the processor or so', async () => {
    const late: PolicyKind = {
      ...{ name: 'at pass 10', summary: '' },
      begin: () => ({
        initialDowntimeLimitMs: 300,
        observe: ({ kind, pass }) =>
          kind === 'boundary' && pass === 10
            ? {
                action: 'switchover',
                acceptedPauseMs: 5000,
                lineRateBytesPerSecond: undefined,
                fixedCostMs: 50,
                reason: '',
              }
            : { action: 'continue', reason: '' },
      }),
    };
    const before = process.cpuUsage();
    for (let k = 0; k < 500; k += 1) {
      const { outcome } = await supervise(late, {}, { tickMs: Infinity });
      expect(outcome.outcome).toBe('completed');
    }
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000 / 500).toBeLessThan(5);
  });
});

test('the dirty rate is what page sampling finds, in whole MiB a second', async () => {
  const hypervisor = new SimulatedHypervisor({ loop: LAB_LOOP });
  expect(await hypervisor.probeDirtyRate('sim:loop', 1000)).toEqual({
    durationMs: 1000,
    dirtyRateBytesPerSecond: 128 * MIB,
  });
  await hypervisor.start('sim:loop', simulatedDestination('loop'), OPTIONS);
  await expect(hypervisor.probeDirtyRate('sim:loop', 1000)).rejects.toMatchObject({
    code: 'already-migrating',
  });
});
