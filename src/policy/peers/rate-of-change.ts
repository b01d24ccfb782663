/**
 * Ibrahim, Hofmeyr, Iancu and Roman, SC'11: pre-copy that ends by the rate at which the application changes its
 * memory. The text of the rule is not public; this reading of it is: go to stop-and-copy once the dirty set of
 * an iteration is no smaller than that of the one before.
 *
 * Source: "Optimized Pre-Copy Live Migration for Memory Intensive Applications", SC'11 (abstract and introduction).
 */
import type { Observation } from '../../model/observation.ts';
import { QEMU_DEFAULT_DOWNTIME_MS } from '../../model/qemu-constants.ts';
import { formatBytes } from '../../model/units.ts';
import type { Decision, Policy } from '../policy.ts';
import { goOn, stopAndCopy } from './decisions.ts';
import { downtime, percent } from './parameters.ts';
import { type Chosen, definePeer } from './peer.ts';

const PARAMETERS = {
  downtimeMs: downtime('downtime', `${QEMU_DEFAULT_DOWNTIME_MS}ms`),
  /** A dirty set that shrinks by no more than this has stopped shrinking. Not from the paper. */
  leastChange: percent('least-change', '0%'),
};

export const rateOfChange = definePeer({
  name: 'rate-of-change',
  summary:
    "SC'11 reading: stops once a pass leaves no less dirty than the pass before, however long the pause",
  source: 'https://sc11.supercomputing.org/schedule/SC11_Event_pap341-evid=pap341.vcs.txt',
  startsWith: {},
  parameters: PARAMETERS,
  begin: (chosen) => new RateOfChange(chosen),
});

class RateOfChange implements Policy {
  readonly initialDowntimeLimitMs: number;
  private readonly leastChange: number;
  private lastRemainingBytes: number | undefined;
  /** Why it stopped iterating; it does not begin again. */
  private over: string | undefined;

  constructor({ downtimeMs, leastChange }: Chosen<typeof PARAMETERS>) {
    this.initialDowntimeLimitMs = downtimeMs;
    this.leastChange = leastChange;
  }

  observe(observation: Observation): Decision {
    if (observation.kind === 'tick') return goOn('it looks at boundaries');
    if (this.over !== undefined) return stopAndCopy(this.over);
    // Before the first pass everything counts as dirty, which says nothing of the application.
    if (observation.ended === undefined) return goOn('the first pass that is seen whole begins');
    const { remainingBytes } = observation;
    const lastBytes = this.lastRemainingBytes;
    this.lastRemainingBytes = remainingBytes;
    if (lastBytes === undefined) return goOn(`the first dirty set: ${formatBytes(remainingBytes)}`);

    const change = lastBytes > 0 ? (lastBytes - remainingBytes) / lastBytes : 0;
    const words = `${formatBytes(remainingBytes)} dirty after ${formatBytes(lastBytes)}`;
    if (change > this.leastChange) return goOn(`${words}: it shrinks`);
    this.over = `${words}: it does not shrink`;
    return stopAndCopy(this.over);
  }
}
