import { describe, expect, test } from 'vitest';
import type { HostVersions } from '../domain/versions.ts';
import { checkDefects } from './check-defects.ts';
import { type DefectGuest, defectGuestOf } from './defect-guest.ts';
import { together } from './verdict.ts';

const OPTIONS = { tls: false, postCopy: false, force: false };
const PLAIN: DefectGuest = { vfio: false, threadsPerCore: 1, virtioVideo: false, emulatedTpm: false };
const DEBIAN_13: HostVersions = { libvirt: [11, 3, 0], qemu: [10, 0, 2] };

function domain(inside: string): string {
  return `<domain type="kvm"><name>vm1</name>${inside}</domain>`;
}

describe('a domain', () => {
  test('with nothing of it', () => expect(defectGuestOf(domain(''))).toEqual(PLAIN));

  test('with all of it', () =>
    expect(
      defectGuestOf(
        domain(
          '<cpu><topology sockets="1" cores="2" threads="2"/></cpu><devices>' +
            '<hostdev mode="subsystem" type="mdev"/><video><model type="virtio"/></video>' +
            '<tpm model="tpm-crb"><backend type="emulator"/></tpm></devices>',
        ),
      ),
    ).toEqual({ vfio: true, threadsPerCore: 2, virtioVideo: true, emulatedTpm: true }));

  test.each([
    ['<interface type="hostdev"><teaming type="transient" persistent="ua-1"/></interface>', false],
    ['<interface type="hostdev"/>', true],
    ['<hostdev mode="subsystem" type="pci"/>', true],
    ['<hostdev mode="subsystem" type="usb"/>', false],
  ])('%s', (devices, vfio) => expect(defectGuestOf(domain(`<devices>${devices}</devices>`)).vfio).toBe(vfio));
});

describe('between two hosts', () => {
  test('nothing where nothing is known to be bad, or nothing is known', () => {
    expect(checkDefects(DEBIAN_13, DEBIAN_13, PLAIN, OPTIONS)).toMatchObject({ findings: [], notes: [] });
    expect(checkDefects(undefined, undefined, PLAIN, OPTIONS)).toMatchObject({ findings: [], notes: [] });
  });

  test('a guest with several threads a core is refused where libvirt cannot take it, unless it is forced', () => {
    const guest = { ...PLAIN, threadsPerCore: 2 };
    const refused = checkDefects(DEBIAN_13, DEBIAN_13, guest, OPTIONS);
    expect(refused.findings).toMatchObject([{ code: 'known-defect' }]);
    const forced = checkDefects(DEBIAN_13, DEBIAN_13, guest, { ...OPTIONS, force: true });
    expect(forced).toMatchObject({ findings: [], notes: [expect.stringContaining('11.10')] });
  });

  test('TLS over one stream has a deadline, which the whole verdict keeps', () => {
    const verdict = checkDefects(DEBIAN_13, DEBIAN_13, PLAIN, { ...OPTIONS, tls: true });
    expect(together([verdict, { findings: [], notes: [] }]).maxSentBytes).toBe(55e9);
    const parallel = checkDefects(DEBIAN_13, DEBIAN_13, PLAIN, {
      ...OPTIONS,
      tls: true,
      streams: { connections: 2, compression: 'none' },
    });
    expect(together([parallel])).not.toHaveProperty('maxSentBytes');
  });
});
