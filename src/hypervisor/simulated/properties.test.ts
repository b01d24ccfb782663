/** What holds for every guest, link and sequence of commands. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AUTO_CONVERGE_DEFAULTS } from './auto-converge.ts';
import { constantLink, steppedLink } from './link.ts';
import { cyclic } from './memory/cyclic.ts';
import { hotCold } from './memory/hot-cold.ts';
import { noisy } from './memory/noisy.ts';
import { phases } from './memory/phases.ts';
import { uniform } from './memory/uniform.ts';
import { type Act, drive, pauseMs } from './testing/drive.ts';

const MB = 1e6;
const FIXED_COST_MS = 50;
const WIRE = 4104 / 4096;

const figures = fc.record({
  workingSetBytes: fc.double({ min: 0, max: 600 * MB, noNaN: true }),
  writeRateBytesPerSecond: fc.double({ min: 0, max: 3000 * MB, noNaN: true }),
});
const memory = fc.oneof(
  figures.map(cyclic),
  figures.map(uniform),
  figures.map((writes) => hotCold({ ...writes, hotPagesShare: 0.1, hotWritesShare: 0.9 })),
  fc.tuple(figures, fc.integer()).map(([writes, seed]) => noisy(uniform(writes), { seed, spread: 0.3 })),
  figures.map((writes) =>
    phases(cyclic(writes), [
      { durationMs: 3000, speed: 1 },
      { durationMs: 5000, speed: 0.02 },
    ]),
  ),
);
const rate = fc.double({ min: 5 * MB, max: 2000 * MB, noNaN: true });
const scenario = fc.record({
  memoryBytes: fc.constant(1000 * MB),
  zeroPagesShare: fc.double({ min: 0, max: 0.4, noNaN: true }),
  memory,
  qemuVersion: fc.constantFrom(
    { major: 7, minor: 2, micro: 22 },
    { major: 10, minor: 0, micro: 2 },
    { major: 10, minor: 2, micro: 0 },
  ),
  autoConverge: fc.constantFrom(undefined, AUTO_CONVERGE_DEFAULTS),
  tickMs: fc.constantFrom(250, Infinity),
  startMs: fc.double({ min: 0, max: 1e5, noNaN: true }),
});
const changingLink = fc
  .array(fc.tuple(fc.integer({ min: 10, max: 9000 }), fc.oneof(rate, fc.constant(0))), { maxLength: 6 })
  .chain((later) => {
    let fromMs = 0;
    const steps = later.map(([afterMs, bytesPerSecond]) => {
      fromMs += afterMs;
      return { fromMs, bytesPerSecond };
    });
    return rate.map((bytesPerSecond) => steppedLink([{ fromMs: 0, bytesPerSecond }, ...steps]));
  });
const options = fc.record({
  downtimeLimitMs: fc.integer({ min: 1, max: 4000 }),
  bandwidthBytesPerSecond: fc.option(rate, { nil: undefined }),
  postCopy: fc.constant(true),
});
const command = fc.oneof(
  fc.record({ name: fc.constant('limit' as const), pauseMs: fc.integer({ min: 1, max: 9000 }) }),
  fc.record({ name: fc.constantFrom('suspend' as const, 'post-copy' as const, 'cancel' as const) }),
);
const commands = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), command), { maxLength: 4 });
type Commands = Parameters<Parameters<typeof commands.map>[0]>[0];

/** Carries commands out at the events with their numbers, and ends what would never end. */
function carryingOut(given: Commands): Act {
  return async (migration, _, soFar) => {
    if (soFar.length >= 300) {
      await migration.cancel().catch(() => migration.detach());
      return;
    }
    for (const [index, each] of given) {
      if (index !== soFar.length - 1) continue;
      if (each.name === 'limit')
        await migration.setDowntimeLimit({
          pauseMs: each.pauseMs,
          fixedCostMs: 50,
          lineRateBytesPerSecond: undefined,
        });
      else if (each.name === 'suspend') await migration.suspend();
      else if (each.name === 'post-copy') await migration.startPostCopy();
      else await migration.cancel().catch(() => {});
    }
  };
}

test('counters only rise, what is left is no more than there is, and one side holds the guest at the end', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, changingLink, options, commands, async (guest, link, chosen, given) => {
      const { events, end } = await drive({ ...guest, link }, chosen, carryingOut(given));
      let [atMs, pass, sentBytes] = [0, 0, 0];
      for (const event of events) {
        expect(event.atMs).toBeGreaterThanOrEqual(atMs);
        atMs = event.atMs;
        if (event.kind !== 'boundary' && event.kind !== 'tick') continue;
        if (event.kind === 'boundary') expect(event.pass).toBeGreaterThan(pass);
        else expect(event.pass).toBeGreaterThanOrEqual(pass);
        expect(event.sentBytes).toBeGreaterThanOrEqual(sentBytes);
        expect(event.remainingBytes).toBeGreaterThanOrEqual(0);
        expect(event.remainingBytes).toBeLessThanOrEqual(event.totalBytes);
        [pass, sentBytes] = [event.pass, event.sentBytes];
      }

      if (end.result === 'detached') return;
      const { source, destination } = end.whereabouts;
      const suspended = given.some(([, { name }]) => name === 'suspend');
      const held = [source, destination].filter((side) => side === 'running' || side === 'paused');
      expect(held).toHaveLength(1);
      if (!suspended) expect(held).toEqual(['running']);
      expect(end.sentBytes).toBeGreaterThanOrEqual(sentBytes);
      // Nothing is left behind: every page that is not zero has gone over at least once.
      if (end.result === 'completed')
        expect(end.sentBytes).toBeGreaterThan(guest.memoryBytes * (1 - guest.zeroPagesShare) * WIRE - 1);
    }),
  );
});

test('the pause is never longer than the limit times measured over true line rate, and the fixed cost', async () => {
  const limits = fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 9000 })), {
    maxLength: 3,
  });
  await fc.assert(
    fc.asyncProperty(scenario, rate, options, limits, async (guest, lineRate, chosen, given) => {
      const raised: Commands = given.map(([index, pauseMs]) => [index, { name: 'limit', pauseMs }]);
      const driven = await drive({ ...guest, link: constantLink(lineRate) }, chosen, carryingOut(raised));
      const paused = pauseMs(driven.events);
      if (paused === undefined) return;
      const longestMs = Math.max(chosen.downtimeLimitMs, ...given.map(([, limitMs]) => limitMs));
      const measured = Math.min(lineRate, chosen.bandwidthBytesPerSecond ?? Infinity);
      expect(paused).toBeLessThanOrEqual(longestMs * WIRE * (measured / lineRate) + FIXED_COST_MS + 1e-3);
    }),
  );
});

test('the same scenario tells the same story', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, changingLink, options, commands, async (guest, link, chosen, given) => {
      const [first, second] = [
        await drive({ ...guest, link }, chosen, carryingOut(given)),
        await drive({ ...guest, link }, chosen, carryingOut(given)),
      ];
      expect(second.events).toEqual(first.events);
      expect(second.end).toEqual(first.end);
    }),
    { numRuns: 30 },
  );
});

test('ticks only look: they change nothing', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, rate, options, async (guest, lineRate, chosen) => {
      const told = async (tickMs: number) => {
        const stop: Act = (migration, { atMs }) => (atMs > 30_000 ? migration.detach() : undefined);
        const input = { ...guest, tickMs, link: constantLink(lineRate) };
        const { events } = await drive(input, chosen, stop);
        return events
          .filter(({ kind, atMs }) => kind !== 'tick' && kind !== 'silence' && atMs <= 30_000)
          .map((event) => ({
            ...event,
            atMs: Math.round(event.atMs * 1e3),
            sentBytes: 0,
            remainingBytes: 0,
          }));
      };
      expect(await told(333)).toEqual(await told(Infinity));
    }),
    { numRuns: 50 },
  );
});
