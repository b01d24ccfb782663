/**
 * What a hypervisor reports of a migration under way. Times are milliseconds since the migration began
 * (or since we attached to it), on one monotonic clock, so that everything above needs no clock of its own.
 */

/** The counters of a migration at one instant. */
export interface Counters {
  readonly atMs: number;
  /** The hypervisor's number of dirty-bitmap syncs so far; 1 is the start of the first pass. */
  readonly pass: number;
  /** All bytes put on the wire so far, page headers included. */
  readonly sentBytes: number;
  /** Guest memory that these carried, where pages are compressed and it is more. Missing: as much as was sent. */
  readonly carriedBytes?: number;
  /** Guest memory known to be dirty and not sent. */
  readonly remainingBytes: number;
  /** Guest memory that migration covers. */
  readonly totalBytes: number;
}

/**
 * A dirty-bitmap sync (QEMU's MIGRATION_PASS): the only instant at which `remainingBytes` is what a
 * switchover would have to move. Between syncs it is only the unsent part of the current pass.
 */
export interface Boundary extends Counters {
  readonly kind: 'boundary';
  /** As in {@link Tick}, from this boundary on. Missing: the hypervisor does not say. */
  readonly throttlePercent?: number;
}

/**
 * Guest memory put on the wire so far. It is what memory is compared with: what is left, and what is dirtied, is guest memory
 * too. Pages of zeros cost next to nothing and count for nothing.
 */
export function carriedOf({ sentBytes, carriedBytes = sentBytes }: CarriedAndSent): number {
  return carriedBytes;
}

type CarriedAndSent = Pick<Counters, 'sentBytes' | 'carriedBytes'>;

/** A timed sample between boundaries. */
export interface Tick extends Counters {
  readonly kind: 'tick';
  /** How much of the vCPUs' time the hypervisor withholds, 0 when it does not throttle. */
  readonly throttlePercent: number;
}

/** A boundary together with what the pass that it ends tells. */
export interface MeasuredBoundary extends Boundary {
  /** Undefined at the first boundary, which ends no pass. */
  readonly ended: EndedPass | undefined;
  /**
   * The rate at which a switchover would move guest memory, in bytes per second: as stated by the user, times what a
   * byte on the wire carries, else as measured. Undefined while nothing is known.
   */
  readonly lineRateBytesPerSecond: number | undefined;
  /** How long the guest would pause if the switchover were now. Undefined while no rate is known. */
  readonly pauseForecastMs: number | undefined;
}

/** One copy pass, from the sync that began it to the sync that ended it. */
export interface EndedPass {
  readonly durationMs: number;
  readonly sentBytes: number;
  /** As in {@link Counters}. */
  readonly carriedBytes?: number;
  /** Dirty at its beginning. Missing for the first pass: most of what that goes through was never written. */
  readonly beganWithBytes?: number;
  /** Guest memory carried over the time of the pass. */
  readonly bandwidthBytesPerSecond: number;
  /** Memory found dirty at the end over the time of the pass: distinct pages, so a lower bound of the writes. */
  readonly dirtyRateBytesPerSecond: number;
}

/** What policies see. */
export type Observation = MeasuredBoundary | Tick;
