/**
 * The commands of QEMU that a migration controller needs, as QEMU 7.2 to 11.1 take them (qapi/migration.json,
 * run-state.json, control.json, machine.json, yank.json); what they answer is in `replies.ts`. Types only.
 *
 * Names are QEMU's own, and so are units: they stand on each field.
 */
import type { Reply } from './replies.ts';

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

export type MigrationInfo = Reply<'query-migrate'>;

type MigrationParameters = Reply<'query-migrate-parameters'>;

type MigrationCapabilityStatus = Reply<'query-migrate-capabilities'>[number];

// --- Endpoints ---

interface SocketAddress {
  readonly type: 'inet' | 'unix' | 'vsock' | 'fd';
  readonly host?: string;
  /** A decimal string, as QEMU has it. */
  readonly port?: string;
  readonly path?: string;
  readonly cid?: string;
  readonly str?: string;
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

// --- Yank ---

export type YankInstance =
  | { readonly type: 'migration' }
  | { readonly type: 'chardev'; readonly id: string }
  | { readonly type: 'block-node'; readonly 'node-name': string };

// --- The map ---

/**
 * Every known command: its arguments (undefined among them if they may be left out) and its reply, which is unknown
 * where nobody reads it.
 */
export interface QmpCommands {
  'query-status': { args: undefined; reply: Reply<'query-status'> };
  'query-name': { args: undefined; reply: Reply<'query-name'> };
  'query-cpus-fast': { args: undefined; reply: Reply<'query-cpus-fast'> };
  'query-uuid': { args: undefined; reply: Reply<'query-uuid'> };
  /** Deprecated since 11.0. */
  'query-kvm': { args: undefined; reply: Reply<'query-kvm'> };
  /** Since 10.2. */
  'query-accelerators': { args: undefined; reply: Reply<'query-accelerators'> };
  'qom-list': { args: { readonly path: string }; reply: Reply<'qom-list'> };
  'qom-get': { args: { readonly path: string; readonly property: string }; reply: unknown };
  'object-add': { args: NewObject; reply: unknown };
  'object-del': { args: { readonly id: string }; reply: unknown };
  'query-memory-size-summary': { args: undefined; reply: Reply<'query-memory-size-summary'> };
  stop: { args: undefined; reply: unknown };
  cont: { args: undefined; reply: unknown };
  quit: { args: undefined; reply: unknown };

  'query-migrate': { args: undefined; reply: Reply<'query-migrate'> };
  'query-migrate-parameters': { args: undefined; reply: Reply<'query-migrate-parameters'> };
  'query-migrate-capabilities': { args: undefined; reply: Reply<'query-migrate-capabilities'> };
  'migrate-set-parameters': { args: Partial<MigrationParameters>; reply: unknown };
  'migrate-set-capabilities': {
    args: { readonly capabilities: readonly MigrationCapabilityStatus[] };
    reply: unknown;
  };
  migrate: { args: MigrationEndpoint & { readonly resume?: boolean }; reply: unknown };
  /** `exit-on-error` since 9.1. Needs `-incoming defer`. */
  'migrate-incoming': { args: MigrationEndpoint & { readonly 'exit-on-error'?: boolean }; reply: unknown };
  /** Succeeds even if no migration runs. */
  migrate_cancel: { args: undefined; reply: unknown };
  'migrate-start-postcopy': { args: undefined; reply: unknown };
  'migrate-pause': { args: undefined; reply: unknown };
  'migrate-recover': { args: { readonly uri: string }; reply: unknown };

  'calc-dirty-rate': { args: CalcDirtyRate; reply: unknown };
  /** `calc-time-unit` since 8.2. */
  'query-dirty-rate': {
    args: { readonly 'calc-time-unit'?: 'second' | 'millisecond' } | undefined;
    reply: Reply<'query-dirty-rate'>;
  };

  /** Out of band. Shuts the migration's sockets: it goes to 'failed', not 'cancelled'. */
  yank: { args: { readonly instances: readonly YankInstance[] }; reply: unknown };
}
