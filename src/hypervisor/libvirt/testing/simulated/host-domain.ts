/** A domain as its host's libvirtd keeps it on disk, where a libvirtd that is started again finds it; and its XML. */

/** Those of libvirt's phases of a job that are kept: what a restart makes of them differs. */
export type JobPhase =
  | 'begin3'
  | 'perform3'
  | 'perform3_done'
  | 'confirm3_cancelled'
  | 'confirm3'
  | 'prepare'
  | 'finish3';

export interface DomainJob {
  readonly way: 'out' | 'in';
  phase: JobPhase;
  readonly beganMs: number;
  /** The guest ran as it began. */
  readonly wasRunning: boolean;
  /** QEMU's limit as it began, to which libvirt itself resets it where the guest stays. */
  formerLimitMs?: number;
  /** Not kept on disk in truth; a libvirtd that is started again ends the job before it could matter. */
  abortAsked: boolean;
}

export interface HostDomain {
  readonly name: string;
  readonly uuid: string;
  /** It has a definition, and is shut off where it does not run. */
  readonly persistent: boolean;
  state: 'running' | 'paused' | 'shut off';
  reason: string;
  job: DomainJob | undefined;
  /** `migrate-setspeed`, for all of its migrations that ask for no bandwidth. */
  speedMebibytes: number;
  /** What stands in its metadata under our namespace; empty: nothing. */
  mark: string;
}

/** Of a domain for which nobody has set one. */
export const UNLIMITED_MEBIBYTES = 2 ** 43 - 1;

/** What virsh says instead of an answer. */
export class LibvirtRefusal extends Error {
  override readonly name = 'LibvirtRefusal';
}

export const NOT_RUNNING = 'Requested operation is not valid: domain is not running';
export const LOCKED =
  'Timed out during operation: cannot acquire state change lock (held by monitor=remoteDispatchDomainMigratePerform3Params)';

export function domainXml({ name, uuid }: HostDomain, memoryBytes: number): string {
  return `<domain type='kvm' id='1'>
  <name>${name}</name>
  <uuid>${uuid}</uuid>
  <memory unit='b'>${memoryBytes}</memory>
  <os><type arch='x86_64' machine='pc-q35-10.0'>hvm</type></os>
  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator></devices>
</domain>
`;
}
