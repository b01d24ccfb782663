/**
 * Letting go (a second Ctrl-C, SIGTERM, SIGHUP) at every instant of a migration, with and without a cancel before it:
 * the guest is not lost for it, and whoever attaches afterwards leads it to one running side.
 * And a controller that was frozen (S7): no healthy migration ends for it, and no pause is claimed that was not seen.
 */
import { describe, expect, test } from 'vitest';
import { type Begin, type PolicyName, SimulatedRun } from '../testing/simulated-run.ts';

const BEGINS: readonly Begin[] = ['waiting', 'starts-itself', 'attached', 'attached-alone'];
const POLICIES: readonly PolicyName[] = ['stock', 'mp', 'forecast'];
const INSTANTS_MS = Array.from({ length: 24 }, (_, k) => 50 + k * 101);

describe.each(BEGINS)('letting go, %s', (begin) => {
  test.each([false, true])('after a cancel: %s', { timeout: 60_000 }, async (afterCancel) => {
    const problems: string[] = [];
    for (const policy of POLICIES)
      for (const atMs of INSTANTS_MS) {
        const run = new SimulatedRun({ begin, policy });
        const { clock, pair } = run;
        clock.after(atMs, () => {
          if (afterCancel) void run.supervisor?.cancel('cancelled by the test');
          void run.supervisor?.detach();
        });
        const outcome = await run.run();
        const told = `${policy} at ${atMs} ms (${outcome.outcome}: ${outcome.reason})`;
        await clock.pass(10_000);
        if (pair.truth.runningSides.length === 0 && begin !== 'waiting')
          problems.push(`nobody runs: ${told}`);
        if (outcome.outcome === 'detached') {
          if (policy === 'stock' || pair.truth.runningSides.length === 0) await run.takeOver();
        } else if (outcome.runsOn !== pair.truth.runningSides.join()) problems.push(`a false word: ${told}`);
        if (pair.truth.runningSides.length !== 1)
          problems.push(`${pair.truth.runningSides.length} sides run: ${told}`);
        if (pair.truth.overlaps.length > 0) problems.push(`two sides ran: ${told}`);
        problems.push(...pair.truth.misdeeds);
      }
    expect(problems).toEqual([]);
  });
});

describe.each(BEGINS)('a controller that was frozen, %s', (begin) => {
  test.each([300, 20_000])(
    'for %d ms ends no healthy migration, and claims no pause that it did not see',
    {
      timeout: 60_000,
    },
    async (frozenMs) => {
      const problems: string[] = [];
      for (const policy of POLICIES)
        for (const atMs of INSTANTS_MS) {
          const run = new SimulatedRun({ begin, policy });
          const { clock, pair } = run;
          const done = run.toTheEnd();
          done.catch(() => {});
          await clock.pass(atMs);
          run.controller.freeze();
          await clock.pass(frozenMs);
          run.controller.thaw();
          const outcome = await clock.until(done);
          const told = `${policy} at ${atMs} ms (${outcome.outcome}: ${outcome.reason}, ${outcome.pauseMs})`;
          if (outcome.outcome !== 'completed') problems.push(`ended: ${told}`);
          if (pair.truth.runningSides.join() !== outcome.runsOn) problems.push(`a false word: ${told}`);
          const [first, second] = pair.truth.history;
          const trueMs = (second?.fromMs ?? 0) - (first?.untilMs ?? 0);
          if (outcome.pauseMs !== null && Math.abs(outcome.pauseMs - trueMs) > 120)
            problems.push(`a pause of ${trueMs} ms that was claimed otherwise: ${told}`);
        }
      expect(problems).toEqual([]);
    },
  );
});
