/** What is refused between libvirt hosts, made for real, before anything is touched: one clear sentence, exit status 3. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sharedGuestFolder } from '../lab/libvirt/host-files.ts';
import { LibvirtBed } from '../lab/libvirt/libvirt-bed.ts';
import type { LibvirtHost } from '../lab/libvirt/libvirt-host.ts';
import { documentFrom, type Running } from '../lab/switchover-process.ts';

describe('refused before anything is touched (exit 3), with the guest running on', () => {
  let bed: LibvirtBed;
  beforeAll(async () => {
    bed = await LibvirtBed.make(
      { workload: { kind: 'idle' } },
      { hosts: 3, authTcp: ['none', 'none', 'sasl'] },
    );
  });
  afterAll(async () => await bed?.[Symbol.asyncDispose]());

  async function refused(running: Running, says: RegExp): Promise<void> {
    const ran = await running.ended;
    expect(ran.stderr).toMatch(says);
    expect(ran.stderr).not.toMatch(/unexpected|\n\s+at /);
    expect(ran.status).toBe(3);
    expect(ran.stdout).toBe('');
    expect(await bed.guest.on(bed.source).state()).toBe('running');
  }

  test('an unknown domain', async () => {
    const { uri } = bed.source;
    await refused(
      bed.run('migrate', '--connect', uri, 'nobody', bed.destination.tcpUri),
      /failed to get domain 'nobody': `virsh list --all` shows the names/,
    );
    await refused(bed.run('attach', '--connect', uri, 'nobody'), /failed to get domain 'nobody'/);
  });

  test('a domain that is shut off', async () => {
    const off = await bed.lab.startGuest(bed.source, {
      name: 'off',
      workload: { kind: 'idle' },
      memoryMiB: 96,
      wait: false,
    });
    await bed.source.virsh('destroy', off.uuid);
    const { uri } = bed.source;
    await refused(
      bed.run('migrate', '--connect', uri, 'off', bed.destination.tcpUri),
      /off is shut off on .*virsh start/,
    );
  });

  test('nothing to attach to', async () => {
    await refused(
      bed.run('attach', '--connect', bed.source.uri, 'vm1'),
      /no migration of .*#vm1 is under way; its guest is running there/,
    );
  });

  test('a connection that may only read', async () => {
    const readOnly = `${bed.source.uri}-ro`;
    await refused(
      bed.run('migrate', '--connect', readOnly, 'vm1', bed.destination.tcpUri),
      /this connection may only read: connect with the rights to change domains/,
    );
  });

  test('authentication at the destination fails', async () => {
    const [, , locked] = bed.lab.hosts as readonly LibvirtHost[];
    await refused(
      bed.run('migrate', '--connect', bed.source.uri, 'vm1', locked?.tcpUri ?? ''),
      /the destination .*authentication.*: check the user, the key or the certificate/,
    );
  });

  test('a destination that cannot be reached, and a migrate URI that is none: both at once', async () => {
    const ran = await bed.run(
      'migrate',
      ...[
        '--connect',
        bed.source.uri,
        '--migrateuri',
        'tcp:/nonsense:99999',
        'vm1',
        'qemu+tcp://10.77.0.9/system',
      ],
    ).ended;
    expect(ran.status).toBe(3);
    expect(ran.stderr.match(/^switchover: refused: /gm)).toHaveLength(2);
    expect(ran.stderr).toMatch(/No route to host/);
    expect(ran.stderr).toMatch(/tcp:\/nonsense:99999/);
  });

  test('the name is taken there by another domain', async () => {
    const other = await bed.lab.startGuest(bed.destination, {
      name: 'taken',
      workload: { kind: 'idle' },
      memoryMiB: 96,
      wait: false,
    });
    await refused(bed.migrate('--dname', 'taken'), /"taken"/);
    await bed.destination.virsh('destroy', other.uuid);
    await bed.destination.virsh('undefine', other.uuid);
  });

  test('there is no virsh, or one that is too old', async () => {
    const tools = await mkdtemp(path.join(os.tmpdir(), 'switchover-tools-'));
    const main = path.join(import.meta.dirname, '..', 'src', 'cli', 'main.ts');
    const args = [main, 'migrate', '--connect', bed.source.uri, 'vm1', bed.destination.tcpUri];
    const ranWith = async () =>
      await promisify(execFile)(process.execPath, args, { env: { PATH: tools } }).catch((error) => error);
    expect(await ranWith()).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^switchover: refused: there is no virsh here: install it \(.*\)\n$/),
    });
    // No virsh as old as that is to be had here.
    const old =
      '#!/bin/sh\ncase "$*" in *--version*) echo 5.0.0 ;; *) echo "domjobinfo <domain> [--completed]" ;; esac\n';
    await writeFile(path.join(tools, 'virsh'), old, { mode: 0o755 });
    expect(await ranWith()).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(
        /^switchover: refused: virsh 5\.0\.0 is too old: .*install libvirt-clients 9\.0 or newer\n$/,
      ),
    });
    await rm(tools, { recursive: true });
  });

  test('a disk that is not shared: refused, unless it is copied', async () => {
    const shared = sharedGuestFolder(bed.lab.folder);
    // One path, and behind it a file of each host's own.
    const [here, there] = [bed.source, bed.destination].map(({ files }) =>
      path.join(files.guestFolder, 'disk.raw'),
    );
    const content = randomBytes(32 * 2 ** 20);
    await writeFile(here ?? '', content);
    await writeFile(there ?? '', Buffer.alloc(content.length));
    const extraDevicesXml = `<disk type='file' device='disk'><driver name='qemu' type='raw'/>
      <source file='${shared}/disk.raw'/><target dev='vda' bus='virtio'/></disk>`;
    const guest = await bed.lab.startGuest(bed.source, {
      ...{ name: 'disk', workload: { kind: 'idle' }, memoryMiB: 96, extraDevicesXml },
    });
    const where = ['--migrateuri', `tcp://${bed.destination.address}`, '--connect', bed.source.uri];
    const migrate = (...args: string[]) =>
      bed.run('migrate', ...where, ...bed.common(), ...args, 'disk', bed.destination.tcpUri);
    await refused(migrate(), /disk\.raw.*--copy-storage-all/);
    const ran = await migrate('--copy-storage-all', '--json').ended;
    expect(documentFrom(ran)).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
    expect((await guest.verify()).bad).toBe(0);
    expect((await readFile(there ?? '')).equals(content)).toBe(true);
    await bed.destination.virsh('destroy', guest.uuid);
  });

  test.each([
    `--live 'a' "b" $(touch owned); #1 é`,
    "': event 'lifecycle' for domain 'vm1': Stopped Migrated",
  ])('a hostile name is only a name: %s', async (name) => {
    const guest = await bed.lab.startGuest(bed.source, { name, workload: { kind: 'idle' }, memoryMiB: 96 });
    const before = await guest.status();
    const where = ['--migrateuri', `tcp://${bed.destination.address}`, '--connect', bed.source.uri];
    const ran = await bed.run(
      'migrate',
      ...where,
      ...bed.common(),
      '--json',
      '--',
      name,
      bed.destination.tcpUri,
    ).ended;
    expect(documentFrom(ran)).toMatchObject({ vm: name, outcome: 'completed', runsOn: 'destination' });
    expect(await guest.on(bed.destination).state()).toBe('running');
    expect((await guest.verify()).bad).toBe(0);
    expect((await guest.status()).uptimeMs).toBeGreaterThan(before.uptimeMs);
    await bed.destination.virsh('destroy', guest.uuid);
  });
});
