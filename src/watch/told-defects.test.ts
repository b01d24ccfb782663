import { describe, expect, test } from 'vitest';
import type { GuestFacts } from '../hypervisor/hypervisor.ts';
import type { HostVersions, Version } from '../hypervisor/libvirt/domain/versions.ts';
import { toldDefects } from './told-defects.ts';

const VFIO = '<hostdev mode="subsystem" type="pci"/>';
const THREADS = '<cpu><topology threads="2"/></cpu>';

function versions(qemu?: Version, libvirt?: Version): HostVersions {
  return { qemu, libvirt };
}

interface Case {
  readonly devices?: string;
  readonly cpu?: string;
  readonly accelerator?: 'kvm' | 'tcg';
  readonly known?: HostVersions;
  readonly asked?: Readonly<Record<string, HostVersions>>;
  readonly destination?: string;
  readonly postCopy?: boolean;
}

async function told(of: Case): Promise<readonly string[]> {
  return await toldDefects(
    {
      domain: {
        uri: 'qemu:///system',
        xml: `<domain><devices>${of.devices ?? ''}</devices>${of.cpu ?? ''}</domain>`,
        versions: of.known ?? versions(),
        facts: { accelerator: of.accelerator ?? 'kvm' } as GuestFacts,
      },
      destination: of.destination,
      postCopy: of.postCopy ?? false,
    },
    async (uri) => {
      const found = of.asked?.[uri];
      if (!found) throw new Error(`${uri} does not answer`);
      return found;
    },
  );
}

const TLS = /^known to go wrong if it uses one TLS stream: QEMU before 10\.1 .* 55 GB .*--parallel/;
const VFIO_TOLD = /^known to go wrong: the guest has a VFIO device, .* no pause can be promised/;

describe('the log says of a migration that is under way', () => {
  test('what holds for this guest, and what holds only if it is encrypted', async () => {
    expect(await told({ known: versions([9, 2, 0]), devices: VFIO })).toEqual([
      expect.stringMatching(VFIO_TOLD),
      expect.stringMatching(TLS),
    ]);
  });

  test('nothing where nothing is known to go wrong', async () => {
    expect(await told({ known: versions([11, 1, 0], [12, 5, 0]), devices: VFIO })).toEqual([]);
  });

  test('what is found out only later about its host, which a hurried look leaves out', async () => {
    expect(await told({ asked: { 'qemu:///system': versions([9, 2, 0]) } })).toEqual([
      expect.stringMatching(TLS),
    ]);
    expect(await told({})).toEqual([]);
  });

  test('memory that is lost, but not what would have kept it from beginning', async () => {
    expect(await told({ known: versions([8, 2, 0]), accelerator: 'tcg' })).toEqual([
      expect.stringMatching(/^known to go wrong: QEMU before 9\.0 loses guest writes/),
      expect.stringMatching(TLS),
    ]);
    const there = { 'qemu+ssh://b/system': versions([10, 1, 0], [11, 0, 0]) };
    const destination = 'qemu+ssh://b/system#vm1';
    expect(await told({ known: versions([11, 1, 0]), asked: there, destination, cpu: THREADS })).toEqual([]);
  });

  test('what concerns the other host, where that is watched too', async () => {
    const there = { 'qemu+ssh://b/system': versions([11, 1, 0], [11, 3, 0]) };
    const of = { known: versions([11, 1, 0]), asked: there, destination: 'qemu+ssh://b/system#vm1' };
    expect(await told({ ...of, postCopy: true })).toEqual([
      expect.stringMatching(/^known to go wrong: libvirt 11\.2 and 11\.3 crash at the destination/),
    ]);
    expect(await told(of)).toEqual([]);
  });
});
