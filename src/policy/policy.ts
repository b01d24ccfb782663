import type { DirtyObservation } from '../model/dirty-curve.ts';
import type { Foreknowledge } from '../model/foreknowledge.ts';
import type { Observation } from '../model/observation.ts';

/** What to do when no pause within `maxDowntimeMs` is possible. */
export const OVER_BUDGET_ACTIONS = [
  'abort',
  // Slow the guest down for a bounded time, so that its dirty set fits.
  'brake',
  'post-copy',
  // Go on and say so: the migration is somebody else's, or the guest may calm down.
  'leave',
] as const;
export type OverBudgetAction = (typeof OVER_BUDGET_ACTIONS)[number];

/** When the guest may be slowed down. */
export const BRAKE_TIMES = [
  'never',
  // Only as {@link OVER_BUDGET_ACTIONS} says.
  'over-budget',
  // Also where a pause that is allowed is worth a brown-out that shortens it.
  'when-it-pays',
] as const;
export type BrakeTime = (typeof BRAKE_TIMES)[number];

/** What the user allows. The supervisor enforces these whatever a policy says. */
export interface Limits {
  /** The pause that is always fine, in milliseconds: a healthy guest ends within it, as with stock QEMU. */
  readonly downtimeMs: number;
  /** The longest pause allowed, in milliseconds. */
  readonly maxDowntimeMs: number;
  /** Give up after this long, in milliseconds; undefined: never by the clock. */
  readonly timeoutMs: number | undefined;
  /** Give up when nothing has reached the wire for this long, in milliseconds. */
  readonly stallTimeoutMs: number;
  /** Cap of the live passes, in bytes per second; undefined: none. */
  readonly bandwidthBytesPerSecond: number | undefined;
  /** The link's rate, where the user states it, in bytes per second. */
  readonly lineRateBytesPerSecond: number | undefined;
  /** End before so much was sent, in bytes, for beyond it the hypervisor is known to fail; left out: no such defect. */
  readonly maxSentBytes?: number | undefined;
  readonly overBudget: OverBudgetAction;
  readonly brake: BrakeTime;
  /** The longest that a brake may slow the guest down, in milliseconds. */
  readonly brakeForMs: number;
}

/** Those that may be changed while a migration runs: what becomes of one over its budget is for who began it to say (S9). */
export type ChangedLimits = Partial<
  Pick<Limits, 'downtimeMs' | 'maxDowntimeMs' | 'timeoutMs' | 'stallTimeoutMs' | 'lineRateBytesPerSecond'>
>;

export const DEFAULT_LIMITS: Limits = {
  downtimeMs: 300,
  maxDowntimeMs: 5000,
  timeoutMs: undefined,
  stallTimeoutMs: 15_000,
  bandwidthBytesPerSecond: undefined,
  lineRateBytesPerSecond: undefined,
  overBudget: 'abort',
  brake: 'over-budget',
  brakeForMs: 10_000,
};

export function mayBrake({ brake, overBudget }: Pick<Limits, 'brake' | 'overBudget'>): boolean {
  return overBudget === 'brake' || brake === 'when-it-pays';
}

/** As they hold where there is no quota to set on the vCPU threads, which is what brakes where that pays. */
export function withoutQuota(limits: Limits): Limits {
  return limits.brake === 'when-it-pays' ? { ...limits, brake: 'over-budget' } : limits;
}

interface Reasoned {
  /** In words, with the figures that decided. */
  readonly reason: string;
  /** The policy's present view of the guest; undefined where the policy takes none. */
  readonly memoryIntensive?: boolean;
}

/** What a pause was reckoned with: the driver sets exactly what was decided. */
export interface ReckonedWith {
  /** At which the stop-and-copy moves memory; undefined: not known, so QEMU goes by what it measures itself. */
  readonly lineRateBytesPerSecond: number | undefined;
  /** Bytes of guest memory for each on the wire, where pages are compressed; left out: one. */
  readonly perWireByte?: number;
  /** Of the switchover, beside the memory: it is part of the pause, and taken off before QEMU gets its limit. */
  readonly fixedCostMs: number;
}

/** A pause that is allowed and that a brake is to spare the guest, with the prices at which that is worth its brown-out. */
export interface SparedPause {
  readonly pauseMs: number;
  /** Seconds of migration that one second of pause is worth. */
  readonly exchangeRate: number;
  /** Seconds of migration that one second is worth in which the guest is slowed down altogether. */
  readonly brownOutPrice: number;
}

export type Decision = Reasoned &
  (
    | { readonly action: 'continue' }
    /** Let QEMU stop by itself at any boundary that fits this pause. */
    | ({
        readonly action: 'set-downtime-limit';
        readonly downtimeLimitMs: number;
        readonly asIs?: false;
      } & ReckonedWith)
    /** The same as it is, as other systems do: a downtime limit of QEMU's and not a pause of the guest's. */
    | { readonly action: 'set-downtime-limit'; readonly downtimeLimitMs: number; readonly asIs: true }
    /** Stop now; QEMU must not stop if the pause would be longer than `acceptedPauseMs`. */
    | ({ readonly action: 'switchover'; readonly acceptedPauseMs: number } & ReckonedWith)
    /**
     * Withhold that much of the vCPUs' time, from 1 to 99 per cent. From here on the brake's own rule decides. With
     * `insteadOf` it is there to spare the guest a pause that is allowed; else because none allowed is possible. The fixed cost
     * is that of the switchover that follows, as in {@link ReckonedWith}; left out: as it is assumed.
     */
    | {
        readonly action: 'throttle';
        readonly throttlePercent: number;
        readonly insteadOf?: SparedPause;
        readonly fixedCostMs?: number;
      }
    | { readonly action: 'suspend' }
    | { readonly action: 'post-copy' }
    /** Not possible within the limits; `neededPauseMs` is the pause that would have been needed. */
    | { readonly action: 'abort'; readonly neededPauseMs: number | undefined }
  );

export type Action = Decision['action'];

/** One migration's decisions. Deterministic: the same observations give the same decisions. */
export interface Policy {
  /** The downtime limit in force from the start, in milliseconds. */
  readonly initialDowntimeLimitMs: number;
  /**
   * The fixed cost of a switchover that this limit includes, as in {@link ReckonedWith}. Left out: it is a downtime limit
   * of QEMU's and not a pause of the guest's.
   */
  readonly initialFixedCostMs?: number;
  observe(observation: Observation): Decision;
  /** What it has observed so far is past, and was shown to it again: nothing that it decided then was carried out. */
  takePast?(): void;
  /** Is told of a probe that was made after it had begun. */
  takeProbe?(probe: DirtyObservation): void;
  /**
   * Is told that passes are capped otherwise from now on, as in {@link Limits.bandwidthBytesPerSecond}: what it knows of the
   * guest holds, and of the link what no cap had held back. The pass under way is not told as one that was seen whole.
   */
  takePassCap?(bytesPerSecond: number | undefined): void;
  /**
   * Is told that the effect of its decision failed, or was refused because the user's limits do not allow it; not of
   * an `abort`, which is the supervisor's to try again.
   */
  takeFailure?(decision: Decision, words: string): void;
  /** The guest stopped on the source: for the switchover, or because the policy suspended it. */
  takeStop?(atMs: number): void;
  /** The guest runs on the source again, and the migration goes on. */
  takeResume?(atMs: number): void;
  /** What it says before anything has begun: `abort` where it is certain that no pause within the limits is possible. */
  beforeStart?(): Decision | undefined;
}

/** How QEMU slows the guest down by itself, with its own names and defaults (`cpu-throttle-initial`, …). */
export interface AutoConverge {
  readonly initialPercent: number;
  readonly incrementPercent: number;
  /** Dirtied bytes over sent bytes of a period from which on the guest is slowed down. */
  readonly triggerThresholdPercent: number;
}

/** What the system whose rule this is switches on before its migrations begin. */
export interface StartsWith {
  readonly autoConverge?: AutoConverge;
  readonly xbzrle?: boolean;
  readonly postCopyCapable?: boolean;
  /** In each pass the pages that were found dirty most often go last. Only the simulator can. */
  readonly hottestLast?: boolean;
}

/** A named way to decide, with its parameters already chosen. */
export interface PolicyKind {
  readonly name: string;
  /** One line for help texts. */
  readonly summary: string;
  /** It uses what can be known before the start: worth a probe of the guest. */
  readonly foresees?: boolean;
  /** It decides by the clock too, so it needs the samples between boundaries. */
  readonly polls?: boolean;
  /** Undefined: nothing. Only the simulator starts migrations like that; real ones start as the user says. */
  readonly startsWith?: StartsWith;
  /** @param known left out where nothing is known before the start, or the policy has no use for it */
  begin(limits: Limits, known?: Foreknowledge): Policy;
}
