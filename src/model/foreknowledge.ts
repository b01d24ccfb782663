/** What is known of a guest and of its link before a migration starts. */
import { RateEstimate } from './bandwidth.ts';
import type { DirtyObservation } from './dirty-curve.ts';
import { FixedCost } from './fixed-cost.ts';

export interface Foreknowledge {
  /** Undefined: not known. */
  readonly memoryBytes: number | undefined;
  /** What the hypervisor's process holds in memory: the guest has no more than this that is not zero. */
  readonly residentBytes: number | undefined;
  /** Measured just now, on this guest. */
  readonly probes: readonly DirtyObservation[];
  /** Whole passes of this guest's earlier migrations, the oldest first. It may do something else today. */
  readonly earlierPasses: readonly DirtyObservation[];
  /** What the first pass of this guest's last migration put on the wire: zero pages cost next to nothing. */
  readonly firstPassBytes: number | undefined;
  /** Rate of whole passes of earlier migrations over this link, under the same cap. */
  readonly passRate: RateEstimate;
  /** Rate of stop-and-copies over this link. */
  readonly switchoverRate: RateEstimate;
  readonly fixedCost: FixedCost;
}

export const NOTHING_KNOWN: Foreknowledge = {
  memoryBytes: undefined,
  residentBytes: undefined,
  probes: [],
  earlierPasses: [],
  firstPassBytes: undefined,
  passRate: RateEstimate.unmeasured,
  switchoverRate: RateEstimate.unmeasured,
  fixedCost: FixedCost.assumed,
};
