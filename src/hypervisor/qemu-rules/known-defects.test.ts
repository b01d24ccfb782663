import { describe, expect, test } from 'vitest';
import {
  type DefectConditions,
  defectFindings,
  KNOWN_DEFECTS,
  knownDefects,
  maxSentBytes,
  type Version,
} from './known-defects.ts';

/** Nothing is known to be bad of these. */
const GOOD: DefectConditions = {
  source: { qemu: [10, 0, 2], libvirt: [12, 5, 0] },
  destination: { qemu: [10, 0, 2], libvirt: [12, 5, 0] },
  accelerator: 'kvm',
  tls: false,
  parallel: false,
  postCopy: false,
  vfio: false,
};

type Change = Partial<Omit<DefectConditions, 'source' | 'destination'>> & {
  readonly qemu?: Version;
  readonly libvirt?: Version;
};

function found({ qemu, libvirt, ...change }: Change): string[] {
  const end = { qemu: qemu ?? GOOD.source.qemu, libvirt: libvirt ?? GOOD.source.libvirt };
  return knownDefects({ ...GOOD, source: end, destination: end, ...change }).map(({ id }) => id);
}

/** Each row: what it holds for, and the nearest for which it does not. */
const ROWS: readonly [id: string, bad: Change, good: Change][] = [
  ['tcg-loses-writes', { accelerator: 'tcg', qemu: [8, 2, 9] }, { accelerator: 'tcg', qemu: [9, 0, 0] }],
  ['tcg-loses-writes', { accelerator: 'tcg', qemu: [7, 2, 0] }, { accelerator: 'kvm', qemu: [7, 2, 0] }],
  ['tls-rekey-crash', { tls: true, qemu: [10, 0, 2] }, { tls: true, qemu: [10, 1, 0] }],
  ['tls-rekey-crash', { tls: true }, { tls: true, parallel: true }],
  ['missed-last-sync', { qemu: [10, 1, 0] }, { qemu: [10, 0, 9] }],
  ['missed-last-sync', { qemu: [11, 0, 5] }, { qemu: [11, 1, 0] }],
  ['vfio-not-counted', { vfio: true }, { vfio: true, qemu: [11, 1, 0] }],
  [
    'libvirt-hyper-threads',
    { threadsPerCore: 2, libvirt: [11, 9, 0] },
    { threadsPerCore: 2, libvirt: [11, 10, 0] },
  ],
  [
    'libvirt-hyper-threads',
    { threadsPerCore: 2, libvirt: [9, 0, 0] },
    { threadsPerCore: 1, libvirt: [9, 0, 0] },
  ],
  [
    'libvirt-hyper-threads',
    { threadsPerCore: 2, libvirt: [9, 0, 0], qemu: [10, 0, 0] },
    { threadsPerCore: 2, libvirt: [9, 0, 0], qemu: [9, 2, 0] },
  ],
  ['libvirt-oldest-qemu', { qemu: [7, 1, 0] }, { qemu: [7, 2, 0] }],
  ['libvirt-oldest-qemu', { qemu: [7, 1, 0], libvirt: [12, 4, 0] }, { qemu: [7, 1, 0], libvirt: [12, 3, 0] }],
  [
    'libvirt-post-copy-resume',
    { postCopy: true, libvirt: [11, 3, 0] },
    { postCopy: true, libvirt: [11, 4, 0] },
  ],
  [
    'libvirt-post-copy-resume',
    { postCopy: true, libvirt: [11, 2, 0] },
    { postCopy: true, libvirt: [11, 1, 0] },
  ],
  ['libvirt-virtio-video', { virtioVideo: true, libvirt: [12, 4, 0] }, { virtioVideo: true }],
  [
    'libvirt-tpm-on-nfs',
    { emulatedTpm: true, libvirt: [11, 10, 0] },
    { emulatedTpm: true, libvirt: [12, 0, 0] },
  ],
];

describe('each row', () => {
  test.each(ROWS)('%s holds for %j and not for %j', (id, bad, good) => {
    expect(found(bad)).toContain(id);
    expect(found(good)).not.toContain(id);
  });

  test('is tried here, has a source, and says what to do', () => {
    expect(new Set(ROWS.map(([id]) => id))).toEqual(new Set(KNOWN_DEFECTS.map(({ id }) => id)));
    for (const { source, remedy, severity, maxSentBytes: bytes } of KNOWN_DEFECTS) {
      expect(source).not.toBe('');
      expect(remedy).toMatch(/^use /);
      expect(bytes !== undefined).toBe(severity === 'deadline');
    }
  });

  test('says nothing where nothing is known', () => {
    const unknown = { qemu: undefined, libvirt: undefined };
    const all = {
      tls: true,
      postCopy: true,
      vfio: true,
      threadsPerCore: 2,
      virtioVideo: true,
      emulatedTpm: true,
    };
    const conditions: DefectConditions = {
      ...{ ...GOOD, source: unknown, destination: unknown, accelerator: 'tcg' },
      ...all,
    };
    expect(knownDefects(conditions)).toEqual([]);
    expect(found({})).toEqual([]);
  });
});

describe('what is said of them', () => {
  const conditions: DefectConditions = {
    ...GOOD,
    accelerator: 'tcg',
    tls: true,
    source: { qemu: [7, 2, 0], libvirt: undefined },
  };
  const defects = knownDefects(conditions);

  test('what loses memory refuses, what has a deadline is told with it', () => {
    const { findings, notes, maxSentBytes: bytes } = defectFindings(defects, false);
    expect(findings).toMatchObject([{ code: 'loses-writes', message: expect.stringContaining('--force') }]);
    expect(notes).toEqual([expect.stringContaining('--parallel')]);
    expect(bytes).toBe(55e9);
  });

  test('--force makes notes of refusals', () => {
    const { findings, notes } = defectFindings(defects, true);
    expect(findings).toEqual([]);
    expect(notes).toHaveLength(2);
  });

  test('without a deadline there is none', () => expect(maxSentBytes(knownDefects(GOOD))).toBeUndefined());
});
