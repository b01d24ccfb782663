import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseVersions } from '../domain/versions.ts';
import { isLocalUri } from './connection-uri.ts';
import { knownDomains, parseHostUuid, parseNodeMemory } from './host-facts.ts';

describe('what virsh tells of a host', () => {
  it('has the versions of the far side, not those of virsh', () => {
    const text = `Compiled against library: libvirt 11.3.0
Using library: libvirt 11.3.0
Using API: QEMU 11.3.0
Running hypervisor: QEMU 7.2.22
Running against daemon: 9.0.0
`;
    expect(parseVersions(text)).toEqual({ libvirt: [9, 0, 0], qemu: [7, 2, 22] });
  });

  it('has no version of a QEMU that is not installed', () => {
    expect(parseVersions('Cannot extract running QEMU hypervisor version\n')).toEqual({
      libvirt: undefined,
      qemu: undefined,
    });
  });

  it('has its free memory with what can be reclaimed', () => {
    const text =
      'total  :             24684096 KiB\nfree   :             23350668 KiB\nbuffers:                 6444 KiB\ncached :               619888 KiB\n';
    expect(parseNodeMemory(text)?.availableBytes).toBe((23350668 + 6444 + 619888) * 1024);
    expect(parseNodeMemory('')).toBeUndefined();
  });

  it('has its UUID', () => {
    const xml = readFileSync(new URL('../fixtures/capabilities.xml', import.meta.url), 'utf8');
    expect(parseHostUuid(xml)).toBe('924a57e1-aea5-42f7-91ff-70708fef551e');
    expect(parseHostUuid('<capabilities><host/></capabilities>')).toBeUndefined();
  });

  it('has its domains, names with blanks and quotes too', () => {
    const uuids = '11111111-2222-4333-8444-555555555555\naaaaaaaa-2222-4333-8444-555555555555\n\n';
    const names = ' -- vm "quoted\' & <tag> \nvm1\n\n';
    expect(knownDomains(uuids, names, 'aaaaaaaa-2222-4333-8444-555555555555\n\n')).toEqual([
      { uuid: '11111111-2222-4333-8444-555555555555', name: ' -- vm "quoted\' & <tag> ', active: true },
      { uuid: 'aaaaaaaa-2222-4333-8444-555555555555', name: 'vm1', active: false },
    ]);
    expect(knownDomains(uuids, 'vm1\n', '')).toBeUndefined();
  });

  it.each([
    ['qemu:///system', true],
    ['qemu+unix:///system?socket=/run/libvirt/libvirt-sock', true],
    ['qemu+ssh://root@host2/system', false],
    ['qemu+tcp://10.77.0.2/system', false],
    ['qemu://host2/system', false],
    ['an-alias', false],
  ])('%s is local: %s', (uri, local) => {
    expect(isLocalUri(uri)).toBe(local);
  });
});

describe('found by the fuzzer', () => {
  const ENDLESS = '9'.repeat(400);

  it('a version that is none', () => {
    for (const text of ['Infinity.0', '0x10.1', '1e3.0', `${ENDLESS}.1`, '-1.2', '.'])
      expect(parseVersions(`Running hypervisor: QEMU ${text}\n`).qemu).toBeUndefined();
  });

  it('memory that is none', () => {
    for (const amount of ['-5', ENDLESS]) expect(parseNodeMemory(`free: ${amount} KiB\n`)).toBeUndefined();
  });
});
