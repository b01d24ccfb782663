/** Whose address it is that a run takes over, the source's and not the destination's, and what it inherits. */
import { describe, expect, test } from 'vitest';
import { type AttachOptions, type GuestFacts, RefusedError } from '../hypervisor/hypervisor.ts';
import { migrationMark } from '../hypervisor/migration-mark.ts';
import type { Happening } from '../journal/journal-entry.ts';
import { OUTCOME } from '../journal/testing/happenings.ts';
import { takeOverRun } from './take-over.ts';
import { DESTINATION, RunBed, SOURCE, STAYED } from './testing/run-bed.ts';
import { ScriptedMigration } from './testing/scripted-migration.ts';

const before = (side: 'source' | 'destination', value: number): Happening => ({
  type: 'before',
  side,
  settings: { parameters: { a: value }, capabilities: {} },
});
const BOTH = [before('source', 1), before('destination', 2)];

/** Finding 1: the destination was taken for the source, and told `cont`. */
test.each<Partial<GuestFacts>>([
  { state: 'paused' },
  { state: 'running' },
  { state: 'incoming', migrating: true, mark: migrationMark(0) },
])(
  'the destination of what was left is refused with the command to type, and not touched: %o',
  async (facts) => {
    using bed = new RunBed();
    const id = await bed.leave(BOTH);
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

test('a migration from there on is another one: taken over, with what is its own to be put back', async () => {
  using bed = new RunBed();
  const id = await bed.leave(BOTH);
  bed.find(DESTINATION, { state: 'running', migrating: true, mark: migrationMark(1000) });
  bed.find(SOURCE, { state: 'handed-over' });
  let inherited: AttachOptions['inherited'];
  bed.hypervisor.onAttach = async (options) => {
    inherited = options.inherited;
  };
  const run = await takeOverRun(bed.takeOver(DESTINATION), bed.parts);
  bed.hypervisor.migration.end(STAYED);
  await run.outcome;
  expect(run.id).not.toBe(id);
  expect(inherited).toMatchObject({
    began: false,
    destinationWaits: false,
    former: [{ side: 'source', parameters: { a: 2 } }],
  });
});

test('a source that is written otherwise goes on in its own journal', async () => {
  using bed = new RunBed();
  const id = await bed.leave(BOTH);
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

describe('with a migration that somebody else began', () => {
  const attached = async (bed: RunBed) => {
    bed.find(SOURCE, { state: 'running', migrating: true, mark: migrationMark(1000) });
    let inherited: AttachOptions['inherited'];
    bed.hypervisor.onAttach = async (options) => {
      inherited = options.inherited;
    };
    const run = await takeOverRun(bed.takeOver(SOURCE, DESTINATION), bed.parts);
    await run.begun;
    await run.detach();
    await run.outcome;
    bed.hypervisor.migration = new ScriptedMigration();
    return { run, inherited };
  };
  const OWED = [
    { side: 'source', parameters: { a: 1 }, capabilities: {} },
    { side: 'destination', parameters: { a: 2 }, capabilities: {} },
  ];

  test('what was inherited is in the new journal, and not lost when its controller goes too', async () => {
    using bed = new RunBed();
    const left = await bed.leave(BOTH);
    const first = await attached(bed);
    expect(first.run.id).not.toBe(left);
    expect(first.inherited?.former).toEqual(OWED);
    const second = await attached(bed);
    expect(second.run.id).not.toBe(first.run.id);
    expect(second.inherited?.former).toEqual(OWED);
  });

  test('what one that has ended could not put back is inherited, and nothing else of it', async () => {
    using bed = new RunBed();
    const mark = migrationMark(1000);
    const ended = await bed.leave([
      ...BOTH,
      { type: 'effect', did: 'migrates', set: { mark } },
      { type: 'restored', side: 'source', problem: 'it does not answer' },
      { type: 'restored', side: 'destination', problem: 'it has ended' },
      { type: 'ended', outcome: { ...OUTCOME, outcome: 'failed', runsOn: 'source' } },
    ]);
    const { run, inherited } = await attached(bed);
    expect(run.id).not.toBe(ended);
    expect(inherited).toMatchObject({ began: false, destinationWaits: false, former: [OWED[0]] });
  });

  test('one that has ended is not settled for what it owes', async () => {
    using bed = new RunBed();
    await bed.leave([
      ...BOTH,
      { type: 'restored', side: 'source', problem: 'it does not answer' },
      { type: 'ended', outcome: { ...OUTCOME, outcome: 'failed', runsOn: 'source' } },
    ]);
    bed.find(SOURCE, { state: 'paused' });
    await expect(takeOverRun(bed.takeOver(SOURCE), bed.parts)).rejects.toMatchObject({
      code: 'not-migrating',
    });
  });
});

test('a refusal leaves the journal that was gone on with as it was', async () => {
  using bed = new RunBed();
  const mark = migrationMark(1000);
  const id = await bed.leave([...BOTH, { type: 'effect', did: 'migrates', set: { mark } }]);
  bed.find(SOURCE, { state: 'running', migrating: true, mark });
  bed.hypervisor.onAttach = async () => {
    throw new RefusedError('different-vm', 'that is another VM');
  };
  const run = await takeOverRun(bed.takeOver(SOURCE, 'qmp:/run/other.sock'), bed.parts);
  await expect(run.outcome).rejects.toMatchObject({ code: 'different-vm' });
  expect((await bed.parts.store.read(id)).entries).toHaveLength(4);
});
