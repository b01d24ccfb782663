/**
 * Xen: five iterations at most, fewer when under 50 pages are dirty; then the guest is suspended and the rest is
 * sent, however much it is. Iterations are counted as sent, so five are over when the sixth pass would begin.
 *
 * Source: tools/libs/guest/xg_sr_save.c `simple_precopy_policy`, `send_memory_live` (2026-08-20).
 */
import type { Observation } from '../../model/observation.ts';
import { PAGE_BYTES } from '../../model/qemu-constants.ts';
import { formatBytes } from '../../model/units.ts';
import type { Decision, Policy } from '../policy.ts';
import { goOn, OUT_OF_THE_WAY_DOWNTIME_MS, stopAndCopy } from './decisions.ts';
import { count } from './parameters.ts';
import { type Chosen, definePeer } from './peer.ts';

const PARAMETERS = {
  maxIterations: count('max-iterations', 5),
  targetDirtyPages: count('target-dirty-pages', 50),
};

export const xen = definePeer({
  name: 'xen',
  summary: 'Xen: stops after five passes or under 50 dirty pages, however long the pause',
  source: 'https://xenbits.xen.org/gitweb/?p=xen.git;a=blob;f=tools/libs/guest/xg_sr_save.c',
  startsWith: {},
  parameters: PARAMETERS,
  begin: (chosen) => new SimplePrecopyPolicy(chosen),
});

class SimplePrecopyPolicy implements Policy {
  // Its rule stands in the place of QEMU's.
  readonly initialDowntimeLimitMs = OUT_OF_THE_WAY_DOWNTIME_MS;
  private readonly parameters: Chosen<typeof PARAMETERS>;

  constructor(parameters: Chosen<typeof PARAMETERS>) {
    this.parameters = parameters;
  }

  observe(observation: Observation): Decision {
    if (observation.kind === 'tick') return goOn('it looks at boundaries');
    const { maxIterations, targetDirtyPages } = this.parameters;
    const iterations = observation.pass - 1;
    const left = `${formatBytes(observation.remainingBytes)} dirty after iteration ${iterations}`;
    if (observation.remainingBytes < targetDirtyPages * PAGE_BYTES)
      return stopAndCopy(`${left}: under ${targetDirtyPages} pages`);
    if (iterations >= maxIterations) return stopAndCopy(`${left}: ${maxIterations} are the most`);
    return goOn(`${left} of ${maxIterations}`);
  }
}
