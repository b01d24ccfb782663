/**
 * The cells of the fault matrix that matter most, on real QEMU: what switchover says is held against both QEMUs and
 * both consoles. All sixty: `./dev bench faults`. How to read a failure: test/faults/run-cell.ts.
 */
import { afterAll, expect, test } from 'vitest';
import { cellsLike } from './faults/cell.ts';
import { FaultBed } from './faults/fault-bed.ts';

const bed = new FaultBed();
afterAll(async () => await bed[Symbol.asyncDispose]());

// In this order, so that the pair is booted anew only where its guest dies with the cell.
test.each([
  ['destination/lost/later-pass', 'an ssh -L that ends: both ran, before'],
  ['source/lost-2s/cancel', 'the command was carried out, and its answer lost'],
  ['source/lost/stopped', 'the source may not be believed dead'],
  ['destination/killed/completed', 'it had all of the guest, and the source has it still'],
])('%s: %s', async (name) => {
  for (const cell of cellsLike(name)) {
    const { problems, timeline } = await bed.run(cell);
    expect(problems, timeline).toEqual([]);
  }
});
