import { type Boundary, carriedOf, type EndedPass, type MeasuredBoundary } from './observation.ts';
import { WIRE_PER_BYTE } from './qemu-constants.ts';
import { carriedBytes } from './transfer.ts';
import { perWireByte } from './wire-price.ts';

/**
 * What a switchover costs beside the memory, in milliseconds: the second sync, device state, the
 * destination's start. Measured on the lab at 20-60 ms; an assumption until finished migrations teach it.
 */
export const SWITCHOVER_FIXED_COST_MS = 50;

/** It was measured at up to this much more. */
export const SWITCHOVER_FIXED_COST_SPREAD_MS = 50;

/** The most that was seen, on a host whose processors were busy. */
export const MOST_FIXED_COST_MS = 200;

/** The lab's quickest. */
export const LEAST_FIXED_COST_MS = 20;

/** Over less time than this a rate says more about buffers, bursts and bitmap syncs than about the link. */
const SHORTEST_TELLING_MS = 1000;

/**
 * The pause that moving `remainingBytes` takes, guest stopped, at the line rate.
 *
 *     pause = remaining / rate + fixed cost
 *
 * QEMU lifts `max-bandwidth` for the stop-and-copy, so the rate is the link's and not the capped one
 * of the passes (migration.c, migration_completion: qemu_file_set_rate_limit(INT64_MAX)).
 *
 * @returns milliseconds
 */
export function forecastPauseMs(
  remainingBytes: number,
  lineRateBytesPerSecond: number,
  fixedCostMs = SWITCHOVER_FIXED_COST_MS,
): number {
  return (remainingBytes / lineRateBytesPerSecond) * 1000 + fixedCostMs;
}

/** Turns raw boundaries, in order, into measured ones. Holds what was seen lately; deterministic. */
export class PassMeter {
  private readonly seen: Boundary[] = [];
  /** Where the first pass seen begins that goes through what the guest writes, and not through all that it holds. */
  private writtenFrom: Boundary | undefined;
  private statedLineRate: number | undefined;
  private readonly fixedCostMs: number;

  /**
   * @param statedLineRate the link's rate in bytes per second where the user stated it
   * @param fixedCostMs of a switchover, in milliseconds
   */
  constructor(statedLineRate?: number, fixedCostMs = SWITCHOVER_FIXED_COST_MS) {
    this.statedLineRate = statedLineRate;
    this.fixedCostMs = fixedCostMs;
  }

  /**
   * The pass under way is measured as none that was seen whole, and what was before it says nothing of the rate any more.
   * @param lineRate that is known from now on, in bytes per second
   */
  restart(lineRate: number | undefined): void {
    this.seen.length = 0;
    this.statedLineRate = lineRate;
  }

  measure(boundary: Boundary): MeasuredBoundary {
    const previous = this.seen.at(-1);
    const lineRate =
      this.statedLineRate === undefined
        ? this.measuredRate(boundary)
        : this.statedLineRate * this.priceSince(undefined, boundary);
    // A stated rate asks for nothing that was before.
    if (this.statedLineRate !== undefined) this.seen.length = 0;
    this.seen.push(boundary);
    if (boundary.pass > 1) this.writtenFrom ??= boundary;
    return {
      ...boundary,
      ended: previous && endedPass(previous, boundary),
      lineRateBytesPerSecond: lineRate,
      pauseForecastMs:
        lineRate === undefined
          ? undefined
          : forecastPauseMs(boundary.remainingBytes, lineRate, this.fixedCostMs),
    };
  }

  /**
   * Over the fewest last passes that together took long enough to tell, or else over all: what went over the wire, and what
   * that carries where it is of pages that the guest writes. A stop-and-copy moves those.
   */
  private measuredRate(now: Boundary): number | undefined {
    const telling = this.seen.findLastIndex(({ atMs }) => now.atMs - atMs >= SHORTEST_TELLING_MS);
    // What lies before it will not be asked for again: a migration may go on for days.
    if (telling > 0) this.seen.splice(0, telling);
    const since = this.seen[0];
    if (!since || now.atMs <= since.atMs) return undefined;
    const onWire = ((now.sentBytes - since.sentBytes) / (now.atMs - since.atMs)) * 1000;
    return onWire * this.priceSince(since, now) || undefined;
  }

  /** {@link perWireByte} of written pages, since then or since the first of them were sent; 1 before. */
  private priceSince(then: Boundary | undefined, now: Boundary): number {
    const { writtenFrom } = this;
    if (!writtenFrom) return 1;
    const from = then && then.pass > writtenFrom.pass ? then : writtenFrom;
    return perWireByte(carriedOf(now) - carriedOf(from), now.sentBytes - from.sentBytes);
  }
}

/**
 * The most that a pass left unsent when it ended: QEMU ends it below rate x downtime-limit, by the line rate where that is
 * stated and by its own measurement else, and no more than it began with and did not carry. @returns bytes
 */
export function mostUnsentBytes(
  { lineRateBytesPerSecond = 0 }: MeasuredBoundary,
  ended: EndedPass,
  downtimeLimitMs: number,
): number {
  const fits = carriedBytes(downtimeLimitMs, Math.max(lineRateBytesPerSecond, ended.bandwidthBytesPerSecond));
  const { beganWithBytes, sentBytes, carriedBytes: carried = sentBytes / WIRE_PER_BYTE } = ended;
  return beganWithBytes === undefined ? fits : Math.min(fits, Math.max(0, beganWithBytes - carried));
}

function endedPass(from: Boundary, to: Boundary): EndedPass | undefined {
  const durationMs = to.atMs - from.atMs;
  if (durationMs <= 0) return undefined;
  const sentBytes = to.sentBytes - from.sentBytes;
  const carried = carriedOf(to) - carriedOf(from);
  return {
    durationMs,
    sentBytes,
    ...(carried === sentBytes ? {} : { carriedBytes: carried }),
    ...(from.pass > 1 ? { beganWithBytes: from.remainingBytes } : {}),
    bandwidthBytesPerSecond: (carried / durationMs) * 1000,
    dirtyRateBytesPerSecond: (to.remainingBytes / durationMs) * 1000,
  };
}
