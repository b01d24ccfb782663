/**
 * Hyper-V: copies passes until all is sent or ten passes are over, then suspends the guest and copies the rest.
 * It is closed; this is what the charts say, and "all is sent" is taken to the letter.
 *
 * Source: Directions on Microsoft, "Live Migration Switch-Over" (2009, 2020).
 */
import type { Observation } from '../../model/observation.ts';
import { formatBytes } from '../../model/units.ts';
import type { Decision, Policy } from '../policy.ts';
import { goOn, OUT_OF_THE_WAY_DOWNTIME_MS, stopAndCopy } from './decisions.ts';
import { count } from './parameters.ts';
import { definePeer } from './peer.ts';

export const hyperV = definePeer({
  name: 'hyper-v',
  summary: 'Hyper-V: stops after ten passes, however long the pause',
  source: 'https://www.directionsonmicrosoft.com/charts-illustrations/live-migration-switch-over',
  startsWith: {},
  parameters: { maxPasses: count('max-passes', 10) },
  begin: ({ maxPasses }) => new TenPasses(maxPasses),
});

class TenPasses implements Policy {
  // Its rule stands in the place of QEMU's.
  readonly initialDowntimeLimitMs = OUT_OF_THE_WAY_DOWNTIME_MS;
  private readonly maxPasses: number;

  constructor(maxPasses: number) {
    this.maxPasses = maxPasses;
  }

  observe(observation: Observation): Decision {
    if (observation.kind === 'tick') return goOn('it looks at boundaries');
    const passes = observation.pass - 1;
    const left = `${formatBytes(observation.remainingBytes)} dirty after pass ${passes}`;
    if (observation.remainingBytes === 0) return stopAndCopy(left);
    if (passes >= this.maxPasses) return stopAndCopy(`${left}: ${this.maxPasses} are the most`);
    return goOn(`${left} of ${this.maxPasses}`);
  }
}
