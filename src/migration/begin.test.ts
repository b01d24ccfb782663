/** What a migration that begins puts back of what one before it left. */
import { describe, expect, test } from 'vitest';
import type { FormerSettings } from '../hypervisor/hypervisor.ts';
import type { Happening } from '../journal/journal-entry.ts';
import { beginRun } from './begin.ts';
import { DESTINATION, RunBed, SOURCE, STAYED } from './testing/run-bed.ts';

const before = (side: 'source' | 'destination', value: number): Happening => ({
  type: 'before',
  side,
  settings: { parameters: { a: value }, capabilities: {} },
});
const BOTH = [before('source', 1), before('destination', 2)];
const former = (side: 'source' | 'destination', value: number): FormerSettings => ({
  side,
  parameters: { a: value },
  capabilities: {},
});

/** @returns what a migration between these two is handed */
async function inheritedBy(bed: RunBed, vm: string, destination: string): Promise<unknown> {
  let inherited: unknown;
  bed.hypervisor.onStart = async (options) => {
    inherited = options.former;
  };
  const run = await beginRun(bed.migrate(vm, destination), bed.parts);
  bed.hypervisor.migration.end(STAYED);
  await run.outcome;
  return inherited;
}

const ELSEWHERE = 'qmp:/run/vm1-third.sock';

// Finding 1: `migrate` from the new host put the old host's former values into other QEMUs.
describe('former settings go where they were found', () => {
  test.each([
    ['both ends again', SOURCE, DESTINATION, [former('source', 1), former('destination', 2)]],
    ['another destination', SOURCE, ELSEWHERE, [former('source', 1)]],
    [
      'a source written otherwise',
      'qmp:/way/vm1.sock',
      DESTINATION,
      [former('source', 1), former('destination', 2)],
    ],
    ['on from the destination', DESTINATION, ELSEWHERE, [former('source', 2)]],
    ['back from the destination', DESTINATION, SOURCE, [former('destination', 1), former('source', 2)]],
  ])('%s', async (_, vm, destination, expected) => {
    using bed = new RunBed();
    await bed.leave(BOTH);
    bed.find(vm, { state: 'running' });
    bed.find(destination, { state: 'incoming' });
    expect(await inheritedBy(bed, vm, destination)).toEqual(expected);
  });

  test('and it is said what is not put back', async () => {
    using bed = new RunBed();
    const id = await bed.leave(BOTH);
    bed.find(DESTINATION, { state: 'running' });
    await inheritedBy(bed, DESTINATION, ELSEWHERE);
    expect(bed.said.join('\n')).toContain(
      `warning: ${id} did not put back what it had set at ${SOURCE}, which is no end of this migration: {"a":1}`,
    );
  });
});
