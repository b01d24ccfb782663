/** Looks at the VM of a simulated libvirt host, by the real driver in virtual time. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { SimulatedLibvirtPair } from '../hypervisor/libvirt/testing/simulated/simulated-libvirt-pair.ts';
import { CALM_GUEST } from '../hypervisor/simulated/testing/small-guest.ts';
import { KillableController } from '../hypervisor/testing/killable-controller.ts';
import { VirtualClock } from '../hypervisor/testing/virtual-clock.ts';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { parseDrainSettings } from './drain-settings.ts';
import { LibvirtCalmLooker } from './libvirt-calm-looker.ts';
import { diskSettled } from './testing/disk-settled.ts';
import { NO_CONFIG } from './testing/simulated-hosts.ts';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-looker-'));
  return () => fs.rmSync(folder, { recursive: true, force: true });
});

/** @param writes what libvirt's probe says, in MiB/s; undefined: it refuses */
async function looked(writes: number | undefined, stated: Record<string, unknown>, metadata = '') {
  const clock = new VirtualClock(0, diskSettled);
  const version = { major: 10, minor: 0 };
  const pair = new SimulatedLibvirtPair({ clock, scenario: CALM_GUEST, version, transient: false });
  const [source = '', destination = ''] = pair.uris;
  const { access } = pair.reachedBy(new KillableController({ clock, open: pair.qemus.open }));
  const ask: typeof access.virsh.ask = async (uri, args, timeoutMs) => {
    const [command = ''] = args;
    if (command === 'domdirtyrate-calc' && writes !== undefined) return '';
    if (command === 'domstats') return `dirtyrate.calc_status=2\ndirtyrate.megabytes_per_second=${writes}\n`;
    const answer = await access.virsh.ask(uri, args, timeoutMs);
    return command === 'dumpxml' ? answer.replace('<devices>', `${metadata}<devices>`) : answer;
  };
  const virsh = { ...access.virsh, ask, assertUsable: async () => {} };
  const looker = new LibvirtCalmLooker({
    ...{ store: new FolderJournals(folder), config: () => NO_CONFIG, access: { ...access, virsh } },
  });
  const settings = parseDrainSettings({
    ...{ to: [{ uri: destination }], order: 'listed', atATime: 1, apart: [], force: false },
    stated: { lineRateBytesPerSecond: 60e6 },
  });
  const [to = { uri: destination }] = settings.to;
  const vm = pair.hosts.source.domain?.uuid ?? '';
  return await clock.until(looker.look({ vm, source, to, settings, stated }));
}

test('one that hardly writes is calm, one that writes much is busy, and its limits say what fits', async () => {
  expect(await looked(0, {})).toMatchObject({ is: 'calm' });
  expect(await looked(60, {})).toMatchObject({ is: 'busy' });
  expect(await looked(60, { maxDowntimeMs: 400, downtimeMs: 100 })).toMatchObject({ is: 'no-pause-fits' });
  // In its metadata, as for any other migration.
  const own = "<metadata><s:migration xmlns:s='urn:switchover:domain:1' max-downtime='400ms'/></metadata>";
  expect(await looked(60, {}, own)).toMatchObject({ is: 'no-pause-fits' });
});

test('one that cannot be probed now is looked at again; one that must not be moved is not waited for', async () => {
  expect(await looked(undefined, {})).toMatchObject({ is: 'unknown', passes: true });
  const nova = "<metadata><n:instance xmlns:n='http://openstack.org/xmlns/libvirt/nova/1.1'/></metadata>";
  expect(await looked(0, {}, nova)).toMatchObject({ is: 'unknown', passes: false });
});
