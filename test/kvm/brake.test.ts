/** The brake by a quota on the vCPU threads, which only guests on KVM get: it makes one fit that would not, and lets go. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Bed } from '../../lab/bed.ts';
import { faultOfDomain, onSoundBed } from '../../lab/kvm/sound-bed.ts';
import type { LibvirtBed } from '../../lab/libvirt/libvirt-bed.ts';
import { askMonitor } from '../../lab/monitor.ts';
import { documentFrom, type Ran, switchover } from '../../lab/switchover-process.ts';
import type { MigrationDocument } from '../../src/journal/document.ts';
import { groupsOf, paceOf } from '../testing/brakes.ts';
import { makeLibvirtBed, onBed, PATIENT } from './guest.ts';

/** Unbraked it needs 3 to 4 s. */
const BRAKE = [
  '--max-downtime',
  '1500ms',
  '--over-budget',
  'brake',
  '--brake-for',
  '120s',
  '--timeout',
  '300s',
];
/** Braked, it writes a fiftieth of its 12,000. */
const FREELY_PAGES_PER_SECOND = 6000;

describe('a guest on KVM', () => {
  test('is braked until it fits a pause that it does not fit, and let go', async () =>
    onBed(async (bed) => {
      const ran = await (await bed.migrate(...BRAKE, '--json')).ended;
      expectBraked(ran);
      await expectFree(bed);
    }));

  test('is let go when switchover is killed, and whoever takes the migration over brakes it again', async () =>
    onBed(async (bed) => {
      const { source } = bed.pair;
      const running = await bed.migrate(...BRAKE);
      await expect.poll(() => groupsOf(source), { timeout: 120_000, interval: 20 }).not.toEqual([]);
      running.process.kill('SIGKILL');
      await running.ended;
      await expect.poll(() => groupsOf(source), { timeout: 60_000 }).toEqual([]);
      expect(await paceOf(source)).toBeGreaterThan(FREELY_PAGES_PER_SECOND);
      expectBraked(await attach(bed));
      await bed.verify('destination');
    }));

  test('is braked also where somebody else began, who made nothing ready', async () =>
    onBed(async (bed) => {
      const { source, destination, migrateUri } = bed.pair;
      await askMonitor(destination.monitor2Path, 'migrate-incoming', { uri: migrateUri });
      await askMonitor(source.monitor2Path, 'migrate-set-parameters', { 'max-bandwidth': 2 ** 40 });
      await askMonitor(source.monitor2Path, 'migrate', { uri: migrateUri });
      expectBraked(await attach(bed));
      await bed.verify('destination');
    }));

  test('is spared a pause that is allowed, where that pays, and QEMU is not set up for it', async () =>
    onBed(async (bed) => {
      const { source } = bed.pair;
      const running = await bed.migrate('--brake', 'when-it-pays', ...PATIENT, '--json');
      await expect.poll(() => groupsOf(source), { timeout: 120_000, interval: 20 }).not.toEqual([]);
      // Auto-converge, of which a guest may feel something, stays off.
      expect(await askMonitor(source.monitor2Path, 'query-migrate-capabilities')).toContainEqual({
        ...{ capability: 'auto-converge', state: false },
      });
      expectBraked(await running.ended);
      await expectFree(bed);
    }));
});

describe('a domain on KVM', () => {
  test('is braked by the quota, which needs nothing armed at the start', async () =>
    onDomain(async (bed) => {
      expectBraked(await bed.migrate(...BRAKE, '--json').ended);
      await bed.verify(bed.destination);
    }));

  test.each([
    { when: 'where that pays', toml: 'brake = "when-it-pays"\nmax-downtime = "20s"' },
    {
      when: 'where no pause fits',
      toml: 'over-budget = "brake"\nmax-downtime = "1500ms"\nbrake-for = "120s"',
    },
  ])('is braked by watch $when, whoever began', async ({ toml }) =>
    onDomain(async (bed) => {
      const config = path.join(bed.stateDir, 'brake.toml');
      await writeFile(config, `[defaults]\n${toml}\n`);
      const watching = await bed.watch('--config', config);
      try {
        expect(await bed.virshMigrate()).toBe('');
        await watching.prints(/vm1: did: a quota of .* on the vCPU/);
        await watching.prints(/vm1: completed: migrated; the guest runs on the destination/);
      } finally {
        watching.process.kill('SIGTERM');
        await watching.ended;
      }
      await bed.verify(bed.destination);
    }),
  );
});

async function onDomain(body: (bed: LibvirtBed) => Promise<void>): Promise<void> {
  await onSoundBed(makeLibvirtBed, body, faultOfDomain);
}

async function attach(bed: Bed): Promise<Ran> {
  const place = ['--to', bed.destination, '--state-dir', bed.stateDir];
  return await switchover('attach', bed.source, ...place, ...BRAKE, '--json');
}

function expectBraked(ran: Ran): MigrationDocument {
  const document = documentFrom(ran);
  expect(document, ran.stderr).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
  expect(document.decisions.map(({ action }) => action)).toContain('throttle');
  expect(document.effects.map(({ did }) => did)).toContainEqual(
    expect.stringMatching(/^a quota of .* on the vCPU$/),
  );
  expect(document.brownOut?.percent).toBeGreaterThan(50);
  return document;
}

/** It is whole at the destination, and was never braked there. */
async function expectFree(bed: Bed): Promise<void> {
  await bed.verify('destination');
  expect(groupsOf(bed.pair.destination)).toEqual([]);
  expect(await paceOf(bed.pair.destination)).toBeGreaterThan(FREELY_PAGES_PER_SECOND);
}
