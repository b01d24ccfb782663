/** S1 under any few faults at once: what nobody thought of by name. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NotBegunError, RefusedError, type Side } from '../../hypervisor/hypervisor.ts';
import { QmpError } from '../../hypervisor/qemu/qmp/errors.ts';
import { anyFaults } from '../testing/any-faults.ts';
import { type Begin, type PolicyName, SimulatedRun } from '../testing/simulated-run.ts';

const life = fc.record({
  begin: fc.constantFrom<Begin>('waiting', 'starts-itself', 'attached', 'attached-alone'),
  policy: fc.constantFrom<PolicyName>('stock', 'mp', 'forecast'),
  behindTunnel: fc.constantFrom<readonly Side[]>([], ['source'], ['destination'], ['source', 'destination']),
  faults: anyFaults,
});
const cancelAtMs = fc.option(fc.integer({ min: 1, max: 3000 }), { nil: undefined });

test('at most one side runs, what is said of it is true, and an end comes', {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(life, cancelAtMs, async (input, atMs) => {
      const run = new SimulatedRun(input);
      const { truth } = run.pair;
      if (atMs !== undefined)
        run.clock.after(atMs, () => void run.supervisor?.cancel('cancelled by the test'));
      const outcome = await run.run().catch((error: unknown) => {
        // The starter of somebody else's migration meets the faults, too.
        const early = input.begin.startsWith('attached') && error instanceof QmpError;
        if (early || error instanceof RefusedError || error instanceof NotBegunError) return undefined;
        throw error;
      });
      expect(truth.misdeeds).toEqual([]);
      expect(truth.overlapsByCommand).toEqual([]);
      if (input.begin === 'waiting') expect(truth.overlaps).toEqual([]);
      if (outcome === undefined) return;
      const { runsOn } = outcome;
      if (runsOn === 'unknown') expect(outcome.reason).toContain('an operator is needed: ');
      else if (run.pair[runsOn as Side].alive) expect(truth.runningSides).toEqual([runsOn]);
    }),
    // The same ones in every run: what is red for one is red for all.
    { numRuns: 400, seed: 20_261_127 },
  );
});

test('a source that dies while its migration is being set up is not told to begin, and its end is told', async () => {
  const faults = [
    { on: { command: 'query-status', side: 'destination' }, nth: 2, do: 'killed', to: 'source' },
  ] as const;
  const run = new SimulatedRun({ begin: 'waiting', policy: 'stock', behindTunnel: [], faults });
  await expect(run.run()).rejects.toMatchObject({ name: 'NotBegunError', sourceEnded: true });
  expect(run.pair.truth.runningSides).toEqual([]);
});
