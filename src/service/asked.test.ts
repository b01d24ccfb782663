import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findConfig } from '../config/config-file.ts';
import { LibvirtHypervisor } from '../hypervisor/libvirt/libvirt-hypervisor.ts';
import { Asked } from './asked.ts';
import { planRequestSchema, type StartRequest, startRequestSchema } from './requests.ts';

const asked = new Asked({
  libvirt: new LibvirtHypervisor({}),
  config: () => findConfig('/dev/null'),
  connect: 'qemu:///system',
});
const DOMAIN = { vm: 'vm1', destination: 'qemu+ssh://root@host2/system' };
const QEMU = { vm: 'qmp:/run/a.sock', destination: 'qmp:/run/b.sock', migrateUri: 'tcp:10.77.0.2:4444' };

describe('a request means', () => {
  test('a domain of the host that is followed, or of the one that it names', () => {
    expect(asked.placesOf(DOMAIN)).toMatchObject({
      vm: 'qemu:///system#vm1',
      destination: { vm: 'qemu+ssh://root@host2/system#vm1', peerUri: 'qemu+ssh://root@host2/system' },
    });
    expect(asked.placesOf({ ...DOMAIN, connect: 'qemu+tls://host1/system' }).vm).toBe(
      'qemu+tls://host1/system#vm1',
    );
  });

  test('a QEMU by its monitor', () => {
    const { hypervisor, vm, destination } = asked.placesOf(QEMU);
    expect({ vm, destination }).toMatchObject({
      vm: QEMU.vm,
      destination: { vm: QEMU.destination, migrateUri: QEMU.migrateUri },
    });
    expect(asked.managerOf(hypervisor)).toBe('qemu');
    expect(asked.hypervisorOf('qmp:/run/a.sock')).toBe(hypervisor);
    expect(asked.hypervisorOf('qemu:///system#vm1')).not.toBe(hypervisor);
  });

  test('limits over those of the configuration; what contradicts itself is not taken', async () => {
    const places = asked.placesOf(QEMU);
    const { limits, kind } = await asked.settled({ ...QEMU, maxDowntimeMs: 700, policy: 'mp' }, places);
    expect({ name: kind.name, ...limits }).toMatchObject({ name: 'mp', maxDowntimeMs: 700, downtimeMs: 300 });
    await expect(asked.settled({ ...QEMU, maxDowntimeMs: 100, downtimeMs: 200 }, places)).rejects.toThrow(
      /downtime/,
    );
  });
});

test('memory is encrypted where the configuration says so, whoever asks', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'switchover-asked-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'switchover.toml');
  writeFileSync(file, '[defaults]\ntls = true\ntls-dir = "/etc/pki/migration"\n');
  const encrypting = new Asked({
    ...{ libvirt: new LibvirtHypervisor({}), config: () => findConfig(file), connect: 'qemu:///system' },
  });
  expect((await encrypting.settled(QEMU, encrypting.placesOf(QEMU))).tls?.credentials).toEqual({
    ...{ kind: 'made', sourceFolder: '/etc/pki/migration', destinationFolder: '/etc/pki/migration' },
  });
  expect((await asked.settled(QEMU, asked.placesOf(QEMU))).tls).toBeUndefined();
});

describe('is not taken', () => {
  test.each<[string, StartRequest, RegExp]>([
    ['a host for a QEMU', { ...QEMU, connect: 'qemu:///system' }, /for libvirt domains/],
    [
      'a QEMU without a place for its memory',
      { vm: QEMU.vm, destination: QEMU.destination },
      /migrateUri is needed/,
    ],
    ["a QEMU's monitor for a domain", { ...DOMAIN, destination: '/run/b.sock' }, /destination host's URI/],
    // Each runs a program as whoever runs the service.
    [
      'a transport that is a program',
      { ...DOMAIN, destination: 'qemu+ext:///system?command=/tmp/x' },
      /own ways/,
    ],
    ['a query that names one', { ...DOMAIN, connect: 'qemu+ssh://host/system?netcat=/tmp/x' }, /own ways/],
    ['an option of ssh', { ...DOMAIN, destination: 'qemu+ssh://-oProxyCommand=x/system' }, /own ways/],
  ])('%s', (_, request, words) => expect(() => asked.placesOf(request)).toThrow(words));

  test.each(['exec:cat > /tmp/x', 'file:/etc/passwd', 'fd:3', '10.0.0.1:4444', ''])('memory to %j', (uri) => {
    expect(startRequestSchema.safeParse({ ...QEMU, migrateUri: uri }).success).toBe(false);
    expect(planRequestSchema.safeParse({ ...QEMU, listenUri: uri }).success).toBe(false);
  });
});
