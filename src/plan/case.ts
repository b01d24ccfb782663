/** One case that agrees with all that is known: a guest and a link for the simulator. */
import { constantLink } from '../hypervisor/simulated/link.ts';
import { cyclic } from '../hypervisor/simulated/memory/cyclic.ts';
import { type MemoryModel, together } from '../hypervisor/simulated/memory/memory-model.ts';
import type { ScenarioInput } from '../hypervisor/simulated/scenario.ts';
import type { Foreknowledge } from '../model/foreknowledge.ts';
import type { Estimate } from '../model/interval.ts';
import { PAGE_BYTES, WIRE_PER_BYTE, WIRE_PER_ZERO_BYTE } from '../model/qemu-constants.ts';
import type { DirtiedWithin, Prospects } from './prospects.ts';

/**
 * What is not known exactly: of the {@link Prospects}, where the zero pages lie, what the probe that the migration
 * makes itself will read, and what compressing leaves of the pages that the guest writes.
 */
export const UNCERTAIN = [
  'dirtied',
  'payloadRate',
  'firstPassBytes',
  'fixedCostMs',
  'zeroPlace',
  'ownProbe',
  'writtenLeft',
] as const;

/** Where within its bounds each of them lies in this case. */
export type Case = Readonly<Record<(typeof UNCERTAIN)[number], keyof Estimate>>;

export const LIKELY_CASE: Case = {
  dirtied: 'middle',
  payloadRate: 'middle',
  firstPassBytes: 'middle',
  fixedCostMs: 'middle',
  zeroPlace: 'middle',
  ownProbe: 'middle',
  writtenLeft: 'middle',
};

/** By what it makes of a guest that is done after its first pass: nothing left to send in the pause, some, or all. */
const ZERO_PLACES = { low: 'last', middle: 'throughout', high: 'first' } as const;

/** Two probes of the same guest by 2,000 sampled pages differ by about this. */
const OWN_PROBE = { low: 0.88, middle: 1, high: 1.12 };

/** The sets of a guest are sums of products: this much is rounding. */
const ROUNDING_BYTES = PAGE_BYTES;

/** From 2 ms to half an hour, eight points a decade: between them a curve is taken to be straight. */
const CURVE_DURATIONS_MS = Array.from({ length: 48 }, (_, index) => 2 * 10 ** (index / 8));

export function scenarioOf(prospects: Prospects, at: Case): ScenarioInput {
  const { memoryBytes } = prospects;
  const memory = memoryModel(prospects.dirtied[at.dirtied], memoryBytes - ROUNDING_BYTES);
  const wireBytes = prospects.firstPassBytes[at.firstPassBytes];
  // memory x wire - zero x (wire - wire of zero) = what the first pass puts on the wire
  const zeroBytes = (memoryBytes * WIRE_PER_BYTE - wireBytes) / (WIRE_PER_BYTE - WIRE_PER_ZERO_BYTE);
  const room = Math.max(0, memoryBytes - ROUNDING_BYTES - memory.workingSetBytes);
  return {
    ...{ memoryBytes, memory },
    zeroPagesShare: Math.min(Math.max(zeroBytes, 0), room) / memoryBytes,
    zeroPlace: ZERO_PLACES[at.zeroPlace],
    link: constantLink(prospects.payloadRate[at.payloadRate]),
    switchoverFixedCostMs: prospects.fixedCostMs[at.fixedCostMs],
  };
}

/** What the policy knows in this case. */
export function knownIn(known: Foreknowledge, { ownProbe }: Case): Foreknowledge {
  const probes = known.probes.map((probe) => ({ ...probe, bytes: probe.bytes * OWN_PROBE[ownProbe] }));
  return { ...known, probes };
}

/**
 * A guest with that dirty curve: sets of pages, each rewritten in order at its own rate. A curve that is concave and
 * straight between points is their sum, since each set adds min(rate x t, set) and so bends it at one point:
 * there the slope falls by the set's rate. What is written often is then known from what is written seldom: a
 * sync soon after another finds the same pages again.
 */
function memoryModel(dirtied: DirtiedWithin, mostBytes: number): MemoryModel {
  const curve = concave(
    CURVE_DURATIONS_MS.map((durationMs) => ({
      durationMs,
      bytes: Math.min(mostBytes, dirtied(durationMs)),
    })),
  );
  const sets = curve.flatMap(({ durationMs, bytesPerMs }, index) => {
    const bend = bytesPerMs - (curve[index + 1]?.bytesPerMs ?? 0);
    return bend > 0
      ? [cyclic({ workingSetBytes: bend * durationMs, writeRateBytesPerSecond: bend * 1000 })]
      : [];
  });
  return sets.length > 0 ? together(...sets) : cyclic({ workingSetBytes: 0, writeRateBytesPerSecond: 0 });
}

interface Bend {
  readonly durationMs: number;
  readonly bytes: number;
  /** Of the curve just before it. */
  readonly bytesPerMs: number;
}

/** The least concave, non-decreasing curve over these points: a likely curve held within a bracket may be neither. */
function concave(points: readonly { durationMs: number; bytes: number }[]): readonly Bend[] {
  const hull: Bend[] = [];
  for (const { durationMs, bytes } of points) {
    for (;;) {
      const before = hull.at(-1) ?? { durationMs: 0, bytes: 0, bytesPerMs: Number.POSITIVE_INFINITY };
      const bytesPerMs = (bytes - before.bytes) / (durationMs - before.durationMs);
      if (bytesPerMs <= 0) break;
      if (bytesPerMs <= before.bytesPerMs) {
        hull.push({ durationMs, bytes, bytesPerMs });
        break;
      }
      hull.pop();
    }
  }
  return hull;
}
