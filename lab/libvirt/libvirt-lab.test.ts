/** The libvirt lab itself, on real libvirtds and QEMUs. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { verifyArrival } from '../arrival.ts';
import type { Workload } from '../guest/workload.ts';
import { asRoot, run } from '../run.ts';
import { sweep } from '../sweep.ts';
import { abandonLab, expectGone, untilGone } from '../testing/abandoned.ts';
import { openLibvirtLab } from './libvirt-lab.ts';

const IDLE: Workload = { kind: 'idle', wssMiB: 1 };
/** A guest as small and quick as they come. */
const TINY = { workload: IDLE, memoryMiB: 80 };

describe('a guest', () => {
  test('outlives its libvirtd, and migrates by plain virsh with all its memory', async () => {
    await using lab = await openLibvirtLab();
    const [host1, host2] = lab.hosts;
    const workload: Workload = { kind: 'loop', wssMiB: 128, pagesPerSecond: 1000 };
    const guest = await lab.startGuest(host1, { name: 'vm1', workload });
    const before = await guest.status();
    const pid = guest.on(host1).pid;

    await host1.restartLibvirtd();
    expect(guest.on(host1).pid).toBe(pid);
    await host1.stopLibvirtd('SIGKILL');
    expect(host1.libvirtdPid).toBeUndefined();
    expect((await guest.on(host1).status()).writes).toBeGreaterThan(before.writes);
    await host1.startLibvirtd();
    expect((await guest.whereabouts())?.host.name).toBe('host1');

    const to = [host2.tcpUri, '--migrateuri', `tcp://${host2.address}`];
    await host1.virsh('migrate', '--live', '--p2p', guest.uuid, ...to);
    expect((await guest.whereabouts())?.host.name).toBe('host2');
    expect([guest.on(host1).pid, await guest.on(host1).state()]).toEqual([undefined, 'shut off']);
    expect(await verifyArrival(before, guest)).toMatchObject({ ok: true });

    // What verifies must be able to fail.
    await guest.on(host2).corrupt(5);
    expect(await verifyArrival(before, guest)).toMatchObject({ ok: false, after: { bad: 1 } });
  });

  test('may have any name, and moves between three hosts that know each other by name', async () => {
    await using lab = await openLibvirtLab({ hosts: 3 });
    const [host1, , host3] = lab.hosts;
    const name = `-x --y "q" 'p' <b>&amp; $(exit 3); ü測 \\`;
    const guest = await lab.startGuest(host1, { ...TINY, name, define: false });
    expect(await host1.virsh('domname', guest.uuid)).toBe(name);
    const before = await guest.status();
    await host1.virsh('migrate', '--live', '--p2p', guest.uuid, host3?.tcpUri ?? '');
    expect((await guest.whereabouts())?.host.name).toBe('host3');
    expect(await guest.on(host1).state()).toBeUndefined();
    expect(await verifyArrival(before, guest)).toMatchObject({ ok: true });
  });

  test('that libvirt refuses is reported in its words', async () => {
    await using lab = await openLibvirtLab();
    const started = lab.startGuest(lab.hosts[0], { ...TINY, name: 'a/b' });
    await expect(started).rejects.toThrow('name a/b cannot contain');
    await expect(
      lab.startGuest(lab.hosts[0], { name: 'vm1', workload: IDLE, memoryMiB: 64 }),
    ).rejects.toThrow('80 MiB');
  });
});

describe('hosts', () => {
  test('may ask for a login that nobody has', async () => {
    await using lab = await openLibvirtLab({ authTcp: ['none', 'sasl'] });
    const [host1, host2] = lab.hosts;
    const ask = async (from: string, uri: string) =>
      await run(asRoot(['ip', 'netns', 'exec', from, 'virsh', '-c', uri, 'uri']));
    await expect(ask(host1.namespace, host2.tcpUri)).rejects.toThrow('authentication failed');
    expect(await ask(host2.namespace, host1.tcpUri)).toContain(host1.tcpUri);
  });

  test('are gone with their lab', async () => {
    const lab = await openLibvirtLab({ hosts: 4 });
    const guest = await lab.startGuest(lab.hosts[0], { ...TINY, name: 'vm1', wait: false });
    const pids = [guest.on(lab.hosts[0]).pid, ...lab.hosts.map(({ libvirtdPid }) => libvirtdPid)];
    expect(pids.every((pid) => pid !== undefined)).toBe(true);
    await lab.close();
    expectGone(lab, pids as number[]);
  });

  test('whose owner was killed end at once, guests included, and the rest at the next sweep', async () => {
    const { abandoned, owner } = await abandonLab('libvirt');
    expect(abandoned.pids.length).toBe(3);
    owner.kill('SIGKILL');
    await untilGone(abandoned.pids);
    // Each test beside this one sweeps as it begins, and may be at this one already.
    await sweep();
    await expect.poll(() => existsSync(abandoned.folder)).toBe(false);
    expectGone(abandoned, abandoned.pids);
  });
});
