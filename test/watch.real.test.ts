/** The daemon on real hosts: whoever starts a migration by plain virsh need not know of it. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LOOP } from '../lab/bed.ts';
import { LibvirtBed } from '../lab/libvirt/libvirt-bed.ts';
import { QUICK_NOVA, steer } from '../lab/libvirt/manager.ts';
import { documentFrom, type Running } from '../lab/switchover-process.ts';
import { DEFAULT_LIMITS } from '../src/policy/policy.ts';

describe('switchover watch', () => {
  let bed: LibvirtBed;
  let watching: Running | undefined;
  beforeAll(async () => {
    bed = await LibvirtBed.make({ workload: LOOP });
  });
  beforeEach(async () => await bed.turnAround());
  afterEach(async () => {
    watching?.process.kill('SIGTERM');
    await watching?.ended;
  });
  afterAll(async () => await bed?.[Symbol.asyncDispose]());

  async function watch(...args: string[]): Promise<Running> {
    watching = await bed.watch(...args);
    return watching;
  }

  test('a migration that somebody starts by virsh ends, within the limits, without his knowing', async () => {
    const running = await watch('--output', 'jsonl');
    expect(await bed.virshMigrate()).toBe('');
    await running.prints(/"event":"ended"/);
    const lines = running.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const taken = lines.find(({ afterMs }) => afterMs !== undefined);
    expect(taken).toMatchObject({ domain: 'vm1' });
    expect(taken.afterMs).toBeLessThan(1000);
    const { outcome } = lines.find(({ event }) => event === 'ended');
    expect(outcome).toMatchObject({ outcome: 'completed', runsOn: 'destination', memoryIntensive: true });
    // The other host is watched too, so the pause is measured there.
    expect(outcome.pauseMs, running.stdout).not.toBeNull();
    expect(Math.abs(outcome.pauseMs - outcome.reportedDowntimeMs)).toBeLessThan(50);
    await bed.verify(bed.destination);
  });

  test('killed and started again in the middle, it takes the migration over again', async () => {
    const first = await watch();
    const starter = bed.virshMigrate().catch((error: Error) => error.message);
    // At the end of the first pass it may have decided already.
    await first.prints(/vm1: taken over/);
    first.process.kill('SIGKILL');
    await first.ended;
    const second = await watch();
    await second.prints(/vm1: taken over .* goes on with the limits of /);
    await second.prints(/vm1: completed: migrated; the guest runs on the destination/);
    expect(await starter).toBe('');
    await bed.verify(bed.destination);
  });

  test('a limit that the starter has set holds; SIGTERM only ends the watching', async () => {
    await bed.source.virsh('migrate-setmaxdowntime', bed.guest.uuid, '700');
    const running = await watch();
    const starter = bed.virshMigrate().catch((error: Error) => error.message);
    await running.prints(/vm1: taken over .*the starter allows 700 ms, which holds/);
    await running.prints(/vm1: pass \d+: continue: .* over --max-downtime 700 ms.*; left running, as asked/);
    running.process.kill('SIGTERM');
    expect((await running.ended).status).toBe(0);
    expect(await bed.source.virsh('domjobinfo', bed.guest.uuid)).toMatch(/Unbounded/);
    expect(await bed.source.virsh('migrate-getmaxdowntime', bed.guest.uuid)).toBe('700');
    await bed.source.virsh('domjobabort', bed.guest.uuid);
    expect(await starter).toMatch(/migration out/);
    await bed.source.virsh('migrate-setmaxdowntime', bed.guest.uuid, '300');
    await bed.verify(bed.source);
  });

  const rule = () => QUICK_NOVA.begin(DEFAULT_LIMITS);

  test('a manager that raises its limit by steps does not keep the guest from arriving', async () => {
    const running = await watch();
    const starter = bed.virshMigrate();
    const steered = await steer(bed.source, bed.guest.uuid, rule(), starter);
    expect(await starter).toBe('');
    expect(steered.aborted).toBe(false);
    // Nobody knows who it is before its first step.
    expect(steered.setMs.length).toBeGreaterThan(1);
    await running.prints(/somebody else set the downtime limit to .*: he only raises it step by step/);
    await running.prints(/vm1: completed: migrated; the guest runs on the destination/);
    await bed.verify(bed.destination);
  });

  test('one that is known to is not waited for', async () => {
    const nova = ['--uri', 'http://openstack.org/xmlns/libvirt/nova/1.1', '--key', 'nova', '--live'];
    await bed.source.virsh('metadata', bed.guest.uuid, ...nova, '--set', '<instance/>');
    const running = await watch();
    const starter = bed.virshMigrate();
    const steered = await steer(bed.source, bed.guest.uuid, rule(), starter);
    expect(await starter).toBe('');
    expect(steered.aborted).toBe(false);
    // Whether it set its first limit before watch came or after: that does not hold.
    await running.prints(/vm1: taken over .*a pause of 5 s the longest allowed/);
    expect(running.stdout).not.toMatch(/which holds/);
    await running.prints(/vm1: completed: migrated; the guest runs on the destination/);
    await bed.verify(bed.destination);
    await bed.destination.virsh('metadata', bed.guest.uuid, ...nova, '--remove');
  });

  test('a migration of `switchover migrate` is left to that, whatever the watch is configured for', async () => {
    const config = path.join(bed.stateDir, 'strict.toml');
    await writeFile(config, '[defaults]\nmax-downtime = "600ms"\nover-budget = "abort"\n');
    const running = await watch('--config', config, '--state-dir', path.join(bed.stateDir, 'of-watch'));
    const ran = await bed.migrate('--json').ended;
    expect(documentFrom(ran)).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
    await running.prints(/vm1: .*is held by process \d+ of \w+, `.*switchover.* migrate/);
    expect(running.stdout).not.toMatch(/vm1: (taken over|did:)/);
    await bed.verify(bed.destination);
  });

  test("the domain's metadata and a reloaded configuration hold; libvirtd may be restarted", async () => {
    const config = path.join(bed.stateDir, 'switchover.toml');
    await writeFile(config, '[[domain]]\nname = "vm*"\nignore = true\n');
    const running = await watch('--config', config);
    await bed.source.restartLibvirtd();
    await running.prints(/lost \(.*\); trying again[\s\S]*following its domains/);
    await writeFile(config, '[defaults]\nmax-downtime = "1s"\n');
    running.process.kill('SIGHUP');
    await running.prints(/configuration read again/);
    const element = '<migration max-downtime="20s" over-budget="abort"/>';
    const metadata = ['--uri', 'urn:switchover:domain:1', '--key', 'switchover', '--set', element, '--live'];
    await bed.source.virsh('metadata', bed.guest.uuid, ...metadata);
    const words = await bed.virshMigrate().catch((error: Error) => error.message + running.stdout);
    expect(words).toBe('');
    await running.prints(/vm1: taken over .*a pause of 20 s the longest allowed/);
    await running.prints(/vm1: completed/);
    await bed.verify(bed.destination);
  });
});
