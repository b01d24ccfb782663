/** What QEMU has to make post-copy cheaper, and to tell what it cost: when both ends can use it. Pure. */
import type { Capabilities, PostCopyHelp } from './start.ts';
import { isAtLeast, type QemuVersion } from './version.ts';

interface End {
  readonly version: QemuVersion;
  readonly capabilities: Capabilities;
}

export interface PostCopyEnds {
  readonly source: End;
  readonly destination: End & {
    /** It opened its port before we came. */
    readonly listens: boolean;
    /** `cpu-index` of each vCPU. */
    readonly cpuIndexes: readonly number[];
    /** vCPUs that it was started with; undefined where it does not say. */
    readonly bootCpus: number | undefined;
  };
  /** The same at both ends. */
  readonly machineType: string | undefined;
  /** Where the source sends to, and where the destination listens. */
  readonly uris: readonly string[];
}

/**
 * Before 8.0 the second channel could be taken for the first, and a source could hang at its end; machine types of then
 * still open it so (x-preempt-pre-7-2 in hw/core/machine.c).
 */
const PREEMPT_SINCE = [8, 0] as const;
/** Of QEMU's own machine types, like `pc-q35-9.2`; a distributor's have other numbers. */
const OWN_MACHINE_TYPE = /-(\d+)\.(\d+)$/;
/** On these the destination accepts a second connection (migration_needs_multiple_sockets). */
const SEVERAL_CONNECTIONS = /^(?:tcp|unix|vsock):/;

export function postCopyHelp(ends: PostCopyEnds): PostCopyHelp {
  return { preempt: canPreempt(ends), blocktime: canCountBlocktime(ends) };
}

/** A page that the guest waits for overtakes the others: it gets a channel of its own (migrate_caps_check). */
function canPreempt({ source, destination, machineType, uris }: PostCopyEnds): boolean {
  const all = [source, destination];
  return (
    all.every(({ capabilities }) => capabilities.has('postcopy-preempt')) &&
    all.every(({ capabilities }) => capabilities.get('compress') !== true) &&
    all.every(({ version }) => isAtLeast(version, ...PREEMPT_SINCE)) &&
    !isOlderMachine(machineType) &&
    uris.every((uri) => SEVERAL_CONNECTIONS.test(uri)) &&
    // "Postcopy preempt must be set before incoming starts".
    (!destination.listens || destination.capabilities.get('postcopy-preempt') === true)
  );
}

function isOlderMachine(machineType: string | undefined): boolean {
  const [, major, minor] = OWN_MACHINE_TYPE.exec(machineType ?? '') ?? [];
  if (major === undefined || minor === undefined) return false;
  return !isAtLeast({ major: Number(major), minor: Number(minor), micro: 0, package: '' }, ...PREEMPT_SINCE);
}

/**
 * The destination counts for as many vCPUs as it was started with, and writes past the end of that for one that was plugged
 * in (blocktime_context_new and mark_postcopy_blocktime_begin in migration/postcopy-ram.c, 10.1 still).
 */
function canCountBlocktime({ destination }: PostCopyEnds): boolean {
  const { capabilities, cpuIndexes, bootCpus = 0 } = destination;
  return capabilities.has('postcopy-blocktime') && cpuIndexes.every((index) => index < bootCpus);
}
