/** `node bench/model/fleet.ts POLICY MIGRATIONS 'all cores'|'one thread'`: simulates a fleet and prints what it took. */
import path from 'node:path';
import { readScenario } from '../../src/simulate/scenario-file.ts';
import { simulate } from '../../src/simulate/simulate.ts';

export interface FleetTime {
  readonly threads: 'all cores' | 'one thread';
  readonly migrations: number;
  readonly seconds: number;
  /** Of the whole process, all threads. */
  readonly peakMegabytes: number;
  readonly completed: number;
}

const EXAMPLE = path.join(import.meta.dirname, '..', '..', 'docs', 'examples', 'fleet.toml');
const WARM_UP = 1000;

if (import.meta.main) {
  const [name = '', migrations = '', threads = ''] = process.argv.slice(2);
  const fleet = { ...readScenario(EXAMPLE), policies: [{ name, given: {} }] };
  const workers = threads === 'one thread' ? 0 : undefined;
  // Threads are new each time: there is nothing to warm.
  if (workers === 0) await simulate({ ...fleet, migrations: WARM_UP }, { workers });
  const beganMs = performance.now();
  const [result] = await simulate({ ...fleet, migrations: Number(migrations) }, { workers });
  const figures = {
    ...{ threads: workers === 0 ? 'one thread' : 'all cores', migrations: Number(migrations) },
    seconds: (performance.now() - beganMs) / 1000,
    // Linux counts it in kB.
    peakMegabytes: process.resourceUsage().maxRSS / 1000,
    completed: result?.completed ?? 0,
  } satisfies FleetTime;
  process.stdout.write(JSON.stringify(figures));
}
