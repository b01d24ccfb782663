import { constantLink } from '../../src/hypervisor/simulated/link.ts';
import { cyclic } from '../../src/hypervisor/simulated/memory/cyclic.ts';
import { noisy } from '../../src/hypervisor/simulated/memory/noisy.ts';
import type { ScenarioInput } from '../../src/hypervisor/simulated/scenario.ts';
import type { Boundary } from '../../src/model/observation.ts';
import { PassMeter } from '../../src/model/passes.ts';
import { choosePolicy } from '../../src/policy/policies.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/policy/policy.ts';
import { stock } from '../../src/policy/stock.ts';
import { runOne } from '../../src/simulate/run-one.ts';

export const HISTORY = 1000;
const TIMED = 200;
const REPEATS = 5;

export interface DecisionTime {
  readonly policy: string;
  /**
   * A boundary measured and decided on with {@link HISTORY} before it: the mean, in the best of the repeats, since what else
   * the machine does only ever adds to it.
   */
  readonly microseconds: number;
  /** The slowest one of all, with whatever the machine did meanwhile. */
  readonly longestMicroseconds: number;
}

/**
 * Passes of some 50 ms and a set of 60 MB that never fits, so that the history is short in time, no timeout is
 * over, and each policy still has something to decide.
 */
const GUEST: ScenarioInput = {
  memoryBytes: 2e9,
  memory: noisy(cyclic({ workingSetBytes: 60e6, writeRateBytesPerSecond: 1e9 }), { seed: 1, spread: 0.3 }),
  link: constantLink(1e9),
};
const LIMITS: Limits = { ...DEFAULT_LIMITS, downtimeMs: 5, maxDowntimeMs: 10, overBudget: 'leave' };

const boundaries = await record(HISTORY + TIMED);

/** Under stock, which leaves the guest alone. */
async function record(count: number): Promise<Boundary[]> {
  const seen: Boundary[] = [];
  const limits: Limits = { ...LIMITS, overBudget: 'abort', timeoutMs: count * 100 };
  await runOne(GUEST, stock, limits, {
    write: (_, happening) => happening.type === 'boundary' && seen.push(happening.boundary),
  });
  if (seen.length < count) throw new Error(`only ${seen.length} of ${count} boundaries were recorded`);
  return seen.slice(0, count);
}

export async function timeDecisions(policy: string): Promise<DecisionTime> {
  const kind = choosePolicy(policy);
  const means: number[] = [];
  let longest = 0;
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const [decider, meter] = [kind.begin(LIMITS), new PassMeter()];
    for (const boundary of boundaries.slice(0, HISTORY)) decider.observe(meter.measure(boundary));
    let sum = 0;
    for (const boundary of boundaries.slice(HISTORY)) {
      const beganMs = performance.now();
      decider.observe(meter.measure(boundary));
      const microseconds = (performance.now() - beganMs) * 1000;
      sum += microseconds;
      longest = Math.max(longest, microseconds);
    }
    means.push(sum / TIMED);
  }
  return { policy, microseconds: rounded(Math.min(...means)), longestMicroseconds: rounded(longest) };
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
