/** A guest migrates on the simulator, and the next migration of it knows more than the first. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type GuestFacts, RefusedError } from '../hypervisor/hypervisor.ts';
import { constantLink } from '../hypervisor/simulated/link.ts';
import { cyclic } from '../hypervisor/simulated/memory/cyclic.ts';
import { SimulatedHypervisor, simulatedDestination } from '../hypervisor/simulated/simulated-hypervisor.ts';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { type JournalWriter, sinkOf } from '../journal/journal-store.ts';
import { newOpening } from '../journal/testing/happenings.ts';
import { forecast } from '../policy/forecast.ts';
import { DEFAULT_LIMITS, type Limits } from '../policy/policy.ts';
import { foresee } from './foresee.ts';
import { startOptionsOf } from './start-options.ts';
import { Supervisor } from './supervisor.ts';

const MB = 1e6;
const MEMORY = 512 * 2 ** 20;
const DESTINATION = { ...simulatedDestination('vm1'), migrateUri: 'tcp:10.77.0.2:4444' };

let stateDir: string;
beforeEach(() => {
  stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-foresee-'));
});
afterEach(() => fs.rmSync(stateDir, { recursive: true }));

function hypervisorWith(running = true): SimulatedHypervisor {
  const memory = cyclic({ workingSetBytes: 134 * MB, writeRateBytesPerSecond: 2000 * MB });
  return new SimulatedHypervisor({
    vm1: { memoryBytes: MEMORY, memory, link: constantLink(60 * MB), running },
  });
}

const intended = async (hypervisor: SimulatedHypervisor, cap?: number) => ({
  ...{ guest: await hypervisor.inspect('sim:vm1'), destination: DESTINATION, cap },
});

function openJournal(policy: string, limits: Limits, guest: GuestFacts): Promise<JournalWriter> {
  const { vm: destination, migrateUri } = DESTINATION;
  return new FolderJournals(stateDir).open(
    newOpening({ vm: 'sim:vm1', destination, migrateUri, policy, limits, guest }),
  );
}

async function migrate(limits: Limits = DEFAULT_LIMITS) {
  const hypervisor = hypervisorWith();
  const kind = forecast();
  const { known } = await foresee(hypervisor, await intended(hypervisor), new FolderJournals(stateDir));
  const guest = await hypervisor.inspect('sim:vm1');
  const journal = await openJournal(kind.name, limits, guest);
  const migration = await hypervisor.start('sim:vm1', DESTINATION, startOptionsOf(kind, limits, false));
  const outcome = await new Supervisor(migration, kind, limits, sinkOf(journal), known).run();
  await journal.close();
  return outcome;
}

test('a guest that runs is probed', async () => {
  const hypervisor = hypervisorWith();
  const { known } = await foresee(hypervisor, await intended(hypervisor), undefined);
  expect(known.memoryBytes).toBe(MEMORY);
  expect(known.probes).toEqual([
    { durationMs: 300, bytes: expect.closeTo(134 * MB, -6), unsentBytes: expect.closeTo(13.4 * MB, -6) },
  ]);
});

test('one that stands still is not', async () => {
  const hypervisor = hypervisorWith(false);
  expect((await foresee(hypervisor, await intended(hypervisor), undefined)).known.probes).toEqual([]);
});

test('what the hypervisor holds of its memory is known, and a longer look at it where that is asked for', async () => {
  const hypervisor = hypervisorWith();
  const look = { probesMs: [100, 120, 300, 1000], resident: true };
  const { known } = await foresee(hypervisor, await intended(hypervisor), undefined, look);
  expect(known.residentBytes).toBe(MEMORY);
  // 120 ms tell nothing that 100 did not.
  expect(known.probes.map(({ durationMs }) => durationMs)).toEqual([100, 300, 1000]);
});

test('one that QEMU does not let be probed is known by the rest, with the reason', async () => {
  const hypervisor = hypervisorWith();
  hypervisor.probeDirtyRate = () => Promise.reject(new RefusedError('lacks-feature', 'vm1: too old'));
  const { known, probeRefusal } = await foresee(hypervisor, await intended(hypervisor), undefined);
  expect(known).toMatchObject({ memoryBytes: MEMORY, probes: [] });
  expect(probeRefusal).toBe('vm1: too old');
});

describe('after a migration', () => {
  test('that was done within its first pass, what it sent is what a first pass sends', async () => {
    const hypervisor = hypervisorWith(false);
    const kind = forecast();
    const guest = await hypervisor.inspect('sim:vm1');
    const journal = await openJournal(kind.name, DEFAULT_LIMITS, guest);
    const options = startOptionsOf(kind, DEFAULT_LIMITS, false);
    const migration = await hypervisor.start('sim:vm1', DESTINATION, options);
    const { sentBytes } = await new Supervisor(migration, kind, DEFAULT_LIMITS, sinkOf(journal)).run();
    await journal.close();
    const { known } = await foresee(
      hypervisorWith(),
      await intended(hypervisorWith()),
      new FolderJournals(stateDir),
    );
    expect(known.firstPassBytes).toBe(sentBytes);
  });

  test('its passes, its link and its switchover are known', async () => {
    const outcome = await migrate({ ...DEFAULT_LIMITS, maxDowntimeMs: 10_000 });
    expect(outcome.outcome).toBe('completed');
    const hypervisor = hypervisorWith();
    const { known } = await foresee(hypervisor, await intended(hypervisor), new FolderJournals(stateDir));
    expect(known.passTransfers[0]?.bytes).toBe(known.firstPassBytes);
    const rate = (known.passTransfers[0]?.bytes ?? 0) / (known.passTransfers[0]?.durationMs ?? 0);
    expect(rate).toBeCloseTo(60_000, -3);
    expect(known.earlierPasses[0]?.bytes).toBeGreaterThan(125 * MB);
    expect(known.earlierPasses[0]?.bytes).toBeLessThan(155 * MB);
    expect(known.switchovers).toMatchObject([{ guest: { isThis: true, memoryBytes: MEMORY } }]);
    const [{ pauseMs = 0, bytes = 0 } = {}] = known.switchovers;
    expect(pauseMs).toBe(outcome.pauseMs);
    // Sent at the line's rate within the pause, less what a switchover costs.
    expect(bytes / 60_000).toBeGreaterThan(pauseMs - 100);
    expect(bytes / 60_000).toBeLessThan(pauseMs);
  });

  test('of another guest only the link is', async () => {
    await migrate();
    const hypervisor = hypervisorWith();
    const { guest, ...where } = await intended(hypervisor);
    const { known } = await foresee(
      hypervisor,
      { guest: { ...guest, name: 'vm2' }, ...where },
      new FolderJournals(stateDir),
    );
    expect(known.earlierPasses).toEqual([]);
    expect(known.firstPassBytes).toBeUndefined();
    expect(known.passTransfers).not.toEqual([]);
    expect(known.switchovers).toMatchObject([{ guest: { isThis: false, memoryBytes: MEMORY } }]);
  });

  test('over another link only the guest is, under another cap not the rate of passes', async () => {
    await migrate();
    const hypervisor = hypervisorWith();
    const { destination, ...who } = await intended(hypervisor);
    const elsewhere = { ...destination, migrateUri: 'tcp:10.77.0.3:4444' };
    const other = (
      await foresee(hypervisor, { ...who, destination: elsewhere }, new FolderJournals(stateDir))
    ).known;
    expect(other.passTransfers).toEqual([]);
    expect(other.earlierPasses).not.toEqual([]);
    const samePort = { ...destination, migrateUri: 'tcp:10.77.0.2:5555' };
    expect(
      (await foresee(hypervisor, { ...who, destination: samePort }, new FolderJournals(stateDir))).known
        .passTransfers,
    ).not.toEqual([]);
    const capped = await foresee(
      hypervisor,
      await intended(hypervisor, 10 * MB),
      new FolderJournals(stateDir),
    );
    expect(capped.known.passTransfers).toEqual([]);
    expect(capped.known.switchovers).not.toEqual([]);
  });

  test('of which the journal is damaged nothing is', async () => {
    await migrate();
    const folder = path.join(stateDir, 'journal');
    for (const name of fs.readdirSync(folder)) fs.writeFileSync(path.join(folder, name), 'not json\n');
    const hypervisor = hypervisorWith();
    expect(
      (await foresee(hypervisor, await intended(hypervisor), new FolderJournals(stateDir))).known
        .earlierPasses,
    ).toEqual([]);
  });
});
