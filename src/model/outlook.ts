import { lineRate, RateEstimate, type Transfer } from './bandwidth.ts';
import { DirtyCurve, type DirtyObservation, type PhaseChange } from './dirty-curve.ts';
import { FixedCost } from './fixed-cost.ts';
import type { Foreknowledge } from './foreknowledge.ts';
import type { Estimate } from './interval.ts';
import type { PreCopy } from './pre-copy.ts';
import type { SwitchoverCost } from './switchover-pause.ts';
import type { Expectation } from './worthwhile.ts';

/** What the user says of the link, in bytes per second. */
export interface StatedLink {
  /** Undefined: not stated. */
  readonly lineRate: number | undefined;
  /** `max-bandwidth` of the passes; undefined: none. */
  readonly cap: number | undefined;
}

/** Guest and link at one moment, as far as they are known. */
export interface Conditions {
  readonly preCopy: PreCopy;
  readonly cost: SwitchoverCost;
  /** The likely figures within those intervals. */
  readonly expected: Expectation;
}

/** A petabyte a second: no line is faster. */
const FASTEST = 1e15;

/**
 * All that is known of a guest and its link, gathered: from before the start, then from each pass. What this
 * migration measures of the link goes before what earlier ones did.
 */
export class Outlook {
  private readonly link: StatedLink;
  private readonly fixedCost: FixedCost;
  private readonly switchoverRate: RateEstimate;
  private readonly earlierRate: RateEstimate;
  private passRate = RateEstimate.unmeasured;
  private curve: DirtyCurve | undefined;
  /** The guest was seen to have phases before this migration began. */
  readonly hadPhases: boolean = false;

  constructor(known: Foreknowledge, link: StatedLink) {
    this.link = link;
    this.fixedCost = known.switchovers.reduce((cost, each) => cost.with(each), FixedCost.assumed);
    this.switchoverRate = rateOf(known.switchoverTransfers);
    this.earlierRate = rateOf(known.passTransfers);
    if (known.memoryBytes === undefined) return;
    for (const found of [...known.earlierPasses, ...known.probes])
      if (this.seeGuest(known.memoryBytes, found)) this.hadPhases = true;
  }

  /** What a pass carried. */
  seeLink(transfer: Transfer): void {
    this.passRate = this.passRate.with(transfer);
  }

  /** What the sync at the end of a whole pass found. @returns what it contradicts, if anything */
  seeGuest(memoryBytes: number, found: DirtyObservation): PhaseChange | undefined {
    const { curve, phaseChange } = this.curveOf(memoryBytes).observe(found);
    this.curve = curve;
    return phaseChange;
  }

  /** What was known of the guest does not hold any more: it is throttled now, or not any more. */
  forgetGuest(): void {
    this.curve = undefined;
  }

  /** @returns undefined while no rate of the link is known */
  conditions(memoryBytes: number): Conditions | undefined {
    const measured = this.passRate.bytesPerSecond ? this.passRate : this.earlierRate;
    const passes = measured.bytesPerSecond ?? this.statedPassRate();
    return passes && this.under(memoryBytes, passes, this.line(measured) ?? passes);
  }

  /** The conditions during the first pass, when only samples of its rate are known. */
  conditionsAt(memoryBytes: number, passRate: Estimate): Conditions {
    // It also skips zero pages, which takes time and sends nothing: the line may be faster.
    const line = this.line(RateEstimate.unmeasured) ?? this.unlessCapped(passRate);
    return this.under(memoryBytes, passRate, line);
  }

  private under(memoryBytes: number, passes: Estimate, line: Estimate): Conditions {
    const curve = this.curveOf(memoryBytes);
    const fixedCostMs = this.fixedCost.ms;
    return {
      preCopy: { curve, bandwidth: passes },
      cost: { lineRate: line, fixedCostMs },
      expected: {
        ...{ curve, bytesPerSecond: passes.middle },
        ...{ lineBytesPerSecond: line.middle, fixedCostMs: fixedCostMs.middle },
      },
    };
  }

  private line(passes: RateEstimate): Estimate | undefined {
    const { lineRate: stated, cap } = this.link;
    const found = lineRate({ stated, cap, passes, switchovers: this.switchoverRate });
    return found?.source === 'capped-passes'
      ? this.unlessCapped(found.bytesPerSecond)
      : found?.bytesPerSecond;
  }

  /** A cap holds passes and not the stop-and-copy: the line is as fast as they are, or faster by any factor. */
  private unlessCapped(passes: Estimate): Estimate {
    return this.link.cap === undefined ? passes : { ...passes, high: FASTEST };
  }

  private statedPassRate(): Estimate | undefined {
    const { lineRate: stated, cap } = this.link;
    if (stated === undefined) return undefined;
    const rate = Math.min(stated, cap ?? stated);
    return { low: rate, middle: rate, high: rate };
  }

  private curveOf(memoryBytes: number): DirtyCurve {
    return this.curve ?? DirtyCurve.unobserved(memoryBytes);
  }
}

/**
 * The line rate to go by where passes are capped and the user does not state it: that of earlier stop-and-copies over this link.
 * @returns bytes per second; undefined: not known
 */
export function learnedLineRate(known: Foreknowledge): number | undefined {
  return rateOf(known.switchoverTransfers).bytesPerSecond?.middle;
}

function rateOf(transfers: readonly Transfer[]): RateEstimate {
  return transfers.reduce((rate, each) => rate.with(each), RateEstimate.unmeasured);
}
