/** Which journal a run that takes over goes on in, what it takes from it, and what it leaves alone. */
import { rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AttachOptions, RefusedError } from '../hypervisor/hypervisor.ts';
import { migrationMark } from '../hypervisor/migration-mark.ts';
import type { Happening } from '../journal/journal-entry.ts';
import { JournalError } from '../journal/journal-error.ts';
import { BOUNDARY, OUTCOME } from '../journal/testing/happenings.ts';
import { DEFAULT_LIMITS, type Limits, type PolicyKind } from '../policy/policy.ts';
import { takeOverRun } from './take-over.ts';
import { ARRIVED, DESTINATION, OWING, RunBed, SOURCE, STAYED } from './testing/run-bed.ts';
import { ScriptedMigration } from './testing/scripted-migration.ts';

let bed: RunBed;
beforeEach(() => {
  bed = new RunBed();
});
afterEach(() => bed[Symbol.dispose]());

describe('a run that takes over', () => {
  test('goes on in the journal of a killed one, with its destination and what it knew', async () => {
    const mark = migrationMark(1000);
    const id = await bed.leaveMigrating(mark);
    bed.hypervisor.guests.set(SOURCE, { ...bed.guest, migrating: true, mark });
    let inherited: unknown;
    bed.hypervisor.onAttach = async (options) => {
      inherited = options.inherited;
    };
    const run = await takeOverRun(bed.takeOver(), bed.parts);
    bed.hypervisor.migration.end(ARRIVED);
    expect((await run.outcome).outcome).toBe('completed');
    expect(run.id).toBe(id);
    expect(inherited).toMatchObject({ began: true, destinationWaits: true });
    expect(bed.hypervisor.calls).toEqual([`attach ${SOURCE} ${DESTINATION}`]);
    expect((await bed.entriesOf(id)).filter(({ type }) => type === 'ended')).toHaveLength(1);
  });

  test('settles one that came to its end between the look at it and our listening', async () => {
    const mark = migrationMark(1000);
    const id = await bed.leaveMigrating(mark);
    bed.hypervisor.guests.set(SOURCE, { ...bed.guest, migrating: true, mark });
    bed.hypervisor.onAttach = async () => {
      bed.find(SOURCE, { state: 'handed-over', migrating: false });
      bed.find(DESTINATION, { state: 'paused' });
      throw new RefusedError('not-migrating', 'no migration is under way');
    };
    const run = await takeOverRun(bed.takeOver(), bed.parts);
    expect(await run.outcome).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
    expect(run.id).toBe(id);
    expect(bed.hypervisor.calls).toContain(`settle ${DESTINATION}, run`);
  });

  test('touches no other VM that is at the address by then', async () => {
    const mark = migrationMark(1000);
    await bed.leaveMigrating(mark);
    bed.hypervisor.guests.set(SOURCE, { ...bed.guest, migrating: true, mark });
    let meant: AttachOptions['meant'];
    bed.hypervisor.onAttach = async (options) => {
      ({ meant } = options);
      bed.find(SOURCE, { uuid: 'another', state: 'running', migrating: false });
      throw new RefusedError('not-migrating', 'no migration is under way');
    };
    const run = await takeOverRun(bed.takeOver(), bed.parts);
    await expect(run.outcome).rejects.toMatchObject({ code: 'different-vm' });
    expect(meant).toMatchObject({ uuid: bed.guest.uuid });
    expect(bed.hypervisor.calls.filter((call) => call.startsWith('settle'))).toEqual([]);
  });

  test('waits for what a killed one had told to begin, and for nothing of which more was seen', async () => {
    const mark = migrationMark(0);
    const id = await bed.leaveMigrating(mark);
    const waited: string[] = [];
    bed.hypervisor.onceBegun = async (vm, of) => {
      waited.push(of);
      bed.hypervisor.guests.set(vm, { ...bed.guest, migrating: true, mark });
      return await bed.hypervisor.inspect(vm);
    };
    const run = await takeOverRun(bed.takeOver(), bed.parts);
    bed.hypervisor.migration.end(ARRIVED);
    expect(await run.outcome).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
    expect([run.id, waited]).toEqual([id, [mark]]);

    const seen = await bed.leaveMigrating(mark);
    const journal = await bed.parts.store.reopen(seen);
    journal.append(1, BOUNDARY);
    await journal.close();
    bed.hypervisor.guests.set(SOURCE, { ...bed.guest, migrating: false });
    await (await takeOverRun(bed.takeOver(), bed.parts)).outcome;
    expect(waited).toEqual([mark]);
  });

  test('keeps the cap that was set under way, and goes by what was seen under it alone', async () => {
    const mark = migrationMark(1000);
    const limits = { ...DEFAULT_LIMITS, bandwidthBytesPerSecond: 20e6 };
    const at = (atMs: number): Happening => ({
      type: 'boundary',
      boundary: { ...BOUNDARY.boundary, atMs, pass: atMs / 100, remainingBytes: 1e6 },
    });
    const id = await bed.leave([
      { type: 'effect', did: 'migrates', set: { mark } },
      at(100),
      { type: 'limits', limits, reason: 'ops' },
      at(300),
    ]);
    bed.hypervisor.guests.set(SOURCE, { ...bed.guest, migrating: true, mark });
    const seen: number[] = [];
    let begunUnder: Limits | undefined;
    const kind: PolicyKind = {
      name: 'looks on',
      summary: '',
      begin: (given) => {
        begunUnder = given;
        return {
          initialDowntimeLimitMs: 300,
          observe: ({ atMs }) => {
            seen.push(atMs);
            return { action: 'continue', reason: '' };
          },
        };
      },
    };
    const run = await takeOverRun({ ...bed.takeOver(), kind }, bed.parts);
    bed.hypervisor.migration.end(ARRIVED);
    await run.outcome;
    expect(seen).toEqual([300]);
    expect(begunUnder?.bandwidthBytesPerSecond).toBe(20e6);
    expect((await bed.entriesOf(id)).filter(({ type }) => type === 'limits')).toHaveLength(1);
  });

  test('reckons with the guest as it is in what a switchover costs, and writes that down', async () => {
    const guest = {
      ...bed.guest,
      memoryBytes: 2 ** 40,
      vcpus: 200,
      migrating: true,
      mark: migrationMark(1000),
    };
    bed.hypervisor.guests.set(SOURCE, guest);
    const run = await takeOverRun(bed.takeOver(), bed.parts);
    bed.hypervisor.migration.end(ARRIVED);
    await run.outcome;
    expect((await bed.entriesOf(run.id)).find(({ type }) => type === 'foreseen')).toMatchObject({
      known: { memoryBytes: 2 ** 40, vcpus: 200, switchovers: [] },
    });
  });

  test('takes nothing from a journal of another migration, but what is still to be put back', async () => {
    await bed.leaveMigrating(migrationMark(60 * 60_000));
    bed.hypervisor.guests.set(SOURCE, { ...bed.guest, migrating: true, mark: migrationMark(1000) });
    let inherited: unknown;
    bed.hypervisor.onAttach = async (options) => {
      inherited = options.inherited;
    };
    const run = await takeOverRun(bed.takeOver(), bed.parts);
    bed.hypervisor.migration.end(ARRIVED);
    await run.outcome;
    expect(inherited).toMatchObject({ began: false, destinationWaits: false, former: [{ side: 'source' }] });
    expect(bed.hypervisor.calls).toEqual([`attach ${SOURCE} without a destination`]);
  });

  test('leaves out a destination of the journal that is another VM', async () => {
    const mark = migrationMark(1000);
    await bed.leaveMigrating(mark);
    bed.hypervisor.guests.set(SOURCE, { ...bed.guest, migrating: true, mark });
    bed.hypervisor.onAttach = async ({ destination }) => {
      if (destination) throw new RefusedError('different-vm', 'that is another VM');
    };
    const run = await takeOverRun(bed.takeOver(), bed.parts);
    bed.hypervisor.migration.end(ARRIVED);
    await run.outcome;
    expect(bed.hypervisor.calls).toEqual([`attach ${SOURCE} without a destination`]);
    expect(bed.said.join()).toMatch(/is left out: that is another VM/);
  });

  test('refused after all, it leaves the journal of the killed one as it was', async () => {
    const mark = migrationMark(1000);
    const id = await bed.leaveMigrating(mark);
    bed.hypervisor.guests.set(SOURCE, { ...bed.guest, migrating: true, mark });
    bed.hypervisor.onAttach = async () => {
      throw new RefusedError('different-vm', 'that is another VM');
    };
    const run = await takeOverRun(bed.takeOver(SOURCE, 'qmp:/run/other.sock'), bed.parts);
    await expect(run.outcome).rejects.toMatchObject({ code: 'different-vm' });
    expect((await bed.entriesOf(id)).map(({ type }) => type)).toContain('before');
    expect(await bed.parts.store.unfinishedOf({ uuid: bed.guest.uuid ?? null, vm: SOURCE })).toMatchObject({
      id,
    });
  });

  test('a cancel of one that it could not take over has cancelled nothing', async () => {
    bed.hypervisor.guests.set(SOURCE, { ...bed.guest, migrating: true, mark: migrationMark(1000) });
    bed.hypervisor.onAttach = async () => {
      throw new RefusedError('unreachable', 'its destination hangs');
    };
    const run = await takeOverRun(bed.takeOver(SOURCE, DESTINATION), bed.parts);
    const [word] = await Promise.all([run.cancel('cancelled by the user'), run.outcome.catch(() => {})]);
    expect(word).toBe('failed');
  });

  test('but refuses one that the user states', async () => {
    bed.hypervisor.guests.set(SOURCE, { ...bed.guest, migrating: true, mark: migrationMark(1000) });
    bed.hypervisor.onAttach = async () => {
      throw new RefusedError('different-vm', 'that is another VM');
    };
    const run = await takeOverRun(bed.takeOver(SOURCE, 'qmp:/run/other.sock'), bed.parts);
    await expect(run.outcome).rejects.toMatchObject({ code: 'different-vm' });
    expect(await bed.parts.store.list()).toEqual([]);
  });

  test.each([
    [undefined, []],
    [true, ['cancel']],
  ])('ends what somebody else began only when told to (%s)', async (mayEndOthers, calls) => {
    bed.hypervisor.guests.set(SOURCE, { ...bed.guest, migrating: true, mark: migrationMark(1000) });
    const { migration } = bed.hypervisor;
    const impossible = {
      name: 'gives up',
      summary: '',
      begin: () => ({
        initialDowntimeLimitMs: 300,
        observe: () => ({ action: 'abort', reason: 'over', neededPauseMs: 9 }) as const,
      }),
    };
    migration.emit({
      kind: 'boundary',
      pass: 2,
      atMs: 100,
      sentBytes: 1,
      remainingBytes: 1,
      totalBytes: 9,
    });
    const run = await takeOverRun(
      { ...bed.takeOver(), kind: impossible, ...(mayEndOthers && { mayEndOthers }) },
      bed.parts,
    );
    await run.begun;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(migration.calls).toEqual(calls);
    migration.end(STAYED);
    await run.outcome;
  });

  test('touches nothing where no journal can be opened (review B7)', async () => {
    bed.hypervisor.guests.set(SOURCE, { ...bed.guest, migrating: true, mark: migrationMark(1000) });
    rmSync(bed.folder, { recursive: true });
    writeFileSync(bed.folder, '');
    await expect(takeOverRun(bed.takeOver(), bed.parts)).rejects.toThrow(JournalError);
    expect(bed.hypervisor.calls).toEqual([]);
  });

  test('refuses where nothing is under way and nothing was left', async () => {
    await expect(takeOverRun(bed.takeOver(), bed.parts)).rejects.toMatchObject({ code: 'not-migrating' });
  });
});

test('a migration from there on is another one: taken over, with what is its own to be put back', async () => {
  using bed = new RunBed();
  const id = await bed.leave(OWING);
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
    const left = await bed.leave(OWING);
    const first = await attached(bed);
    expect(first.run.id).not.toBe(left);
    expect(first.inherited?.former).toEqual(OWED);
    const second = await attached(bed);
    expect(second.run.id).not.toBe(first.run.id);
    expect(second.inherited?.former).toEqual(OWED);
  });

  test('a destination that was told to wait in a cancel may wait for whoever comes next, and is known to him', async () => {
    using bed = new RunBed();
    const effect = { type: 'effect', did: 'follows', set: { mark: migrationMark(1000) } } as const;
    await bed.leave([effect, { type: 'intent', intent: 'cancel', side: null }]);
    for (const destination of [undefined, undefined]) {
      bed.find(SOURCE, { state: 'running', migrating: true, mark: migrationMark(1000) });
      let options: AttachOptions | undefined;
      bed.hypervisor.onAttach = async (given) => {
        options = given;
      };
      bed.hypervisor.migration = new ScriptedMigration();
      const run = await takeOverRun(bed.takeOver(SOURCE, destination), bed.parts);
      await run.begun;
      await run.detach();
      await run.outcome;
      expect(options).toMatchObject({ destination: DESTINATION, inherited: { mayHaveFenced: true } });
    }
  });

  test('what one that has ended could not put back is inherited, and nothing else of it', async () => {
    using bed = new RunBed();
    const mark = migrationMark(1000);
    const ended = await bed.leave([
      ...OWING,
      { type: 'effect', did: 'migrates', set: { mark } },
      { type: 'restored', side: 'source', problem: 'it does not answer' },
      { type: 'restored', side: 'destination', problem: 'another VM answers' },
      { type: 'ended', outcome: { ...OUTCOME, outcome: 'failed', runsOn: 'source' } },
    ]);
    const { run, inherited } = await attached(bed);
    expect(run.id).not.toBe(ended);
    // The guest goes to that destination after all.
    expect(inherited).toMatchObject({ began: false, destinationWaits: false, former: OWED });
  });

  test('one that has ended is not settled for what it owes: that is put back, and its journal says so', async () => {
    using bed = new RunBed();
    const outcome = { ...OUTCOME, outcome: 'failed', runsOn: 'source' } as const;
    const id = await bed.leave([
      ...OWING,
      { type: 'restored', side: 'source', problem: 'it does not answer' },
      { type: 'ended', outcome },
    ]);
    bed.find(SOURCE, { state: 'paused' });
    const run = await takeOverRun(bed.takeOver(SOURCE), bed.parts);
    expect(await run.outcome).toMatchObject({
      outcome: 'failed',
      runsOn: 'source',
      reason: expect.stringContaining('put back now'),
    });
    expect(run.id).toBe(id);
    expect(bed.hypervisor.calls).toEqual([`settle ${SOURCE}, put back`]);
    expect(await bed.parts.store.owingOf({ uuid: bed.guest.uuid ?? null, vm: SOURCE })).toBeUndefined();
    await expect(takeOverRun(bed.takeOver(SOURCE), bed.parts)).rejects.toMatchObject({
      code: 'not-migrating',
    });
  });

  test('nor is it taken for its source at the address of its destination', async () => {
    using bed = new RunBed();
    await bed.leave([
      ...OWING,
      { type: 'restored', side: 'source', problem: 'it does not answer' },
      { type: 'ended', outcome: { ...OUTCOME, outcome: 'failed', runsOn: 'source' } },
    ]);
    bed.find(DESTINATION, { state: 'paused' });
    await expect(takeOverRun(bed.takeOver(DESTINATION), bed.parts)).rejects.toMatchObject({
      code: 'not-migrating',
    });
    expect(bed.hypervisor.calls).toEqual([]);
  });
});

describe('post-copy that stands still', () => {
  const again = { recover: { migrateUri: undefined, listenUri: undefined } };
  const stuck = async (migrateUri: string | null): Promise<string> => {
    const mark = migrationMark(1000);
    const id = await bed.leaveMigrating(mark, { migrateUri });
    bed.hypervisor.guests.set(SOURCE, { ...bed.guest, migrating: true, mark });
    return id;
  };

  test('goes on to where the journal says that it went, and is followed', async () => {
    const id = await stuck('tcp:10.77.0.2:4444');
    const run = await takeOverRun({ ...bed.takeOver(), ...again }, bed.parts);
    await run.begun;
    bed.hypervisor.migration.end(ARRIVED);
    expect(await run.outcome).toMatchObject({ outcome: 'completed' });
    expect(bed.hypervisor.migration.calls[0]).toBe('recover tcp:10.77.0.2:4444');
    const written = (await bed.entriesOf(id)).map((each) => ('intent' in each ? each.intent : each.type));
    expect(written).toContain('recover');
  });

  test('is let go of where that fails, and why is told', async () => {
    await stuck('tcp:10.77.0.2:4444');
    bed.hypervisor.migration.failures.recover = new Error('post-copy goes on by itself');
    const run = await takeOverRun({ ...bed.takeOver(), ...again }, bed.parts);
    expect(await run.outcome).toMatchObject({
      outcome: 'detached',
      runsOn: 'unknown',
      reason: expect.stringMatching(
        /post-copy was not recovered: post-copy goes on by itself; .*left as it is/,
      ),
    });
  });

  test.each([null, 'exec:cat'])('is refused where the journal says %s, and nobody else', async (uri) => {
    await stuck(uri);
    await expect(takeOverRun({ ...bed.takeOver(), ...again }, bed.parts)).rejects.toMatchObject({
      code: 'bad-migrate-uri',
    });
    expect(bed.hypervisor.migration.calls).toEqual([]);
  });

  test('is refused without a destination', async () => {
    bed.hypervisor.guests.set(SOURCE, { ...bed.guest, migrating: true, mark: migrationMark(1000) });
    const wish = { ...bed.takeOver(), recover: { migrateUri: 'tcp:a:1', listenUri: undefined } };
    await expect(takeOverRun(wish, bed.parts)).rejects.toThrow(/name the destination with --to/);
  });
});
