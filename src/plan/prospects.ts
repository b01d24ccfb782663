/**
 * What a migration is to expect of its guest and its link, before it starts: each figure with the likely value and the
 * two between which it most probably lies. From here on a plan is made of these alone.
 */
import { lineRate, RateEstimate } from '../model/bandwidth.ts';
import { DirtyCurve } from '../model/dirty-curve.ts';
import { FixedCost } from '../model/fixed-cost.ts';
import type { Foreknowledge } from '../model/foreknowledge.ts';
import { type Estimate, times } from '../model/interval.ts';
import type { Limits } from '../policy/policy.ts';
import { estimateCurve } from './parametric.ts';

/** Bytes distinctly dirtied within a duration in milliseconds. */
export type DirtiedWithin = (durationMs: number) => number;

export interface Prospects {
  readonly memoryBytes: number;
  /** The floor, a likely curve, and the roof of what the guest dirties. */
  readonly dirtied: Readonly<Record<keyof Estimate, DirtiedWithin>>;
  /** It contradicted itself while it was watched: the figures are of the latest it did. */
  readonly hadPhases: boolean;
  /** Of what the line carries of a migration, in bytes per second: its own rate less the frames around the memory. */
  readonly payloadRate: Estimate;
  /** Only the cap of the passes is known: the line carries that or more by any factor. */
  readonly lineUnknown: boolean;
  /** On the wire, to send all memory once. */
  readonly firstPassBytes: Estimate;
  readonly fixedCostMs: Estimate;
  /** What the total has before the first byte and after the last, the guest running: the hypervisors agree, and clear up. */
  readonly handlingMs: Estimate;
}

/** What has to be known for a plan and is not. */
export type Missing = 'link' | 'guest';

/**
 * Of a stated rate, what memory gets: of each Ethernet frame of 1,514 bytes 1,448 are payload, and large
 * segments share their headers before a shaper counts them. Measured on the lab's 480 Mbit/s: 0.957 to 0.975.
 */
const PAYLOAD_SHARE: Estimate = { low: 0.94, middle: 0.965, high: 0.985 };

/** A measured rate this far from what is stated is of another time, as a fraction. */
const SAME_LINE = 0.15;

/** Once capped only, a line may be this much faster: beyond that a pause is nothing but its fixed cost. */
const MUCH_FASTER = 100;

/**
 * Of what QEMU's process holds of the guest's memory, what has to be sent: kernels map it in huge pages, of which parts
 * were never written. Measured in the lab: 0.85 to 0.95.
 */
const SENT_OF_RESIDENT: Estimate = { low: 0.78, middle: 0.88, high: 1 };

/** Where nothing is known of how much of the memory is used. */
const SENT_OF_MEMORY: Estimate = { low: 0.1, middle: 0.5, high: 1 };

/** Two first passes of the same guest differ by about this, as a fraction. */
const FIRST_PASS_SPREAD = 0.07;

/** QEMU alone is asked and begins; libvirt on both hosts took 1.7 to 2.3 s in the lab. */
const HANDLING_MS = {
  qemu: { low: 0, middle: 0, high: 0 },
  libvirt: { low: 1000, middle: 2000, high: 3500 },
} satisfies Record<Manager, Estimate>;

/** What drives QEMU. */
export type Manager = 'qemu' | 'libvirt';

/** A guest that is to be migrated. */
export interface Migrant {
  /** False: it stands still and dirties nothing. */
  readonly running: boolean;
  readonly manager: Manager;
}

/**
 * @returns what is missing, where too little is known to expect anything
 */
export function prospectsOf(
  known: Foreknowledge,
  limits: Limits,
  { running, manager }: Migrant,
): Prospects | Missing {
  const { memoryBytes } = known;
  const line = payloadRateOf(known, limits);
  if (!line) return 'link';
  const observed = [...known.earlierPasses, ...known.probes];
  if (memoryBytes === undefined || (running && observed.length === 0)) return 'guest';

  // A steady guest has written before what it writes now, so that is there.
  const { residentBytes } = known;
  let curve = DirtyCurve.unobserved(Math.min(memoryBytes, residentBytes ?? memoryBytes));
  let hadPhases = false;
  for (const found of observed) {
    const { curve: next, phaseChange } = curve.observe(found);
    curve = next;
    hadPhases ||= phaseChange !== undefined;
  }
  const likely = estimateCurve(curve);
  const still: DirtiedWithin = () => 0;
  const most = Math.max(...observed.map(({ bytes, unsentBytes = 0 }) => bytes - unsentBytes), 0);
  return {
    memoryBytes,
    dirtied: running
      ? {
          low: (durationMs) => curve.lower(durationMs),
          middle: (durationMs) => likely.bytesWithin(durationMs),
          high: (durationMs) => curve.upper(durationMs),
        }
      : { low: still, middle: still, high: still },
    hadPhases,
    ...line,
    firstPassBytes: firstPassOf(known, memoryBytes, most),
    fixedCostMs: fixedCostOf(known, line.payloadRate.middle),
    handlingMs: HANDLING_MS[manager],
  };
}

function payloadRateOf(
  known: Foreknowledge,
  { lineRateBytesPerSecond: stated, bandwidthBytesPerSecond: cap }: Limits,
): Pick<Prospects, 'payloadRate' | 'lineUnknown'> | undefined {
  const passes = RateEstimate.of(known.passTransfers);
  const found = lineRate({ cap, passes, switchovers: RateEstimate.of(known.switchoverTransfers) });
  const measured = found?.source === 'capped-passes' ? undefined : found?.bytesPerSecond;
  if (stated !== undefined) {
    const expected = times(PAYLOAD_SHARE, stated);
    const agrees = measured && Math.abs(measured.middle / expected.middle - 1) <= SAME_LINE;
    return { payloadRate: agrees ? between(measured, expected) : expected, lineUnknown: false };
  }
  if (measured) return { payloadRate: measured, lineUnknown: false };
  if (cap === undefined) return undefined;
  return { payloadRate: { low: cap, middle: cap, high: MUCH_FASTER * cap }, lineUnknown: true };
}

/** A line rate that was stated then counts frames too: without them the same pause was more memory and less cost. */
function fixedCostOf(known: Foreknowledge, payloadRate: number): Estimate {
  const switchovers = known.switchovers.map((each) => ({
    ...each,
    lineRateBytesPerSecond: Math.min(each.lineRateBytesPerSecond, payloadRate),
  }));
  return FixedCost.of({ ...known, switchovers }).ms;
}

function firstPassOf(known: Foreknowledge, memoryBytes: number, dirtiedBytes: number): Estimate {
  const { firstPassBytes: before, residentBytes } = known;
  const limit = residentBytes ?? memoryBytes;
  const around = (estimate: Estimate): Estimate => ({
    low: Math.max(estimate.low, dirtiedBytes),
    middle: Math.max(estimate.middle, dirtiedBytes),
    high: Math.max(estimate.high, dirtiedBytes),
  });
  if (before !== undefined && before <= limit * (1 + FIRST_PASS_SPREAD))
    return around({
      low: before * (1 - FIRST_PASS_SPREAD),
      middle: before,
      high: before * (1 + FIRST_PASS_SPREAD),
    });
  return around(
    residentBytes === undefined ? times(SENT_OF_MEMORY, memoryBytes) : times(SENT_OF_RESIDENT, residentBytes),
  );
}

/** Of two that agree: what both together allow, likely halfway. */
function between(a: Estimate, b: Estimate): Estimate {
  return {
    low: Math.min(a.low, b.low),
    middle: (a.middle + b.middle) / 2,
    high: Math.max(a.high, b.high),
  };
}
