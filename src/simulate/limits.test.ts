/** No policy can make the supervisor break a limit, whatever the guest and the link do. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AUTO_CONVERGE_DEFAULTS } from '../hypervisor/simulated/auto-converge.ts';
import { steppedLink } from '../hypervisor/simulated/link.ts';
import { cyclic } from '../hypervisor/simulated/memory/cyclic.ts';
import { hotCold } from '../hypervisor/simulated/memory/hot-cold.ts';
import { noisy } from '../hypervisor/simulated/memory/noisy.ts';
import { phases } from '../hypervisor/simulated/memory/phases.ts';
import { recorded } from '../hypervisor/simulated/memory/recorded.ts';
import { uniform } from '../hypervisor/simulated/memory/uniform.ts';
import type { ScenarioInput } from '../hypervisor/simulated/scenario.ts';
import type { Happening } from '../journal/journal-entry.ts';
import { TAKING_BACK_MS } from '../model/taking-back.ts';
import { DEFAULT_LIMITS, type Limits, type PolicyKind } from '../policy/policy.ts';
import { SIMULATED_POLICIES } from '../policy/simulated-policies.ts';
import { hostsFor, migrateOn } from './run-one.ts';

const MB = 1e6;
const TICK_MS = 250;
/** While the guest stands still the drivers look this often. */
const STOPPED_TICK_MS = 50;
/** From a decision to its effect, and from there to the `cont` that may be needed: of the simulator. */
const REACTIONS_MS = 3 * 2;

const figures = fc.record({
  workingSetBytes: fc.double({ min: 1 * MB, max: 600 * MB, noNaN: true }),
  writeRateBytesPerSecond: fc.double({ min: 0, max: 3000 * MB, noNaN: true }),
});
const steady = fc.oneof(
  figures.map(cyclic),
  figures.map(uniform),
  figures.map((writes) => hotCold({ ...writes, hotPagesShare: 0.1, hotWritesShare: 0.9 })),
  fc
    .array(fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 0, max: 100 * MB })), {
      minLength: 1,
      maxLength: 5,
    })
    .map((steps) => {
      let [afterMs, dirtiedBytes] = [0, 0];
      return recorded(
        steps.map(([ms, bytes]) => {
          afterMs += ms;
          dirtiedBytes += bytes;
          return { afterMs, dirtiedBytes };
        }),
      );
    }),
);
const memory = fc.tuple(steady, fc.option(fc.integer()), fc.boolean()).map(([model, seed, calms]) => {
  const wavering = seed === null ? model : noisy(model, { seed, spread: 0.4 });
  const steps = [
    { durationMs: 3000, speed: 1 },
    { durationMs: 4000, speed: 0.02 },
  ];
  return calms ? phases(wavering, steps) : wavering;
});
const rate = fc.double({ min: 5 * MB, max: 2000 * MB, noNaN: true });
const link = fc
  .tuple(
    rate,
    fc.array(fc.tuple(fc.integer({ min: 10, max: 9000 }), fc.oneof(rate, fc.constant(0))), { maxLength: 6 }),
  )
  .map(([bytesPerSecond, later]) => {
    let fromMs = 0;
    const steps = later.map(([afterMs, then]) => {
      fromMs += afterMs;
      return { fromMs, bytesPerSecond: then };
    });
    return steppedLink([{ fromMs: 0, bytesPerSecond }, ...steps]);
  });
const guest = fc.record({
  ...{ memoryBytes: fc.constant(1000 * MB), memory, link, tickMs: fc.constant(TICK_MS) },
  zeroPagesShare: fc.double({ min: 0, max: 0.4, noNaN: true }),
  qemuVersion: fc.constantFrom({ major: 7, minor: 2, micro: 22 }, { major: 10, minor: 0, micro: 2 }),
  autoConverge: fc.constantFrom(undefined, AUTO_CONVERGE_DEFAULTS),
  startMs: fc.double({ min: 0, max: 7000, noNaN: true }),
}) satisfies fc.Arbitrary<ScenarioInput>;
const limits: fc.Arbitrary<Limits> = fc
  .record({
    downtimeMs: fc.integer({ min: 1, max: 600 }),
    maxDowntimeMs: fc.integer({ min: 100, max: 5000 }),
    timeoutMs: fc.integer({ min: 1, max: 60_000 }),
    bandwidthBytesPerSecond: fc.option(rate, { nil: undefined }),
    // Whatever the user believes of the link, right or wrong.
    lineRateBytesPerSecond: fc.option(rate, { nil: undefined }),
    overBudget: fc.constantFrom('abort' as const, 'post-copy' as const, 'brake' as const),
  })
  .map((given) => ({
    ...DEFAULT_LIMITS,
    ...given,
    downtimeMs: Math.min(given.downtimeMs, given.maxDowntimeMs),
  }));

function limitsSet(happening: Happening): number[] {
  const limit = happening.type === 'effect' ? /downtime-limit=(\d+)/.exec(happening.did)?.[1] : undefined;
  return limit === undefined ? [] : [Number(limit)];
}

/** Without what the systems of the peers switch on: as `migrate` starts them. */
const asInProduction = fc.boolean();

describe.each(Object.keys(SIMULATED_POLICIES))('%s', (name) => {
  test('keeps within the limits, and exactly one side runs the guest at the end', async () => {
    await fc.assert(
      fc.asyncProperty(guest, limits, asInProduction, async (scenario, allowed, bare) => {
        const built = SIMULATED_POLICIES[name]?.build({});
        if (!built) throw new Error(`no policy ${name}`);
        const { startsWith: _, ...started } = built;
        const chosen: PolicyKind = bare ? started : built;
        const hosts = hostsFor(scenario, chosen, allowed);
        const journal: (Happening & { readonly atMs: number })[] = [];
        const write = (atMs: number, happening: Happening) => journal.push({ atMs, ...happening });
        const outcome = await migrateOn(hosts, chosen, allowed, { write });

        const postCopy = journal.some((entry) => entry.type === 'state' && entry.to === 'post-copy');
        if (allowed.overBudget !== 'post-copy' && !chosen.startsWith?.postCopyCapable)
          expect(postCopy).toBe(false);

        // Before 8.2 a cap is converted into QEMU's arithmetic, and the limit is then no pause.
        if (scenario.qemuVersion.major >= 10 || allowed.bandwidthBytesPerSecond === undefined)
          for (const limitMs of journal.flatMap(limitsSet))
            expect(limitMs).toBeLessThanOrEqual(allowed.maxDowntimeMs);

        // A pause is stopped by the clock where the link does not keep what it promised when the pause began: at
        // the next look after --max-downtime, and as long again as taking it back would cost where it is nearly there.
        const longestMs = allowed.maxDowntimeMs + TAKING_BACK_MS + STOPPED_TICK_MS + REACTIONS_MS;
        const stoppedAtMs = journal.findLast(
          (entry) => entry.type === 'guest' && entry.event === 'stopped',
        )?.atMs;
        if (outcome.pauseMs !== null) expect(outcome.pauseMs).toBeLessThanOrEqual(longestMs);

        // Half of the guest here and half there: nobody can end that early.
        if (postCopy) {
          expect(outcome.outcome).not.toBe('aborted');
          if (outcome.runsOn === 'unknown') return;
        } else {
          const timeUpMs = (allowed.timeoutMs ?? 0) + TICK_MS + REACTIONS_MS;
          expect(stoppedAtMs ?? outcome.totalMs).toBeLessThanOrEqual(timeUpMs);
          expect(outcome.totalMs).toBeLessThanOrEqual(Math.max(timeUpMs, (stoppedAtMs ?? 0) + longestMs));
        }

        const sides = await hosts.locate('sim:guest', 'sim:guest@destination');
        const running = Object.entries(sides).filter(([, state]) => state === 'running');
        expect(running.map(([side]) => side)).toEqual([outcome.runsOn]);
        expect(outcome.outcome === 'completed').toBe(outcome.runsOn === 'destination');
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});
