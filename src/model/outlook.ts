import { isHeld, lineRate, RateEstimate, type Transfer } from './bandwidth.ts';
import type { CompressedPages } from './compression.ts';
import { DirtyCurve, type DirtyObservation, type PhaseChange } from './dirty-curve.ts';
import { FixedCost } from './fixed-cost.ts';
import type { Foreknowledge } from './foreknowledge.ts';
import { type Estimate, times } from './interval.ts';
import { fixedCostMsWithin } from './pause-room.ts';
import type { PreCopy } from './pre-copy.ts';
import type { SwitchoverCost } from './switchover-pause.ts';
import { carriedBytes } from './transfer.ts';
import { CHEAP } from './wire-limited.ts';
import { perWireByte } from './wire-price.ts';
import { type Expectation, likelyDirtied } from './worthwhile.ts';

/** What the user says of the link, in bytes per second. */
export interface StatedLink {
  /** Undefined: not stated. */
  readonly lineRate: number | undefined;
  /** `max-bandwidth` of the passes; undefined: none. */
  readonly cap: number | undefined;
}

export interface SeenPass {
  readonly durationMs: number;
  /** On the wire. */
  readonly sentBytes: number;
  /** Guest memory that this carried. Left out: as much. */
  readonly carriedBytes?: number | undefined;
  /** Dirty at its end. */
  readonly restBytes: number;
  /** How much of that the pass may have left unsent. */
  readonly unsentBytes: number;
  /** Its part in which the wire was the limit, where pages go as they are and that is known (`wire-limited.ts`). */
  readonly wireLimited?: Transfer | undefined;
  /** Dirty at its beginning, as far as that tells what the pass went through (`EndedPass`). */
  readonly beganWithBytes?: number | undefined;
}

/** Guest and link at one moment, as far as they are known. */
export interface Conditions {
  readonly preCopy: PreCopy;
  readonly cost: SwitchoverCost;
  /** The likely figures within those intervals. */
  readonly expected: Expectation;
  /** Of the line only passes under a cap are known: pauses may be shorter than expected by any factor. */
  readonly behindCap: boolean;
}

/** A guest with phases has few kinds of them. */
const KEPT_PHASES = 3;

/** A petabyte a second: no line is faster. */
const FASTEST = 1e15;

/**
 * All that is known of a guest and its link, gathered: from before the start, then from each pass. What is certain
 * rests on what was measured for this migration alone; what is expected may also go by what the guest did in earlier
 * ones. Rates of the link are this migration's, except of its stop-and-copy, which comes when it is too late to learn.
 */
export class Outlook {
  private link: StatedLink;
  private readonly fixedCost: FixedCost;
  private readonly longestPauseMs: number;
  private readonly switchoverRate: RateEstimate;
  /** Of passes that no cap held, before there was one that does. */
  private uncappedRate = RateEstimate.unmeasured;
  private compresses: boolean;
  private readonly written: CompressedPages | undefined;
  /** Of all passes, on the wire. */
  private wireRate = RateEstimate.unmeasured;
  /** What a page costs that the guest writes is known: some were sent. */
  private priced = false;
  private passRate = RateEstimate.unmeasured;
  /** By this migration's observations. */
  private measured: DirtyCurve | undefined;
  /** By earlier migrations' as well, as long as they do not contradict. */
  private likely: DirtyCurve | undefined;
  /** What it did today before it changed, oldest first. */
  private otherPhases: readonly DirtyCurve[] = [];
  private passesInPhase = 0;
  private writtenBytes = 0;
  /** The most that a pass carried, in bytes per second. */
  private fastestPass = 0;
  /** The most guest memory that a pass went through, in bytes per second, where that is more than it carried. */
  private fastestThrough = 0;
  /** Of the last pass that tells. */
  private throughPerByte = 1;
  private contradicted = false;
  /** Bytes of guest memory for each on the wire, in the last pass that sent what the guest writes. */
  private carriedPerWireByte = 1;

  /** @param longestPauseMs that may be, which less is kept back of where it is short; left out: any */
  constructor(known: Foreknowledge, link: StatedLink, longestPauseMs = Number.POSITIVE_INFINITY) {
    this.link = link;
    this.fixedCost = FixedCost.of(known);
    this.longestPauseMs = longestPauseMs;
    this.switchoverRate = RateEstimate.of(known.switchoverTransfers);
    this.compresses = known.compressed === true;
    this.written = known.written;
    const { memoryBytes, earlierPasses, probes } = known;
    if (memoryBytes !== undefined) {
      for (const pass of earlierPasses) this.likely = this.likelyOf(memoryBytes).observe(pass).curve;
      for (const probe of probes) this.seeProbe(memoryBytes, probe);
    }
  }

  /** Bytes of guest memory for each on the wire, in the last pass that sent what the guest writes; 1 before. */
  get perWireByte(): number {
    return this.carriedPerWireByte;
  }

  /** What a switchover is expected to cost beside the memory, where its pause is to be within a limit. */
  fixedCostMsWithin(limitMs: number): number {
    return fixedCostMsWithin(limitMs, this.fixedCost);
  }

  /**
   * Passes have another cap from now on. Those that were held by the former one do not tell how fast they will be where it is
   * higher; and those that were not tell how fast the line is also where the new one holds them.
   * @param cap in bytes per second; undefined: none
   */
  capPasses(cap: number | undefined): void {
    const passes = this.wireRate.bytesPerSecond;
    const { cap: former } = this.link;
    const wasHeld = passes !== undefined && isHeld(passes, former);
    this.link = { ...this.link, cap };
    if (passes && !wasHeld && !this.compresses) this.uncappedRate = this.wireRate;
    const least = cap ?? Number.POSITIVE_INFINITY;
    if (wasHeld && least > (former ?? least)) {
      this.wireRate = this.uncappedRate.under(least);
      this.passRate = this.wireRate;
    } else {
      this.passRate = this.passRate.under(least * this.carriedPerWireByte);
      this.wireRate = this.wireRate.under(least);
    }
    this.fastestPass = 0;
  }

  /** A whole pass. @returns what it contradicts, if anything */
  seePass(memoryBytes: number, pass: SeenPass): PhaseChange | undefined {
    const { durationMs, restBytes, unsentBytes } = pass;
    const carried = this.seeTransfer(pass);
    this.fastestPass = Math.max(this.fastestPass, (carried / durationMs) * 1000);
    const through = throughOf(pass);
    const isCheap = through > CHEAP * carried;
    if (isCheap) this.fastestThrough = Math.max(this.fastestThrough, (through / durationMs) * 1000);
    // A pass that left much unsent may have gone through more than is known.
    if (isCheap || unsentBytes < through) this.throughPerByte = isCheap ? through / carried : 1;
    this.measured = this.measuredOf(memoryBytes).observe({ durationMs, bytes: restBytes, unsentBytes }).curve;
    this.writtenBytes = Math.max(this.writtenBytes, restBytes);
    // A pass that QEMU may have ended with all of this unsent does not tell what was dirtied.
    if (unsentBytes >= restBytes) return undefined;
    const bytes = likelyDirtied(restBytes, unsentBytes, this.writtenBytes);
    const before = this.likelyOf(memoryBytes);
    const likely = before.observe({ durationMs, bytes });
    if (likely.phaseChange) this.otherPhases = [...this.otherPhases, before].slice(-KEPT_PHASES);
    this.passesInPhase = likely.phaseChange ? 1 : this.passesInPhase + 1;
    this.likely = likely.curve;
    return likely.phaseChange;
  }

  /** A whole pass of a guest that was throttled meanwhile: only the link is as it was. */
  seeThrottledPass(pass: SeenPass): void {
    this.seeTransfer(pass);
    this.measured = undefined;
    this.likely = undefined;
    this.otherPhases = [];
  }

  /** @returns bytes of guest memory */
  private seeTransfer(pass: SeenPass): number {
    const { durationMs, sentBytes, carriedBytes: carried = sentBytes, beganWithBytes } = pass;
    const price = perWireByte(carried, sentBytes);
    this.compresses ||= price > 1;
    const written = beganWithBytes !== undefined;
    if (written && !this.priced) {
      if (this.compresses) {
        this.passRate = RateEstimate.unmeasured;
        this.fastestPass = 0;
      }
      this.priced = true;
    }
    const whole = { durationMs, bytes: carried };
    const telling = this.compresses ? undefined : pass.wireLimited;
    this.passRate = this.passRate.with(telling ?? whole);
    this.wireRate = this.wireRate.with(telling ?? { durationMs, bytes: Math.min(carried, sentBytes) });
    if (written) this.carriedPerWireByte = price;
    return carried;
  }

  seeProbe(memoryBytes: number, found: DirtyObservation): void {
    this.writtenBytes = Math.max(this.writtenBytes, found.bytes);
    const likely = this.likelyOf(memoryBytes).observe(found);
    this.likely = likely.curve;
    this.measured = this.measuredOf(memoryBytes).observe(found).curve;
    if (likely.phaseChange) this.contradicted = true;
  }

  /** The guest did something else than in its earlier migrations: it has phases. */
  get hadPhases(): boolean {
    return this.contradicted;
  }

  /** True until a pass has told what compressing makes of what the guest writes: the first goes through all that it holds. */
  get isUnpriced(): boolean {
    return this.compresses && !this.priced;
  }

  /** False after {@link seeThrottledPass}, until the next observation. */
  get knowsGuest(): boolean {
    return this.likely !== undefined;
  }

  /**
   * @param downtimeLimitMs in force, which passes end by
   * @returns undefined before the first pass has told the rate of the link
   */
  conditions(memoryBytes: number, downtimeLimitMs: number): Conditions | undefined {
    const passes = this.passRate.bytesPerSecond;
    const wire = this.wireRate.bytesPerSecond;
    if (!passes || !wire) return undefined;
    const line = this.line(this.passRate) ?? passes;
    const asItIs = this.line(this.wireRate) ?? wire;
    return this.under(
      memoryBytes,
      this.orAsPriced(this.orFaster(passes), wire),
      this.orAsPriced(this.orFaster(line), asItIs),
      downtimeLimitMs,
    );
  }

  /** The conditions before the first pass has ended, if the rate of passes were this. */
  conditionsAt(memoryBytes: number, passRate: Estimate): Conditions {
    const line = this.line(RateEstimate.unmeasured) ?? this.unlessCapped(passRate);
    return this.under(memoryBytes, this.orAsPriced(passRate), this.orAsPriced(line), 0);
  }

  private under(memoryBytes: number, passes: Estimate, line: Estimate, downtimeLimitMs: number): Conditions {
    const fixedCostMs = { ...this.fixedCost.ms, middle: this.fixedCostMsWithin(this.longestPauseMs) };
    return {
      preCopy: { curve: this.measuredOf(memoryBytes), bandwidth: passes },
      cost: { lineRate: line, fixedCostMs },
      expected: {
        ...{ curve: this.likelyOf(memoryBytes), bytesPerSecond: passes.middle },
        ...{ lineBytesPerSecond: line.middle, fixedCostMs: fixedCostMs.middle },
        unsentBytes: carriedBytes(downtimeLimitMs, passes.middle),
        writtenBytes: this.writtenBytes,
        ...{ otherPhases: this.otherPhases, passesInPhase: this.passesInPhase },
        throughPerByte: this.throughPerByte,
      },
      behindCap: this.link.cap !== undefined && line.high >= FASTEST,
    };
  }

  /**
   * Others may be on the link now, who were not before: what it carried once it may carry again. And what it takes to
   * carry a page is the guest's doing as well.
   */
  private orFaster(rate: Estimate): Estimate {
    const carried = this.link.lineRate === undefined || this.compresses ? this.fastestPass : 0;
    return { ...rate, high: Math.max(rate.high, carried, this.fastestThrough) };
  }

  /**
   * Before some of what the guest writes was sent, that may not compress at all, or to next to nothing. It is expected to be as
   * its pages said before the start, else as all that it holds.
   * @param wire the same rate of pages that do not compress
   */
  private orAsPriced(rate: Estimate, wire = rate): Estimate {
    if (!this.isUnpriced) return rate;
    const { written } = this;
    const middle = written ? Math.min(wire.middle / written.left, written.bytesPerSecond) : rate.middle;
    return { low: Math.min(rate.low, wire.low), middle, high: FASTEST };
  }

  private line(passes: RateEstimate): Estimate | undefined {
    const { lineRate: stated, cap } = this.link;
    // Compressing may well be slower than the wire, and then that is what holds a stop-and-copy too.
    if (this.compresses && (cap === undefined || passes.bytesPerSecond === undefined))
      return passes.bytesPerSecond;
    const { bytesPerSecond } = passes;
    const isBehindCap = bytesPerSecond !== undefined && isHeld(bytesPerSecond, cap);
    const seen = this.switchoverRate.bytesPerSecond || !isBehindCap ? this.switchoverRate : this.uncappedRate;
    const found = lineRate({ stated, cap, passes, switchovers: seen });
    switch (found?.source) {
      case 'capped-passes':
        return this.unlessCapped(found.bytesPerSecond);
      case 'stated':
      case 'switchovers':
        return times(found.bytesPerSecond, this.carriedPerWireByte);
      default:
        return found?.bytesPerSecond;
    }
  }

  /** A cap holds passes and not the stop-and-copy: the line is as fast as they are, or faster by any factor. */
  private unlessCapped(passes: Estimate): Estimate {
    return this.link.cap === undefined ? passes : { ...passes, high: FASTEST };
  }

  private measuredOf(memoryBytes: number): DirtyCurve {
    return this.measured ?? DirtyCurve.unobserved(memoryBytes);
  }

  private likelyOf(memoryBytes: number): DirtyCurve {
    return this.likely ?? DirtyCurve.unobserved(memoryBytes);
  }
}

/**
 * Pages of zeros cost next to nothing on the wire: such a pass goes through more of the guest's memory than it carries.
 * @returns bytes of guest memory at the least; 0 of the first pass, that goes through what was never written
 */
function throughOf({ unsentBytes, beganWithBytes = 0 }: SeenPass): number {
  return Math.max(0, beganWithBytes - unsentBytes);
}

/**
 * The line rate to go by where passes are capped and the user does not state it: that of earlier stop-and-copies over this link.
 * @returns bytes per second; undefined: not known
 */
export function learnedLineRate(known: Foreknowledge): number | undefined {
  return RateEstimate.of(known.switchoverTransfers).bytesPerSecond?.middle;
}
