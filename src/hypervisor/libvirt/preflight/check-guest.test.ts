import { describe, expect, it } from 'vitest';
import type { HostVersions } from '../domain/versions.ts';
import { checkHostDevices, checkObstacles, checkSnapshots } from './check-guest.ts';
import { checkVersions } from './check-versions.ts';
import type { Verdict } from './verdict.ts';

const codes = ({ findings, notes }: Verdict) => [
  ...findings.map(({ code }) => code),
  ...notes.map(() => 'note'),
];

describe('a guest', () => {
  const pci = { words: 'the PCI device 0000:65:00.1', usb: false };

  it('cannot take devices of its host along, unless somebody knows better', () => {
    const { findings } = checkHostDevices({ hostDevices: [pci] }, { force: false });
    expect(findings).toMatchObject([
      { code: 'host-device', message: expect.stringContaining('the PCI device 0000:65:00.1 of its host') },
    ]);
    expect(codes(checkHostDevices({ hostDevices: [pci] }, { force: true }))).toEqual(['note']);
    expect(codes(checkHostDevices({ hostDevices: [{ ...pci, usb: true }] }, { force: false }))).toEqual([
      'note',
    ]);
  });

  it('is kept by snapshots and by what libvirt never migrates', () => {
    expect(checkSnapshots({ value: ['before', 'after'] }).findings).toMatchObject([
      { code: 'hypervisor-refused', message: expect.stringContaining('2 snapshots (before, after)') },
    ]);
    expect(codes(checkSnapshots({ value: [] }))).toEqual([]);
    expect(codes(checkSnapshots({ problem: 'no', error: new Error('no') }))).toEqual(['note']);
    expect(codes(checkObstacles({ obstacles: ['a', 'b'] }))).toEqual([
      'hypervisor-refused',
      'hypervisor-refused',
    ]);
  });
});

describe('the versions of both hosts', () => {
  const plain = {
    postCopy: false,
    tls: false,
    lineRateStated: false,
  } as const;
  const streams = { connections: 2, compression: 'none' } as const;
  const now: HostVersions = { libvirt: [11, 3, 0], qemu: [10, 1, 0] };
  const bookworm: HostVersions = { libvirt: [9, 0, 0], qemu: [7, 2, 22] };

  it('matter only for what is asked', () => {
    expect(codes(checkVersions(now, now, plain))).toEqual([]);
    expect(codes(checkVersions(bookworm, now, plain))).toEqual([]);
    expect(codes(checkVersions(undefined, undefined, { ...plain, streams }))).toEqual([]);
  });

  it('are told when the destination is older', () => {
    expect(codes(checkVersions(now, bookworm, plain))).toEqual(['note']);
  });

  it('forbid what they lack', () => {
    const old: HostVersions = { libvirt: [5, 0, 0], qemu: [3, 1, 0] };
    expect(codes(checkVersions(old, now, { ...plain, streams }))).toEqual(['lacks-feature']);
    expect(codes(checkVersions(bookworm, bookworm, { ...plain, streams }))).toEqual([]);
    const compressed = { ...plain, streams: { connections: 2, compression: 'zstd' } } as const;
    expect(codes(checkVersions(bookworm, now, compressed))).toEqual(['lacks-feature']);
    expect(codes(checkVersions(now, now, compressed))).toEqual([]);
    const both = { ...plain, streams, postCopy: true };
    expect(codes(checkVersions(bookworm, bookworm, both))).toEqual(['lacks-feature', 'note']);
    expect(codes(checkVersions(now, now, both))).toEqual(['note']);
  });

  it('convert the line rate where it cannot be stated', () => {
    expect(checkVersions(bookworm, now, { ...plain, lineRateStated: true }).notes).toEqual([
      expect.stringContaining('cannot be told to libvirt 9.0.0'),
    ]);
    expect(codes(checkVersions(now, bookworm, { ...plain, lineRateStated: true, tls: true }))).toEqual([
      'note',
      'note',
    ]);
  });
});
