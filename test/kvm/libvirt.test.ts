/** Between two libvirt hosts, a domain of type kvm. */
import { expect, test } from 'vitest';
import { faultOfDomain, onSoundBed } from '../../lab/kvm/sound-bed.ts';
import type { LibvirtBed } from '../../lab/libvirt/libvirt-bed.ts';
import { expectEnd } from '../expectations.ts';
import { makeLibvirtBed, PATIENT } from './guest.ts';

test('a KVM domain moves by `switchover migrate`, told apart from an emulated one', async () => {
  await onSoundBed(makeLibvirtBed, move, faultOfDomain);
});

async function move(bed: LibvirtBed): Promise<void> {
  expect(await bed.source.virsh('dumpxml', bed.guest.uuid)).toMatch(/^<domain type='kvm'/);

  const dryRun = await bed.migrate('--dry-run', '--line-rate', '160mbit', '--json').ended;
  expect(dryRun.status, dryRun.stderr).toBe(0);
  expect(JSON.parse(dryRun.stdout)).toMatchObject({ findings: [], guest: { accelerator: 'kvm' } });

  const ran = await bed.migrate(...PATIENT, '--json').ended;
  const document = expectEnd(ran, 0, 'completed', 'destination');
  expect(document).toMatchObject({ memoryIntensive: true, guest: { accelerator: 'kvm' } });
  await bed.verify(bed.destination);
}
