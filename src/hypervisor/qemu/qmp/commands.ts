/**
 * The commands of QEMU that a migration controller needs, as QEMU 7.2 to 10.2 take and answer them
 * (qapi/migration.json, run-state.json, control.json, machine.json, yank.json). Types only.
 *
 * Names are QEMU's own, and so are units: they stand on each field. A field that some version in that range
 * does not send is optional, with the version. Fields that are not listed here are still there at run time:
 * nothing is filtered. A newer QEMU may also send strings that an enumeration here does not list.
 *
 * Integers above 2^53 are rounded by JSON.parse. It matters for one field only: libvirt sets `max-bandwidth`
 * to 2^63-1 for "unlimited", which reads as 2^63 and can be written back so.
 */

import type { MigrationStatus } from '../../migration-status.ts';

/** A command that returns nothing. */
type Nothing = Record<string, never>;

// --- State of the virtual machine ---

export type QemuRunState =
  | 'debug'
  | 'inmigrate'
  | 'internal-error'
  | 'io-error'
  | 'paused'
  | 'postmigrate'
  | 'prelaunch'
  | 'finish-migrate'
  | 'restore-vm'
  | 'running'
  | 'save-vm'
  | 'shutdown'
  | 'suspended'
  | 'watchdog'
  | 'guest-panicked'
  | 'colo';

export interface StatusInfo {
  /** The vCPUs run. */
  readonly running: boolean;
  readonly status: QemuRunState;
}

export interface MemorySizeSummary {
  /** Bytes, from -m. */
  readonly 'base-memory': number;
  /** Bytes of hot-plugged memory; absent if this target has none. */
  readonly 'plugged-memory'?: number;
}

// --- Migration: progress ---

/**
 * Counters of `query-migrate.ram`. `remaining` and `dirty-pages-rate` are snapshots, not predictions: in
 * mid-pass `remaining` leaves out what the guest has dirtied since the last bitmap sync, and
 * `dirty-pages-rate` is 0 until the first pass has ended.
 */
export interface MigrationRamStats {
  /** Bytes sent. */
  readonly transferred: number;
  /** Bytes still to send in this pass. */
  readonly remaining: number;
  /** Bytes of guest memory. */
  readonly total: number;
  /** Zero pages. */
  readonly duplicate: number;
  /** Pages sent whole. */
  readonly normal: number;
  /** Bytes. */
  readonly 'normal-bytes': number;
  /** Distinct pages newly dirtied per second, over the time since the last counted sync. */
  readonly 'dirty-pages-rate': number;
  /** Megabits (10^6) per second, over the last 100 ms. */
  readonly mbps: number;
  /** Bitmap syncs so far. */
  readonly 'dirty-sync-count': number;
  /** Bytes. */
  readonly 'page-size': number;
  readonly 'pages-per-second': number;
  readonly 'precopy-bytes': number;
  /** Bytes sent while the guest was stopped by the switchover. */
  readonly 'downtime-bytes': number;
}

export interface SocketAddress {
  readonly type: 'inet' | 'unix' | 'vsock' | 'fd';
  readonly host?: string;
  /** A decimal string, as QEMU has it. */
  readonly port?: string;
  readonly path?: string;
  readonly cid?: string;
  readonly str?: string;
}

export interface MigrationInfo {
  /** Absent before the first migration of this QEMU. */
  readonly status?: MigrationStatus;
  /** On the source, from 'active' on. */
  readonly ram?: MigrationRamStats;
  readonly vfio?: { readonly transferred: number };
  /** Milliseconds. */
  readonly 'total-time'?: number;
  /** Milliseconds. */
  readonly 'setup-time'?: number;
  /** Milliseconds, while active: memory to send after the last sync over the bandwidth of the last 100 ms. */
  readonly 'expected-downtime'?: number;
  /** Milliseconds, once completed. Counted from QEMU's own switchover: wrong after `stop`. */
  readonly downtime?: number;
  /** Present once auto-converge has begun to throttle. */
  readonly 'cpu-throttle-percentage'?: number;
  readonly 'error-desc'?: string;
  /** Present and not empty if this QEMU cannot be migrated now. */
  readonly 'blocked-reasons'?: readonly string[];
  /** On the destination, completed, with `postcopy-blocktime` on. Milliseconds in which all vCPUs waited for pages. */
  readonly 'postcopy-blocktime'?: number;
  /** The same of each vCPU. */
  readonly 'postcopy-vcpu-blocktime'?: readonly number[];
  /** Since 10.1, unstable. Nanoseconds from asking for a page to having it, on average; 0: none was asked for. */
  readonly 'postcopy-latency'?: number;
  /** On the destination: where it listens. */
  readonly 'socket-address'?: readonly SocketAddress[];
}

// --- Migration: settings ---

export interface MigrationCapabilityStatus {
  /** Such as 'events', 'auto-converge', 'postcopy-ram', 'multifd', 'switchover-ack' (8.1). */
  readonly capability: string;
  readonly state: boolean;
}

export interface MigrationParameters {
  /** Milliseconds. */
  readonly 'downtime-limit': number;
  /** Bytes per second; does not limit the stop-and-copy. */
  readonly 'max-bandwidth': number;
  /** Since 8.2. Bytes per second; 0: QEMU estimates. */
  readonly 'avail-switchover-bandwidth'?: number;
  /** Bytes per second; 0: no limit. */
  readonly 'max-postcopy-bandwidth': number;
  readonly 'multifd-channels': number;
  readonly 'multifd-compression': 'none' | 'zlib' | 'zstd' | 'qatzip' | 'qpl' | 'uadk';
  /** Percent. */
  readonly 'throttle-trigger-threshold': number;
  /** Percent. */
  readonly 'cpu-throttle-initial': number;
  /** Percent. */
  readonly 'cpu-throttle-increment': number;
  readonly 'cpu-throttle-tailslow': boolean;
  /** Percent. */
  readonly 'max-cpu-throttle': number;
  readonly 'tls-creds': string;
  readonly 'tls-hostname': string;
  readonly 'tls-authz': string;
}

/** Since 8.2. */
export interface MigrationChannel {
  readonly 'channel-type': 'main' | 'cpr';
  readonly addr:
    | ({ readonly transport: 'socket' } & SocketAddress)
    | { readonly transport: 'exec'; readonly args: readonly string[] }
    | { readonly transport: 'file'; readonly filename: string; readonly offset: number };
}

/** Where the migration stream goes to or comes from: exactly one of the two. */
export type MigrationEndpoint =
  | { readonly uri: string; readonly channels?: never }
  | { readonly channels: readonly MigrationChannel[]; readonly uri?: never };

// --- Objects ---

/** Of `object-add`. */
export type NewObject =
  | {
      readonly 'qom-type': 'tls-creds-x509';
      readonly id: string;
      /** On the host of that QEMU, from its root. */
      readonly dir: string;
      readonly endpoint: 'client' | 'server';
      readonly 'verify-peer': boolean;
    }
  | {
      readonly 'qom-type': 'authz-list';
      readonly id: string;
      readonly policy: 'allow' | 'deny';
      readonly rules: readonly {
        readonly match: string;
        readonly policy: 'allow' | 'deny';
        readonly format: 'exact' | 'glob';
      }[];
    };

// --- Dirty rate ---

export type DirtyRateMode = 'page-sampling' | 'dirty-ring' | 'dirty-bitmap';

export interface CalcDirtyRate {
  /** In `calc-time-unit`: whole seconds 1 to 60 before 8.2. */
  readonly 'calc-time': number;
  /** Since 8.2; default 'second'. */
  readonly 'calc-time-unit'?: 'second' | 'millisecond';
  /** Pages for each GiB. */
  readonly 'sample-pages'?: number;
  readonly mode?: DirtyRateMode;
}

export interface DirtyRateInfo {
  readonly status: 'unstarted' | 'measuring' | 'measured';
  /** MiB/s; present once 'measured'. */
  readonly 'dirty-rate'?: number;
  /** Seconds, by the host's monotonic clock: not a time of day. */
  readonly 'start-time': number;
  /** In `calc-time-unit`, seconds before 8.2. */
  readonly 'calc-time': number;
  /** Since 8.2. */
  readonly 'calc-time-unit'?: 'second' | 'millisecond';
  readonly 'sample-pages': number;
  readonly mode: DirtyRateMode;
}

// --- Yank ---

export type YankInstance =
  | { readonly type: 'migration' }
  | { readonly type: 'chardev'; readonly id: string }
  | { readonly type: 'block-node'; readonly 'node-name': string };

// --- The map ---

/** Every known command: its arguments (undefined among them if they may be left out) and its reply. */
export interface QmpCommands {
  'query-status': { args: undefined; reply: StatusInfo };
  'query-name': { args: undefined; reply: { readonly name?: string } };
  'query-cpus-fast': {
    args: undefined;
    reply: readonly { readonly 'cpu-index': number; readonly 'thread-id': number }[];
  };
  'query-uuid': { args: undefined; reply: { readonly UUID: string } };
  /** Deprecated since 11.0. */
  'query-kvm': { args: undefined; reply: { readonly enabled: boolean; readonly present: boolean } };
  /** Since 10.2. */
  'query-accelerators': {
    args: undefined;
    reply: { readonly enabled: string; readonly present: readonly string[] };
  };
  'qom-list': {
    args: { readonly path: string };
    reply: readonly { readonly name: string; readonly type: string }[];
  };
  'qom-get': { args: { readonly path: string; readonly property: string }; reply: unknown };
  'object-add': { args: NewObject; reply: Nothing };
  'object-del': { args: { readonly id: string }; reply: Nothing };
  'query-memory-size-summary': { args: undefined; reply: MemorySizeSummary };
  stop: { args: undefined; reply: Nothing };
  cont: { args: undefined; reply: Nothing };
  quit: { args: undefined; reply: Nothing };

  'query-migrate': { args: undefined; reply: MigrationInfo };
  'query-migrate-parameters': { args: undefined; reply: MigrationParameters };
  'query-migrate-capabilities': { args: undefined; reply: readonly MigrationCapabilityStatus[] };
  'migrate-set-parameters': { args: Partial<MigrationParameters>; reply: Nothing };
  'migrate-set-capabilities': {
    args: { readonly capabilities: readonly MigrationCapabilityStatus[] };
    reply: Nothing;
  };
  migrate: { args: MigrationEndpoint & { readonly resume?: boolean }; reply: Nothing };
  /** `exit-on-error` since 9.1. Needs `-incoming defer`. */
  'migrate-incoming': { args: MigrationEndpoint & { readonly 'exit-on-error'?: boolean }; reply: Nothing };
  /** Succeeds even if no migration runs. */
  migrate_cancel: { args: undefined; reply: Nothing };
  'migrate-start-postcopy': { args: undefined; reply: Nothing };
  'migrate-pause': { args: undefined; reply: Nothing };
  'migrate-recover': { args: { readonly uri: string }; reply: Nothing };

  'calc-dirty-rate': { args: CalcDirtyRate; reply: Nothing };
  /** `calc-time-unit` since 8.2. */
  'query-dirty-rate': {
    args: { readonly 'calc-time-unit'?: 'second' | 'millisecond' } | undefined;
    reply: DirtyRateInfo;
  };

  /** Out of band. Shuts the migration's sockets: it goes to 'failed', not 'cancelled'. */
  yank: { args: { readonly instances: readonly YankInstance[] }; reply: Nothing };
}
