import type { Distribution, PolicyResult } from '../../../simulate/summary.ts';

/** Results to be shown, with a spread around the medians that are given. */
export function resultFor(
  policy: string,
  given: Partial<Pick<PolicyResult, 'migrations' | 'completed' | 'startedWith'>> & {
    readonly pauseMs?: number;
  },
): PolicyResult {
  const { migrations = 1000, completed = 1000, startedWith = [], pauseMs = 100 } = given;
  const arrived = (median: number, spread: number) => (completed ? around(median, spread) : undefined);
  return {
    ...{ policy, migrations, completed, startedWith },
    outcomes: { completed, aborted: migrations - completed },
    totalMs: arrived(10_000, 2),
    sentBytes: arrived(1e9, 1.3),
    pauseMs: arrived(pauseMs, 2),
  };
}

function around(median: number, spread: number): Distribution {
  const near = Math.sqrt(spread);
  return {
    ...{ min: median / spread / 1.5, p5: median / spread, p25: median / near, median },
    ...{ p75: median * near, p95: median * spread, max: median * spread * 1.5 },
  };
}
