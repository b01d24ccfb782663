/** What the API answers, as the page uses it. Times in milliseconds, sizes in bytes. */

export type Role = 'view' | 'operate' | 'admin';

export interface Session {
  readonly version: string;
  readonly role: Role;
  readonly name: string;
  /** What is shown is simulated. */
  readonly demo: boolean;
  /** It keeps drains: it has a database. */
  readonly drains: boolean;
  /** ISO 8601. */
  readonly serverTime: string;
}

/** What can be asked for of one that runs. */
export type Action = 'cancel' | 'limits' | 'switchover';

export const OUTCOMES = ['completed', 'aborted', 'cancelled', 'failed', 'detached'] as const;
export type OutcomeName = (typeof OUTCOMES)[number];

export const REASON_CODES = [
  'needs-a-person',
  'needs-longer-pause',
  'pause-over-limit',
  'braked',
  'post-copy',
  'connection-lost',
  'warning',
] as const;

export interface Reason {
  readonly code: string;
  readonly words: string;
  readonly remedy: string | null;
}

/** When the guest is to run on the destination, counted from the start of its migration. */
export interface ForecastEnd {
  readonly lowMs: number;
  /** Null: at which stop is not known. */
  readonly likelyMs: number | null;
  /** Null: no end is certain. */
  readonly highMs: number | null;
}

export interface MigrationSummary {
  readonly id: string;
  /** The guest's name. */
  readonly vm: string;
  readonly vmUuid: string | null;
  readonly source: string;
  readonly destination: string | null;
  readonly policy: string;
  readonly origin: 'migrate' | 'attach';
  readonly startedAt: string;
  readonly updatedAt: string;
  /** Rises at each change. */
  readonly revision: number;
  /** The journal's word: `copying`, `switching-over`, and so on. */
  readonly state: string;
  readonly final: boolean;
  readonly outcome: OutcomeName | null;
  readonly runsOn: 'source' | 'destination' | 'nowhere' | 'unknown' | null;
  /** The service follows it: only then can it be acted on. */
  readonly followed: boolean;
  readonly pass: number | null;
  readonly elapsedMs: number;
  readonly remainingBytes: number | null;
  readonly sentBytes: number;
  readonly memoryBytes: number;
  readonly transferBytesPerSecond: number | null;
  readonly dirtyBytesPerSecond: number | null;
  readonly forecastPauseMs: number | null;
  /** Null: over, or not known yet. */
  readonly forecastEndMs: ForecastEnd | null;
  readonly downtimeMs: number;
  readonly maxDowntimeMs: number;
  /** Cap of its passes; null: none was asked for. */
  readonly bandwidthBytesPerSecond: number | null;
  readonly pauseMs: number | null;
  readonly encrypted: boolean | null;
  readonly braked: boolean;
  readonly waitsFor: string;
  readonly requestedBy: string | null;
  readonly reason: string | null;
  readonly correlationId: string | null;
  readonly reasons: readonly Reason[];
  readonly actions: readonly Action[];
}

/** A sample between the boundaries of passes. */
export interface TickRecord {
  readonly atMs: number;
  readonly remainingBytes: number;
  readonly sentBytes: number;
}

export interface MigrationDetail extends MigrationSummary {
  readonly ticks: readonly TickRecord[];
}

export interface MigrationPage {
  readonly migrations: readonly MigrationSummary[];
  /** To ask for older ones with; null: there are none. */
  readonly next: string | null;
  /** Why older ones may lack; left out: they do not. */
  readonly problem?: string;
}

/** What a plan and a start have in common. */
interface Wish {
  readonly vm: string;
  readonly connect?: string;
  readonly migrateUri?: string;
  readonly listenUri?: string;
  readonly policy?: string;
  readonly downtimeMs?: number;
  readonly maxDowntimeMs?: number;
  readonly timeoutMs?: number;
  readonly bandwidthBytesPerSecond?: number;
  readonly lineRateBytesPerSecond?: number;
  readonly overBudget?: string;
}

export interface StartRequest extends Wish {
  readonly destination: string;
  readonly reason?: string;
  readonly correlationId?: string;
}

export interface PlanRequest extends Wish {
  readonly destination?: string;
}

export interface LimitsRequest {
  readonly downtimeMs?: number;
  readonly maxDowntimeMs?: number;
  /** Null: none. */
  readonly bandwidthBytesPerSecond?: number | null;
}

export interface Host {
  /** libvirt's URI of it. */
  readonly host: string;
  /** Why nothing is known of it now. */
  readonly problem: string | null;
  /** By somebody's word no drain moves a VM there. */
  readonly cordon: { readonly by: string; readonly reason: string | null; readonly since: string } | null;
  /** The id of the one that empties it. */
  readonly drain: string | null;
  readonly vms: readonly HostedVm[];
}

export interface HostedVm {
  readonly uuid: string | null;
  readonly name: string;
  readonly state: 'running' | 'paused';
  readonly memoryBytes: number | null;
  /** The id of the one that goes on. */
  readonly migration: string | null;
}

export interface Estimate {
  readonly low: number;
  readonly likely: number;
  readonly high: number;
}

export interface Rehearsal {
  readonly policy: string;
  readonly end: 'completed' | 'gives-up' | 'never-ends';
  readonly completes: 'in-all-cases' | 'in-some-cases' | 'in-no-case';
  /** Null unless it completes. */
  readonly totalMs: Estimate | null;
  readonly sentBytes: Estimate | null;
  readonly pauseMs: Estimate | null;
  readonly brownOut: { readonly ms: number; readonly percent: number } | null;
  readonly usedMeans: readonly string[];
  readonly neededPauseMs: number | null;
  readonly reason: string;
}

export interface Plan {
  readonly vm: string;
  readonly destination: string | null;
  readonly verdict: 'converges' | 'memory-intensive' | 'not-possible' | 'not-known';
  readonly sentence: string;
  /** What forbids it. */
  readonly findings: readonly { readonly code: string; readonly message: string }[];
  readonly notes: readonly string[];
  readonly knownBy: {
    readonly tookMs: number;
    readonly probes: readonly unknown[];
    readonly probeRefusal: string | null;
    readonly earlierPasses: number;
    readonly earlierTransfers: number;
  };
  readonly chosen: Rehearsal | null;
  readonly others: readonly Rehearsal[];
  readonly waysOut: readonly { readonly option: string; readonly rehearsal: Rehearsal }[];
  readonly limits: { readonly downtimeMs: number; readonly maxDowntimeMs: number };
}

export interface ReplayRequest {
  readonly policies?: readonly string[];
  readonly downtimeMs?: number;
  readonly maxDowntimeMs?: number;
}

/** What another policy would have done with what was seen. */
export interface Outlook {
  readonly policy: string;
  readonly verdict: string;
  readonly pass: number;
  readonly atMs: number;
  readonly remainingBytes: number;
  readonly sentBytes: number;
  readonly pauseForecastMs?: number;
  readonly reason: string;
}

export interface AuditEntry {
  readonly time: string;
  readonly who: string;
  readonly role: string;
  /** Null: the socket. */
  readonly from: string | null;
  readonly did: string;
  readonly migration: string | null;
  readonly drain?: string | null;
  readonly asked: Readonly<Record<string, unknown>>;
  readonly reason: string | null;
  /** `asked`; then `done`, or the code of the problem. */
  readonly cameTo: string;
}
