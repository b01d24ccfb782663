/** What the API answers of drains, as the page uses it. Times are ISO 8601, sizes in bytes. */
import type { Estimate, Reason } from './api-types.ts';

export type DrainAction = 'pause' | 'resume' | 'cancel' | 'release' | 'return';
export type VmAction = 'retry' | 'allow-pause' | 'decide';
/** What a person may say of a VM, whatever its own word is. */
export type Decision = 'move' | 'shutdown' | 'shutdown-and-return' | 'leave';
export type DrainState = 'waiting' | 'draining' | 'paused' | 'blocked' | 'empty' | 'ended';
export type DrainVmState =
  | ('queued' | 'moving' | 'stopping' | 'moved' | 'off')
  | ('held' | 'left' | 'gone' | 'unknown');

export interface DrainSummary {
  readonly id: string;
  /** Its libvirt URI. */
  readonly host: string;
  /** `return`: what had left the host comes back to it. */
  readonly kind: 'drain' | 'return';
  readonly state: DrainState;
  readonly words: string;
  readonly outcome: 'released' | 'returned' | 'cancelled' | 'expired' | null;
  readonly requestedBy: string;
  readonly reason: string | null;
  readonly begun: string;
  readonly deadline: string | null;
  /** What the host said where it did not answer. */
  readonly trouble: string | null;
  readonly final: boolean;
  readonly revision: number;
  readonly actions: readonly DrainAction[];
  readonly endedAt: string | null;
  /** When those that can leave have left. Null: over, or not known. */
  readonly forecastEnd: { readonly low: string; readonly likely: string; readonly high: string } | null;
  readonly emptySince: string | null;
  readonly counts: Readonly<Record<DrainVmState, number>>;
  readonly memoryBytes: { readonly all: number; readonly left: number };
}

export interface DrainVm {
  readonly uuid: string;
  readonly name: string;
  readonly state: DrainVmState;
  readonly words: string;
  /** Where it goes, went, or was to go last. */
  readonly to: string | null;
  readonly reason: Reason | null;
  readonly tries: number;
  readonly memoryBytes: number;
  readonly memoryIntensive: boolean;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** The id of its migration, where the service knows it. */
  readonly migration: string | null;
  readonly actions: readonly VmAction[];
}

export interface DrainDestination {
  readonly host: string;
  readonly problem: string | null;
  readonly freeBytes: number | null;
  /** Of that, promised to VMs on their way there. */
  readonly promisedBytes: number;
  /** Of that, kept free by this drain. */
  readonly keptFreeBytes: number | null;
  readonly coming: number;
  readonly arrived: number;
  readonly cordonedBy: string | null;
  readonly outUntil: string | null;
}

export interface Drain extends DrainSummary {
  readonly vms: readonly DrainVm[];
  readonly destinations: readonly DrainDestination[];
}

export interface DrainPlanRequest {
  readonly host: string;
  readonly to: readonly { readonly host: string; readonly migrateUri?: string }[];
  readonly order?: string;
  readonly atATime?: number;
  readonly reserveBytes?: number;
  readonly deadline?: string;
  readonly withinMs?: number;
  readonly windows?: readonly string[];
  readonly maxDowntimeMs?: number;
  readonly lineRateBytesPerSecond?: number;
  readonly linkBudgetBytesPerSecond?: number;
  readonly startWhen?: string;
  readonly calmWithinMs?: number;
}

export interface DrainRequest extends DrainPlanRequest {
  readonly priority?: number;
  readonly allOrNothing?: boolean;
  readonly reason?: string;
}

interface Refused {
  readonly destination: string;
  readonly reasons: readonly Reason[];
}

export interface HeldInPlan {
  readonly uuid: string;
  readonly name: string;
  readonly memoryBytes: number;
  readonly reasons: readonly Reason[];
  readonly refused: readonly Refused[];
}

export interface MoveInPlan {
  readonly uuid: string;
  readonly name: string;
  readonly memoryBytes: number;
  readonly to: string;
  readonly memoryIntensive: boolean;
  readonly startsMs: Estimate | null;
  readonly endsMs: Estimate | null;
  readonly totalMs: Estimate | null;
  readonly pauseMs: Estimate | null;
  /** Why its times are not known. */
  readonly unknown: string | null;
}

export interface DrainPlan {
  readonly host: string;
  /** All its times are counted from then. */
  readonly madeAt: string;
  readonly verdict: 'all-leave' | 'some-stay' | 'too-late' | 'not-known';
  readonly atATime: number;
  /** As they were written; none: moves begin at any time. */
  readonly windows: readonly string[];
  /** When those are open, until the last one has started. */
  readonly openings: readonly { readonly opensMs: number; readonly closesMs: number }[];
  readonly held: readonly HeldInPlan[];
  readonly moves: readonly MoveInPlan[];
  readonly wholeMs: Estimate | null;
  readonly deadline: {
    readonly ms: number;
    readonly verdict: 'holds' | 'doubtful' | 'missed';
    readonly probability: number | null;
    readonly startTooLate: readonly string[];
  } | null;
  readonly room: {
    readonly neededBytes: number;
    readonly freeBytes: number | null;
    readonly reservedBytes: number;
  };
  readonly unreachable: readonly { readonly destination: string; readonly words: string }[];
  readonly shutOff: number;
}
