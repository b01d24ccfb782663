/** Whose address it is that a run takes over: the source's, and not the destination's. */
import { expect, test } from 'vitest';
import type { GuestFacts } from '../hypervisor/hypervisor.ts';
import { migrationMark } from '../hypervisor/migration-mark.ts';
import { takeOverRun } from './take-over.ts';
import { DESTINATION, OWING, RunBed, SOURCE } from './testing/run-bed.ts';

/** Finding 1: the destination was taken for the source, and told `cont`. */
test.each<Partial<GuestFacts>>([
  { state: 'paused' },
  { state: 'running' },
  { state: 'incoming', migrating: true, mark: migrationMark(0) },
])(
  'the destination of what was left is refused with the command to type, and not touched: %o',
  async (facts) => {
    using bed = new RunBed();
    const id = await bed.leave(OWING);
    bed.find(SOURCE, { state: 'paused' });
    bed.find(DESTINATION, facts);
    const refused = {
      code: 'bad-address',
      message: `${DESTINATION} is the destination of the migration ${id}, which switchover left unfinished, and not its source: type \`switchover attach ${SOURCE} --to ${DESTINATION}\``,
    };
    await expect(takeOverRun(bed.takeOver(DESTINATION), bed.parts)).rejects.toMatchObject(refused);
    const respelled = bed.takeOver('qmp:/run/../run/vm1-dest.sock', SOURCE);
    bed.find(respelled.vm, facts);
    await expect(takeOverRun(respelled, bed.parts)).rejects.toMatchObject({ code: 'bad-address' });
    expect(bed.hypervisor.calls).toEqual([]);
  },
);

test('so it is in post-copy, where it runs the guest and says that a migration is under way', async () => {
  using bed = new RunBed();
  await bed.leave([{ type: 'state', from: 'copying', to: 'post-copy' }]);
  bed.find(DESTINATION, { state: 'running', migrating: true, mark: migrationMark(0) });
  bed.find(SOURCE, { state: 'paused', migrating: true, mark: migrationMark(1000) });
  const over = () => takeOverRun(bed.takeOver(DESTINATION), bed.parts);
  await expect(over()).rejects.toMatchObject({ code: 'bad-address' });
  bed.hypervisor.guests.delete(SOURCE);
  await expect(over()).rejects.toMatchObject({ code: 'bad-address' });
});

test('a source that is written otherwise goes on in its own journal', async () => {
  using bed = new RunBed();
  const id = await bed.leave(OWING);
  bed.find(DESTINATION, { state: 'paused' });
  const vm = 'qmp:/another/way/to/vm1.sock';
  bed.find(vm, { state: 'handed-over' });
  const run = await takeOverRun(bed.takeOver(vm), bed.parts);
  expect(await run.outcome).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
  expect(run.id).toBe(id);
  expect(bed.hypervisor.calls).toContain(`settle ${DESTINATION}, run`);
});

test('one address for both ends is refused', async () => {
  using bed = new RunBed();
  await bed.leave();
  bed.find(SOURCE, { state: 'paused' });
  await expect(takeOverRun(bed.takeOver(SOURCE, SOURCE), bed.parts)).rejects.toThrow(
    `${SOURCE} is given for both ends`,
  );
  expect(bed.hypervisor.calls).toEqual([]);
});
