/** What every run does around the supervisor, on the real store and the real lease. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GuestFacts, MigrationEnd } from '../hypervisor/hypervisor.ts';
import { NotBegunError, RefusedError } from '../hypervisor/hypervisor.ts';
import { migrationMark } from '../hypervisor/migration-mark.ts';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { initiatorHere } from '../journal/initiator.ts';
import type { JournalEntry } from '../journal/journal-entry.ts';
import { JournalError } from '../journal/journal-error.ts';
import { DEFAULT_LIMITS } from '../policy/policy.ts';
import { stock } from '../policy/stock.ts';
import { type BeginWish, beginRun } from './begin.ts';
import type { Run, RunParts } from './run.ts';
import { takeOverRun } from './take-over.ts';
import { DECLINES } from './testing/declines.ts';
import { ScriptedHypervisor } from './testing/scripted-hypervisor.ts';
import { ScriptedMigration } from './testing/scripted-migration.ts';

const SOURCE = 'qmp:/run/vm1.sock';
const DESTINATION = 'qmp:/run/vm1-dest.sock';
const ARRIVED: Partial<MigrationEnd> & Pick<MigrationEnd, 'result' | 'whereabouts'> = {
  result: 'completed',
  whereabouts: { source: 'handed-over', destination: 'running' },
  destinationEverRan: true,
};
const STAYED = { result: 'cancelled', whereabouts: { source: 'running', destination: 'gone' } } as const;

let folder: string;
let hypervisor: ScriptedHypervisor;
let parts: RunParts;
let said: string[];
let guest: GuestFacts;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'switchover-run-'));
  hypervisor = new ScriptedHypervisor();
  // A lease is of one VM on this machine: each test has its own.
  guest = { ...hypervisor.migration.guest, vm: SOURCE, uuid: randomUUID() };
  hypervisor.guests.set(SOURCE, guest);
  hypervisor.guests.set(DESTINATION, { ...guest, vm: DESTINATION, state: 'incoming' });
  said = [];
  parts = {
    hypervisor,
    store: new FolderJournals(folder),
    initiator: initiatorHere(),
    say: (sentence) => said.push(sentence),
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function wish(more: Partial<BeginWish> = {}): BeginWish {
  return {
    vm: SOURCE,
    destination: { vm: DESTINATION, migrateUri: 'tcp:127.0.0.1:4444', listenUri: undefined },
    kind: stock,
    limits: DEFAULT_LIMITS,
    force: false,
    ...more,
  };
}

async function entriesOf(id: string): Promise<readonly JournalEntry[]> {
  return (await parts.store.read(id, 0, { samples: true })).entries;
}

/** A run that a controller began and did not see the end of: killed, so that its journal has none. */
async function leaveUnfinished(mark: string): Promise<string> {
  const journal = await parts.store.open({
    origin: 'migrate',
    switchoverVersion: '0',
    vm: SOURCE,
    vmUuid: guest.uuid ?? null,
    destination: DESTINATION,
    migrateUri: null,
    policy: 'stock',
    limits: DEFAULT_LIMITS,
    guest,
    initiator: parts.initiator,
    reason: null,
    correlationId: null,
    continues: null,
    mark: null,
    destinationWaits: true,
  });
  journal.append(0, { type: 'before', side: 'source', settings: { parameters: { a: 1 }, capabilities: {} } });
  journal.append(0, { type: 'effect', did: 'migrates', set: { mark } });
  await journal.close();
  return journal.id;
}

async function free(): Promise<void> {
  const again = await beginRun(wish(), parts);
  hypervisor.migration.end(STAYED);
  await again.outcome;
}

describe('a run that begins', () => {
  test('writes down what was before it is changed, and its mark before it begins', async () => {
    const run = await beginRun(wish({ reason: 'a drain', correlationId: 'T-1' }), parts);
    hypervisor.migration.end(ARRIVED);
    expect(await run.outcome).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
    const entries = await entriesOf(run.id);
    expect(entries[0]).toMatchObject({
      type: 'opened',
      vmUuid: guest.uuid,
      reason: 'a drain',
      correlationId: 'T-1',
      destinationWaits: true,
    });
    const order = entries.map((entry) =>
      entry.type === 'effect' ? `effect ${Object.keys(entry.set ?? {}).join()}` : entry.type,
    );
    expect(order.slice(0, 5)).toEqual(['opened', 'intent', 'before', 'effect mark', 'effect mark']);
    expect(order.at(-1)).toBe('ended');
    expect(hypervisor.migration.calls.at(-1)).toBe('detach');
  });

  test('holds the VM: another one is told who does, and may once it is over', async () => {
    const run = await beginRun(wish(), parts);
    await expect(beginRun(wish(), parts)).rejects.toMatchObject({ code: 'held' });
    hypervisor.migration.end(STAYED);
    await run.outcome;
    hypervisor.migration = new ScriptedMigration();
    await free();
  });

  test('that is refused leaves no journal, and the VM free', async () => {
    hypervisor.onStart = async () => {
      throw new RefusedError('lacks-feature', 'no');
    };
    const run = await beginRun(wish(), parts);
    await expect(run.outcome).rejects.toMatchObject({ code: 'lacks-feature' });
    expect(await parts.store.list()).toEqual([]);
    hypervisor.onStart = async () => {};
    await free();
  });

  test('whose hypervisor did not answer is no refusal: it failed, and its journal says so', async () => {
    hypervisor.onStart = async () => {
      throw new NotBegunError('it did not answer');
    };
    const run = await beginRun(wish(), parts);
    expect(await run.outcome).toMatchObject({ outcome: 'failed', runsOn: 'source' });
    expect((await entriesOf(run.id)).at(-1)).toMatchObject({ type: 'ended' });
  });

  test.each([
    [
      'a cancel',
      (run: Run): void => void run.cancel('cancelled by Ctrl-C'),
      /^not begun: cancelled by Ctrl-C/,
    ],
    ['a detach', (run: Run): void => void run.detach(), /^not begun: let go of/],
  ] as const)('is kept from beginning by %s that comes before', async (_, act, reason) => {
    let go = () => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const { onStart } = hypervisor;
    hypervisor.onStart = async (options) => {
      await held;
      await onStart(options);
    };
    const run = await beginRun(wish(), parts);
    act(run);
    go();
    expect(await run.outcome).toMatchObject({
      outcome: 'cancelled',
      runsOn: 'source',
      reason: expect.stringMatching(reason),
    });
    expect(hypervisor.calls).toEqual([]);
  });

  test('whose source dies while it is set up needs a hand: nobody runs the guest', async () => {
    hypervisor.onStart = async () => {
      throw new NotBegunError('the source has ended', { sourceEnded: true });
    };
    const run = await beginRun(wish(), parts);
    expect(await run.outcome).toMatchObject({
      outcome: 'failed',
      runsOn: 'unknown',
      reason: expect.stringMatching(/an operator is needed: .*start it anew/),
    });
  });

  test('tells a cancel what became of it', async () => {
    const run = await beginRun(wish(), parts);
    await run.begun;
    const cancelled = run.cancel('enough');
    hypervisor.migration.end(STAYED);
    expect(await cancelled).toBe('cancelled');
    expect((await run.outcome).outcome).toBe('cancelled');
  });

  test('hands out its entries, those to come as well', async () => {
    const run = await beginRun(wish(), parts);
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { type } of run.entries()) seen.push(type);
    })();
    hypervisor.migration.end(STAYED);
    await run.outcome;
    await reading;
    expect(seen[0]).toBe('opened');
    expect(seen.at(-1)).toBe('ended');
  });

  test('is refused with every finding, and what forbids nothing is said', async () => {
    hypervisor.report = {
      findings: [new RefusedError('different-memory', 'one'), new RefusedError('lacks-feature', 'two')],
    };
    await expect(beginRun(wish(), parts)).rejects.toThrow(/one\ntwo/);
    hypervisor.report = { notes: ['worth knowing'], maxSentBytes: 55e9 };
    const run = await beginRun(wish(), parts);
    hypervisor.migration.end(STAYED);
    await run.outcome;
    expect(said).toEqual(['note: worth knowing']);
    expect((await entriesOf(run.id))[0]).toMatchObject({ limits: { maxSentBytes: 55e9 } });
  });

  test('is not even begun where its policy knows from the start that it cannot be', async () => {
    const run = await beginRun(wish({ kind: DECLINES }), parts);
    expect(await run.outcome).toMatchObject({
      outcome: 'aborted',
      runsOn: 'source',
      neededPauseMs: 9000,
      reason: expect.stringMatching(/^not begun: too much/),
    });
    expect(hypervisor.calls).toEqual([]);
    expect((await entriesOf(run.id)).map(({ type }) => type)).toContain('foreseen');
  });

  test('marks the VM at its host where that is needed, and takes the mark away where the guest is then', async () => {
    const marks: string[] = [];
    hypervisor.claim = async () => ({
      rest: async () => void marks.push('rest'),
      release: async (side) => void marks.push(`release at the ${side}`),
    });
    const run = await beginRun(wish(), parts);
    hypervisor.migration.end(ARRIVED);
    await run.outcome;
    expect(marks).toEqual(['rest', 'release at the destination']);
  });

  test('leaves the mark at a migration that it lets go of, for libvirt changes none then', async () => {
    const marks: string[] = [];
    hypervisor.claim = async () => ({
      rest: async () => {},
      release: async (side) => void marks.push(side),
    });
    const run = await beginRun(wish(), parts);
    await run.begun;
    await run.detach('detached on SIGTERM');
    expect(await run.outcome).toMatchObject({ outcome: 'detached' });
    expect(marks).toEqual([]);
  });

  test('is refused where a controller on another machine drives the VM, which is free here afterwards', async () => {
    hypervisor.claim = async () => {
      throw new RefusedError('held', 'held by process 1 on host2');
    };
    await expect(beginRun(wish(), parts)).rejects.toThrow(/host2/);
    delete hypervisor.claim;
    await free();
  });

  test('changes nothing whose former value could not be written down', async () => {
    const open = parts.store.open.bind(parts.store);
    parts.store.open = async (opening, show) => {
      const journal = await open(opening, show);
      journal.flush = async () => false;
      return journal;
    };
    const run = await beginRun(wish(), parts);
    expect(await run.outcome).toMatchObject({
      outcome: 'failed',
      runsOn: 'source',
      reason: expect.stringMatching(/could not be written/),
    });
    expect(hypervisor.calls).toEqual([]);
  });

  test('lets the VM go also after an error that nobody expected', async () => {
    hypervisor.onStart = async () => {
      throw new TypeError('a mistake of ours');
    };
    const run = await beginRun(wish(), parts);
    await expect(run.outcome).rejects.toThrow(TypeError);
    expect(await run.cancel('too late to matter')).toBe('failed');
    hypervisor.onStart = async () => {};
    await free();
  });

  test('takes new limits while it runs', async () => {
    const run = await beginRun(wish(), parts);
    await run.begun;
    run.setLimits({ ...DEFAULT_LIMITS, timeoutMs: 50 });
    hypervisor.migration.emit({ kind: 'silence', atMs: 60 });
    await expect.poll(() => hypervisor.migration.calls).toEqual(['cancel']);
    hypervisor.migration.end(STAYED);
    expect(await run.outcome).toMatchObject({ outcome: 'aborted' });
  });

  test('puts back in the end what a killed one before it had left set', async () => {
    await leaveUnfinished('old');
    let former: unknown;
    hypervisor.onStart = async (options) => {
      former = options.former;
    };
    const run = await beginRun(wish(), parts);
    hypervisor.migration.end(STAYED);
    await run.outcome;
    expect(former).toEqual([{ side: 'source', parameters: { a: 1 }, capabilities: {} }]);
    expect(said.join()).toMatch(/did not put back/);
  });
});

test('what a killed one left set is handed on by each that goes on from it, and lost by none', async () => {
  await leaveUnfinished('old');
  const second = await beginRun(wish(), parts);
  await second.begun;
  await second.detach();
  await second.outcome;
  expect(await entriesOf(second.id)).toContainEqual(
    expect.objectContaining({
      type: 'before',
      side: 'source',
      settings: { parameters: { a: 1 }, capabilities: {} },
    }),
  );
  hypervisor.migration = new ScriptedMigration({ destinationWaits: true });
  let former: unknown;
  hypervisor.onStart = async (options) => {
    former = options.former;
  };
  const third = await beginRun(wish(), parts);
  hypervisor.migration.end(STAYED);
  await third.outcome;
  expect(former).toMatchObject([{ side: 'source', parameters: { a: 1 } }]);
});

describe('a run that takes over', () => {
  const over = { vm: SOURCE, destination: undefined, kind: stock, limits: DEFAULT_LIMITS };

  test('goes on in the journal of a killed one, with its destination and what it knew', async () => {
    const mark = migrationMark(1000);
    const id = await leaveUnfinished(mark);
    hypervisor.guests.set(SOURCE, { ...guest, migrating: true, mark });
    let inherited: unknown;
    hypervisor.onAttach = async (options) => {
      inherited = options.inherited;
    };
    const run = await takeOverRun(over, parts);
    hypervisor.migration.end(ARRIVED);
    expect((await run.outcome).outcome).toBe('completed');
    expect(run.id).toBe(id);
    expect(inherited).toMatchObject({ began: true, destinationWaits: true });
    expect(hypervisor.calls).toEqual([`attach ${SOURCE} ${DESTINATION}`]);
    expect((await entriesOf(id)).filter(({ type }) => type === 'ended')).toHaveLength(1);
  });

  test('takes nothing from a journal of another migration, but what is still to be put back', async () => {
    await leaveUnfinished(migrationMark(60 * 60_000));
    hypervisor.guests.set(SOURCE, { ...guest, migrating: true, mark: migrationMark(1000) });
    let inherited: unknown;
    hypervisor.onAttach = async (options) => {
      inherited = options.inherited;
    };
    const run = await takeOverRun(over, parts);
    hypervisor.migration.end(ARRIVED);
    await run.outcome;
    expect(inherited).toMatchObject({ began: false, destinationWaits: false, former: [{ side: 'source' }] });
    expect(hypervisor.calls).toEqual([`attach ${SOURCE} without a destination`]);
  });

  test('leaves out a destination of the journal that is another VM', async () => {
    const mark = migrationMark(1000);
    await leaveUnfinished(mark);
    hypervisor.guests.set(SOURCE, { ...guest, migrating: true, mark });
    hypervisor.onAttach = async ({ destination }) => {
      if (destination) throw new RefusedError('different-vm', 'that is another VM');
    };
    const run = await takeOverRun(over, parts);
    hypervisor.migration.end(ARRIVED);
    await run.outcome;
    expect(hypervisor.calls).toEqual([`attach ${SOURCE} without a destination`]);
    expect(said.join()).toMatch(/is left out: that is another VM/);
  });

  test('refused after all, it leaves the journal of the killed one as it was', async () => {
    const mark = migrationMark(1000);
    const id = await leaveUnfinished(mark);
    hypervisor.guests.set(SOURCE, { ...guest, migrating: true, mark });
    hypervisor.onAttach = async () => {
      throw new RefusedError('different-vm', 'that is another VM');
    };
    const run = await takeOverRun({ ...over, destination: 'qmp:/run/other.sock' }, parts);
    await expect(run.outcome).rejects.toMatchObject({ code: 'different-vm' });
    expect((await entriesOf(id)).map(({ type }) => type)).toContain('before');
    expect(await parts.store.unfinishedOf({ uuid: guest.uuid ?? null, vm: SOURCE })).toMatchObject({ id });
  });

  test('but refuses one that the user states', async () => {
    hypervisor.guests.set(SOURCE, { ...guest, migrating: true, mark: migrationMark(1000) });
    hypervisor.onAttach = async () => {
      throw new RefusedError('different-vm', 'that is another VM');
    };
    const run = await takeOverRun({ ...over, destination: 'qmp:/run/other.sock' }, parts);
    await expect(run.outcome).rejects.toMatchObject({ code: 'different-vm' });
    expect(await parts.store.list()).toEqual([]);
  });

  test.each([
    [undefined, []],
    [true, ['cancel']],
  ])('ends what somebody else began only when told to (%s)', async (mayEndOthers, calls) => {
    hypervisor.guests.set(SOURCE, { ...guest, migrating: true, mark: migrationMark(1000) });
    const { migration } = hypervisor;
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
      { ...over, kind: impossible, ...(mayEndOthers && { mayEndOthers }) },
      parts,
    );
    await run.begun;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(migration.calls).toEqual(calls);
    migration.end(STAYED);
    await run.outcome;
  });

  test('touches nothing where no journal can be opened (review B7)', async () => {
    hypervisor.guests.set(SOURCE, { ...guest, migrating: true, mark: migrationMark(1000) });
    rmSync(folder, { recursive: true });
    writeFileSync(folder, '');
    await expect(takeOverRun(over, parts)).rejects.toThrow(JournalError);
    expect(hypervisor.calls).toEqual([]);
  });

  test('refuses where nothing is under way and nothing was left', async () => {
    await expect(takeOverRun(over, parts)).rejects.toMatchObject({ code: 'not-migrating' });
  });
});

describe('a migration that ended while nobody watched', () => {
  const over = { vm: SOURCE, destination: undefined, kind: stock, limits: DEFAULT_LIMITS };
  const find = (source: GuestFacts['state'], destination: GuestFacts['state'] | undefined) => {
    hypervisor.guests.set(SOURCE, { ...guest, state: source });
    if (destination) hypervisor.guests.set(DESTINATION, { ...guest, vm: DESTINATION, state: destination });
    else hypervisor.guests.delete(DESTINATION);
  };

  test('is let run where it waits for our word, and its journal is closed', async () => {
    const id = await leaveUnfinished('mark');
    find('handed-over', 'paused');
    const released: string[] = [];
    hypervisor.inheritClaim = async () => ({
      rest: async () => {},
      release: async (side) => void released.push(side),
    });
    const run = await takeOverRun(over, parts);
    expect(await run.outcome).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
    expect(hypervisor.calls).toEqual([`settle ${DESTINATION}, run`, `settle ${SOURCE}, put back`]);
    expect((await entriesOf(id)).at(-1)).toMatchObject({ type: 'ended' });
    // The mark of the killed one went there with the guest.
    expect(released).toEqual(['destination']);
    find('handed-over', 'running');
    await expect(takeOverRun(over, parts)).rejects.toMatchObject({ code: 'not-migrating' });
  });

  test('is left as it is where it ran there already, and was stopped since (S9)', async () => {
    const id = await leaveUnfinished('mark');
    const journal = await parts.store.reopen(id);
    journal.append(1, { type: 'guest', event: 'resumed', side: 'destination' });
    await journal.close();
    find('handed-over', 'paused');
    const run = await takeOverRun(over, parts);
    expect(await run.outcome).toMatchObject({
      runsOn: 'destination',
      reason: expect.stringContaining('stopped there by somebody else, after its arrival'),
    });
    expect(hypervisor.calls).toEqual([`settle ${SOURCE}, put back`]);
  });

  test('is only told where it runs already', async () => {
    await leaveUnfinished('mark');
    find('running', undefined);
    const run = await takeOverRun(over, parts);
    expect(await run.outcome).toMatchObject({ outcome: 'failed', runsOn: 'source' });
    expect(hypervisor.calls).toEqual([`settle ${SOURCE}, put back`]);
  });

  test('needs a hand where the destination cannot be asked, and may be settled again', async () => {
    await leaveUnfinished('mark');
    find('handed-over', undefined);
    const first = await takeOverRun(over, parts);
    expect(await first.outcome).toMatchObject({ runsOn: 'unknown', reason: expect.stringMatching(/attach/) });
    find('handed-over', 'paused');
    const second = await takeOverRun(over, parts);
    expect(await second.outcome).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
  });

  test('is not let run on another VM that answers at the address', async () => {
    await leaveUnfinished('mark');
    find('handed-over', undefined);
    hypervisor.guests.set(DESTINATION, { ...guest, vm: DESTINATION, uuid: randomUUID(), state: 'paused' });
    const run = await takeOverRun(over, parts);
    expect(await run.outcome).toMatchObject({ runsOn: 'unknown' });
    expect(hypervisor.calls.filter((call) => call.includes(', run'))).toEqual([]);
  });
});
