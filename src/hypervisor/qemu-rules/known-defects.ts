/**
 * Combinations of versions and settings that are known to be bad, each with where that is written. One table for the
 * pre-flight of every driver, `--dry-run` and the log of `watch`. Pure.
 *
 * `refuse`: memory is lost, or the migration fails for certain; `--force` migrates all the same.
 * `deadline`: all is well until so much was sent: {@link KnownDefect.maxSentBytes}.
 * `warn`: something that we promise may not be held, or fails only now and then.
 */
import { type CheckReport, type RefusalCode, RefusedError } from '../hypervisor.ts';

/** Major, minor, micro. */
export type Version = readonly [number, number, number];

/** What runs at one end; undefined: not known, and then nothing is said of it. */
export interface EndVersions {
  readonly qemu: Version | undefined;
  /** Undefined also where no libvirt drives. */
  readonly libvirt: Version | undefined;
}

export interface DefectConditions {
  readonly source: EndVersions;
  readonly destination: EndVersions;
  readonly accelerator: 'kvm' | 'tcg';
  readonly tls: boolean;
  /** Several streams: multifd, `--parallel`. */
  readonly parallel: boolean;
  readonly postCopy: boolean;
  /** A VFIO device stays plugged. */
  readonly vfio: boolean;
  /** Of each core of the guest; undefined: not known. */
  readonly threadsPerCore?: number | undefined;
  readonly virtioVideo?: boolean;
  readonly emulatedTpm?: boolean;
}

export interface KnownDefect {
  readonly id: string;
  readonly severity: 'refuse' | 'warn' | 'deadline';
  readonly code: RefusalCode;
  applies(conditions: DefectConditions): boolean;
  /** What is wrong, as the beginning of a sentence. */
  readonly words: string;
  readonly remedy: string;
  /** Where it is written. */
  readonly source: string;
  /** Of a `deadline`: by then the migration has to have ended. */
  readonly maxSentBytes?: number;
}

const GB = 1e9;

export const KNOWN_DEFECTS: readonly KnownDefect[] = [
  {
    // Every dirty-bitmap sync drops later writes: its fast path clears the bits without resetting TCG's TLB.
    id: 'tcg-loses-writes',
    severity: 'refuse',
    code: 'loses-writes',
    applies: ({ accelerator, source }) => accelerator === 'tcg' && isBefore(source.qemu, 9, 0),
    words:
      'QEMU before 9.0 loses guest writes when it migrates a guest without KVM (TCG): the guest would arrive with corrupted memory',
    remedy: 'use QEMU 9.0 or newer, or KVM',
    source: 'QEMU, "physmem: Fix migration dirty bitmap coherency with TCG memory access"',
  },
  {
    id: 'tls-rekey-crash',
    severity: 'deadline',
    code: 'known-defect',
    // libvirt and we always have a return path, whose thread uses the same TLS session.
    applies: ({ tls, parallel, source }) => tls && !parallel && isBefore(source.qemu, 10, 1),
    words:
      'QEMU before 10.1 can crash at the source once some 64 GB have gone through one TLS stream (GnuTLS changes its keys then): the migration has to end before 55 GB are sent',
    remedy: 'use several streams (--parallel; multifd), which avoid it, or QEMU 10.1',
    source:
      'QEMU issue 1937; commits 24ad5e19, eb3618e9 and "migration: fix workaround for gnutls thread safety"',
    maxSentBytes: 55 * GB,
  },
  {
    id: 'missed-last-sync',
    severity: 'warn',
    code: 'known-defect',
    applies: ({ source }) => isWithin(source.qemu, [10, 1], [11, 1]),
    words:
      'QEMU 10.1 to 11.0 now and then stops the guest without its last look at what is dirty: the pause may be longer than allowed',
    remedy: 'use QEMU 11.1 at the source',
    source: 'QEMU, "migration: Fix low possibility downtime violation" (since commit 7aaa1fc072)',
  },
  {
    id: 'vfio-not-counted',
    severity: 'warn',
    code: 'known-defect',
    applies: ({ vfio, source }) => vfio && isBefore(source.qemu, 11, 1),
    words:
      'the guest has a VFIO device, whose state QEMU before 11.1 does not tell: no pause can be promised for it',
    remedy: 'use QEMU 11.1, or a card that the guest may lose (<teaming type="transient">)',
    source: 'QEMU, "migration/qapi: Introduce system-wide "remaining" reports"',
  },
  {
    id: 'libvirt-hyper-threads',
    severity: 'refuse',
    code: 'known-defect',
    applies: ({ destination, threadsPerCore = 1 }) =>
      threadsPerCore > 1 && isBefore(destination.libvirt, 11, 10) && isAtLeast(destination.qemu, 10, 0),
    words:
      'libvirt before 11.10 does not take a guest with several threads a core on QEMU 10.0 or newer ("extra features: ht")',
    remedy: 'use libvirt 11.10 at the destination',
    source: 'libvirt NEWS 11.10.0',
  },
  {
    id: 'libvirt-oldest-qemu',
    severity: 'refuse',
    code: 'known-defect',
    applies: ({ destination }) => isAtLeast(destination.libvirt, 12, 4) && isBefore(destination.qemu, 7, 2),
    words: 'libvirt 12.4 and newer drive no QEMU before 7.2, and the destination has an older one',
    remedy: 'use QEMU 7.2 at the destination',
    source: 'libvirt NEWS 12.4.0',
  },
  {
    id: 'libvirt-post-copy-resume',
    severity: 'warn',
    code: 'known-defect',
    applies: ({ postCopy, destination }) => postCopy && isWithin(destination.libvirt, [11, 2], [11, 4]),
    words:
      'libvirt 11.2 and 11.3 crash at the destination when a post-copy that broke is resumed, which is the only way to save such a guest',
    remedy: 'use libvirt 11.4 at the destination, or no post-copy',
    source: 'libvirt NEWS 11.4.0',
  },
  {
    id: 'libvirt-virtio-video',
    severity: 'warn',
    code: 'known-defect',
    applies: ({ virtioVideo, source, destination }) =>
      virtioVideo === true && (isBefore(source.libvirt, 12, 5) || isBefore(destination.libvirt, 12, 5)),
    words:
      'libvirt before 12.5 does not note which model of virtio video card a guest has: hosts that choose differently refuse it',
    remedy: 'use libvirt 12.5, or the same QEMU on both hosts',
    source: 'libvirt NEWS 12.5.0',
  },
  {
    id: 'libvirt-tpm-on-nfs',
    severity: 'warn',
    code: 'known-defect',
    applies: ({ emulatedTpm, source, destination }) =>
      emulatedTpm === true && (isBefore(source.libvirt, 12, 0) || isBefore(destination.libvirt, 12, 0)),
    words: 'libvirt before 12.0 does not migrate a guest whose emulated TPM has its state on NFS',
    remedy: 'use libvirt 12.0, or see that the state of the TPM is on a disk of the host',
    source: 'libvirt NEWS 12.0.0',
  },
];

/** @returns the rows that hold, in the order of the table */
export function knownDefects(conditions: DefectConditions): KnownDefect[] {
  return KNOWN_DEFECTS.filter((defect) => defect.applies(conditions));
}

/** A sentence where a migration from this QEMU could lose writes of the guest: {@link GuestFacts.losesWrites}. */
export function losesWritesUnder(accelerator: 'kvm' | 'tcg', qemu: Version | undefined): string | undefined {
  const end = { qemu, libvirt: undefined };
  const settings = { tls: false, parallel: false, postCopy: false, vfio: false };
  const conditions = { source: end, destination: end, accelerator, ...settings };
  return knownDefects(conditions).find(({ code }) => code === 'loses-writes')?.words;
}

/** One sentence with its remedy. */
export function defectSentence({ words, remedy }: KnownDefect): string {
  return `${words}; ${remedy}`;
}

/** What a pre-flight says of them. */
export function defectFindings(
  defects: readonly KnownDefect[],
  force: boolean,
): Pick<CheckReport, 'findings' | 'notes' | 'maxSentBytes'> {
  const refusing = defects.filter(({ severity }) => severity === 'refuse');
  const telling = defects.filter(({ severity }) => severity !== 'refuse');
  return {
    findings: force
      ? []
      : refusing.map(
          (defect) =>
            new RefusedError(defect.code, `${defectSentence(defect)} (--force migrates all the same)`),
        ),
    notes: [...(force ? refusing : []), ...telling].map(defectSentence),
    maxSentBytes: maxSentBytes(defects),
  };
}

/** By when the migration has to have ended; undefined: nothing says so. */
export function maxSentBytes(defects: readonly KnownDefect[]): number | undefined {
  const deadlines = defects.flatMap((defect) => defect.maxSentBytes ?? []);
  return deadlines.length === 0 ? undefined : Math.min(...deadlines);
}

function isBefore(version: Version | undefined, major: number, minor: number): boolean {
  return version !== undefined && (version[0] < major || (version[0] === major && version[1] < minor));
}

function isAtLeast(version: Version | undefined, major: number, minor: number): boolean {
  return version !== undefined && !isBefore(version, major, minor);
}

function isWithin(
  version: Version | undefined,
  from: readonly [number, number],
  before: readonly [number, number],
): boolean {
  return isAtLeast(version, ...from) && isBefore(version, ...before);
}
