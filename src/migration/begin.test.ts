/** What a migration that begins puts back of what one before it left. */
import { describe, expect, test } from 'vitest';
import { type FormerSettings, RefusedError } from '../hypervisor/hypervisor.ts';
import type { StreamTls } from '../hypervisor/stream-tls.ts';
import { beginRun } from './begin.ts';
import { DECLINES } from './testing/declines.ts';
import { DESTINATION, OWING, RunBed, SOURCE, STAYED } from './testing/run-bed.ts';
import { ScriptedMigration } from './testing/scripted-migration.ts';

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

test('how far our word has to go is known before the start, unless the destination starts the guest by itself', async () => {
  const knownOf = async (destinationStartsItself: boolean, wordMs: number) => {
    using bed = new RunBed();
    bed.find(SOURCE, { state: 'running' });
    bed.find(DESTINATION, { state: 'incoming' });
    const check = bed.hypervisor.check.bind(bed.hypervisor);
    bed.hypervisor.check = async (...args) => ({ ...(await check(...args)), wordMs });
    const run = await beginRun({ ...bed.migrate(SOURCE, DESTINATION), destinationStartsItself }, bed.parts);
    bed.hypervisor.migration.end(STAYED);
    await run.outcome;
    const foreseen = (await bed.entriesOf(run.id)).find(({ type }) => type === 'foreseen');
    return foreseen?.type === 'foreseen' ? foreseen.known.wordMs : 'nothing foreseen';
  };
  expect(await knownOf(false, 100)).toBe(100);
  expect(await knownOf(false, 0.6)).toBeUndefined();
  expect(await knownOf(true, 100)).toBeUndefined();
});

test.each([
  ['as long as the guest may stand still: not begun', 200, 'abort', 'aborted'],
  ['shorter: begun', 199, 'abort', 'cancelled'],
  ['longer, and the user goes on over the limit: begun', 500, 'leave', 'cancelled'],
] as const)('our word takes %s', async (_, wordMs, overBudget, outcome) => {
  using bed = new RunBed();
  bed.find(SOURCE, { state: 'running' });
  bed.find(DESTINATION, { state: 'incoming' });
  const check = bed.hypervisor.check.bind(bed.hypervisor);
  bed.hypervisor.check = async (...args) => ({ ...(await check(...args)), wordMs });
  const wish = bed.migrate(SOURCE, DESTINATION);
  const run = await beginRun(
    { ...wish, limits: { ...wish.limits, maxDowntimeMs: 200, overBudget } },
    bed.parts,
  );
  bed.hypervisor.migration.end(STAYED);
  expect(await run.outcome).toMatchObject({ outcome, runsOn: 'source' });
});

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
    await bed.leave(OWING);
    bed.find(vm, { state: 'running' });
    bed.find(destination, { state: 'incoming' });
    expect(await inheritedBy(bed, vm, destination)).toEqual(expected);
  });

  test('and it is said what is not put back', async () => {
    using bed = new RunBed();
    const id = await bed.leave(OWING);
    bed.find(DESTINATION, { state: 'running' });
    await inheritedBy(bed, DESTINATION, ELSEWHERE);
    expect(bed.said.join('\n')).toContain(
      `warning: ${id} did not put back what it had set at ${SOURCE}, which is no end of this migration: {"a":1}`,
    );
  });
});

// Finding 5: the second journal hid the first one, and said nothing of what the first one owed.
describe('what was inherited is in the journal of the one who has to put it back', () => {
  test('so that it is not lost when that one goes too', async () => {
    using bed = new RunBed();
    await bed.leave(OWING);
    const second = await beginRun(bed.migrate(SOURCE, DESTINATION), bed.parts);
    await second.begun;
    await second.detach();
    await second.outcome;
    bed.hypervisor.migration = new ScriptedMigration({ destinationWaits: true });
    expect(await inheritedBy(bed, SOURCE, DESTINATION)).toEqual([
      { side: 'source', parameters: { a: 1, 'downtime-limit': 300 }, capabilities: {} },
      former('destination', 2),
    ]);
  });

  test('from its first line on: its controller may be killed right after it', async () => {
    using bed = new RunBed();
    await bed.leave(OWING);
    const { store } = bed.parts;
    const open = store.open.bind(store);
    store.open = async (opening, show) => {
      await (await open(opening, show)).close();
      throw new Error('killed');
    };
    await expect(beginRun(bed.migrate(), bed.parts)).rejects.toThrow('killed');
    store.open = open;
    expect(await inheritedBy(bed, SOURCE, DESTINATION)).toHaveLength(2);
  });

  test('also when its policy declines before anything is touched', async () => {
    using bed = new RunBed();
    await bed.leave(OWING);
    const declined = await beginRun({ ...bed.migrate(SOURCE, DESTINATION), kind: DECLINES }, bed.parts);
    expect(await declined.outcome).toMatchObject({ outcome: 'aborted' });
    expect(await inheritedBy(bed, SOURCE, DESTINATION)).toEqual([former('source', 1)]);
  });

  test('and a refusal leaves it to the journal that was there before', async () => {
    using bed = new RunBed();
    await bed.leave(OWING);
    bed.hypervisor.onStart = async () => {
      throw new RefusedError('lacks-feature', 'no');
    };
    const refused = await beginRun(bed.migrate(SOURCE, DESTINATION), bed.parts);
    await expect(refused.outcome).rejects.toThrow(RefusedError);
    expect(await inheritedBy(bed, SOURCE, DESTINATION)).toHaveLength(2);
  });
});

test('what a migration that has ended could not put back is left to the next one', async () => {
  using bed = new RunBed();
  const first = await beginRun(bed.migrate(SOURCE, DESTINATION), bed.parts);
  bed.hypervisor.migration.restored = [{ side: 'source', problem: 'the source does not answer' }];
  bed.hypervisor.migration.end(STAYED);
  expect(await first.outcome).toMatchObject({ runsOn: 'source' });
  bed.hypervisor.migration = new ScriptedMigration({ destinationWaits: true });
  expect(await inheritedBy(bed, SOURCE, ELSEWHERE)).toEqual([
    { side: 'source', parameters: { 'downtime-limit': 300 }, capabilities: {} },
  ]);
});

describe('how the memory goes', () => {
  const tls: StreamTls = {
    credentials: { kind: 'named', id: 'tls0' },
    hostname: undefined,
    authorization: undefined,
  };

  test('is asked for in the check and in the start, and kept in the journal', async () => {
    using bed = new RunBed();
    bed.hypervisor.report = { encrypted: true };
    let started: unknown;
    bed.hypervisor.onStart = async (options) => {
      started = options.tls;
    };
    const run = await beginRun({ ...bed.migrate(), tls }, bed.parts);
    bed.hypervisor.migration.end(STAYED);
    await run.outcome;
    expect(started).toEqual(tls);
    expect((await bed.entriesOf(run.id))[0]).toMatchObject({ type: 'opened', encrypted: true });
  });

  test('is warned of in the journal, where it is in the clear', async () => {
    using bed = new RunBed();
    bed.hypervisor.report = { encrypted: false, warnings: ['in the clear'] };
    const run = await beginRun(bed.migrate(), bed.parts);
    bed.hypervisor.migration.end(STAYED);
    await run.outcome;
    expect(await bed.entriesOf(run.id)).toContainEqual(
      expect.objectContaining({ type: 'warning', message: 'in the clear' }),
    );
  });

  test('what was made for it and could not be taken away is left to the next one', async () => {
    using bed = new RunBed();
    await bed.leave([
      {
        type: 'before',
        side: 'destination',
        settings: { parameters: {}, capabilities: {}, made: ['switchover-tls-1'] },
      },
    ]);
    expect(await inheritedBy(bed, SOURCE, DESTINATION)).toEqual([
      { side: 'destination', parameters: {}, capabilities: {}, made: ['switchover-tls-1'] },
    ]);
    expect(await inheritedBy(bed, SOURCE, ELSEWHERE)).toEqual([]);
  });
});
