import { type ExpectedFixedCost, expectedFixedCostMs, type GuestSize } from './fixed-cost-by-size.ts';
import type { Interval } from './interval.ts';
import { robustEstimate } from './robust.ts';
import { transferMs } from './transfer.ts';

/** What a finished migration tells: from STOP on the source to RESUME on the destination. */
export interface FinishedSwitchover {
  readonly pauseMs: number;
  /** Guest memory moved while the guest was stopped. */
  readonly bytes: number;
  /** Of that link, bytes per second, known otherwise than from this pause. */
  readonly lineRateBytesPerSecond: number;
  /** Left out: not told, taken for another one of this size. */
  readonly guest?: SwitchedGuest;
}

/** Whose switchover it was. */
export interface SwitchedGuest extends GuestSize {
  /** The guest that is to migrate now, and not another one over the same link. */
  readonly isThis: boolean;
}

/** What is known of a guest's switchovers before its migration begins. */
export interface KnownSwitchovers extends GuestSize {
  /** Over the link that it is to take, the oldest first. */
  readonly switchovers: readonly FinishedSwitchover[];
  /** From its arrival to our word that lets it run, in milliseconds. Left out: nothing. */
  readonly wordMs?: number;
}

/** Older ones are of a host as it was. */
const KEPT_SWITCHOVERS = 8;

/** Fewer than these may agree by chance: the assumption stays within the interval. */
const TELLING_SWITCHOVERS = 3;

/** A scheduler's time slice and a monitor's round trip: no pause repeats more exactly. */
const LEAST_SPREAD_MS = 5;

/** Guests are alike where their sizes make no more difference than this, in milliseconds. */
const ALIKE_MS = 10;

/**
 * What a switchover costs beside the memory: the last sync, device state, the destination's start, and libvirt's round
 * trips where it drives. Estimated from the guest's size (`fixed-cost-by-size.ts`) until switchovers over this link teach it:
 *
 *     cost = pause measured - bytes / line rate
 *
 * of which the median is taken: one pause in a congested moment teaches nothing. The guest's own go first; where they are
 * too few, those of guests as large as it count too, and then those of all. What another one cost is scaled by what both are
 * estimated at: cost + estimate of this - estimate of that, and not known better than these are. An immutable value.
 */
export class FixedCost {
  /** In milliseconds. */
  readonly ms: ExpectedFixedCost;
  /** How many switchovers over this link that rests on. */
  readonly seen: number;
  /** The part of it that is known, in milliseconds: our own word's way to the destination. What was seen has it already. */
  readonly wordMs: number;

  private constructor(ms: ExpectedFixedCost, seen: number, wordMs = 0) {
    this.ms = ms;
    this.seen = seen;
    this.wordMs = wordMs;
  }

  /** So many were seen that they do not agree by chance. */
  get isLearned(): boolean {
    return this.seen >= TELLING_SWITCHOVERS;
  }

  /** Of a guest of which nothing is known. */
  static readonly assumed = FixedCost.of({ memoryBytes: undefined, switchovers: [] });

  static of(known: KnownSwitchovers): FixedCost {
    const assumption = expectedFixedCostMs(known);
    const costs = telling(known.switchovers.flatMap((each) => costOf(each, assumption)));
    const learned = robustEstimate(
      costs.map(({ ms }) => ({ value: ms, weight: 1 })),
      LEAST_SPREAD_MS,
    );
    const { wordMs = 0 } = known;
    const assumed = later(assumption, wordMs);
    if (!learned) return new FixedCost(assumed, 0, wordMs);
    const { low, middle, high } = learned;
    const unsure = (side: keyof Cost['unsure']) => Math.max(...costs.map((each) => each.unsure[side]));
    const ms = {
      low: Math.max(0, low - unsure('low')),
      middle,
      high: high + unsure('high'),
      most: high + unsure('most'),
    };
    if (costs.length >= TELLING_SWITCHOVERS) return new FixedCost(ms, costs.length);
    const most = Math.max(ms.most, assumed.most);
    return new FixedCost({ middle, ...hull(ms, assumed), most }, costs.length);
  }
}

/** What a switchover makes of this guest's, in milliseconds. */
interface Cost {
  readonly ms: number;
  readonly isThis: boolean;
  readonly isAlike: boolean;
  /** How much less, and more, it may be since the other guest has another size. */
  readonly unsure: Readonly<Record<'low' | 'high' | 'most', number>>;
}

function costOf(
  { pauseMs, bytes, lineRateBytesPerSecond, guest }: FinishedSwitchover,
  here: ExpectedFixedCost,
): readonly Cost[] {
  if (!(pauseMs >= 0 && bytes >= 0 && lineRateBytesPerSecond > 0)) return [];
  // Less than nothing means that the link was faster than stated: the cost is small then, whatever it is.
  const measuredMs = Math.max(0, pauseMs - transferMs(bytes, lineRateBytesPerSecond));
  if (!Number.isFinite(measuredMs)) return [];
  const isThis = guest?.isThis === true;
  const there = isThis || !guest ? here : expectedFixedCostMs(guest);
  const larger = here.middle - there.middle;
  return [
    {
      ms: Math.max(0, measuredMs + larger),
      isThis,
      isAlike: Math.abs(larger) <= ALIKE_MS,
      unsure: {
        low: Math.abs(here.middle - here.low - (there.middle - there.low)),
        high: Math.abs(here.high - here.middle - (there.high - there.middle)),
        most: Math.abs(here.most - here.middle - (there.most - there.middle)),
      },
    },
  ];
}

/** The latest of those that tell the most. */
function telling(all: readonly Cost[]): readonly Cost[] {
  const own = all.filter(({ isThis }) => isThis);
  const alike = all.filter(({ isThis, isAlike }) => isThis || isAlike);
  const enough = [own, alike].find(({ length }) => length >= TELLING_SWITCHOVERS);
  return (enough ?? all).slice(-KEPT_SWITCHOVERS);
}

function later({ low, middle, high, most }: ExpectedFixedCost, ms: number): ExpectedFixedCost {
  return { low: low + ms, middle: middle + ms, high: high + ms, most: most + ms };
}

function hull(a: Interval, b: Interval): Interval {
  return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
}
