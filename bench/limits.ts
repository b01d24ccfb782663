/**
 * Limits that a healthy guest keeps by itself: one that writes 8 MB/s on a link of 60 arrives under --max-downtime 200
 * and 300 ms, at a pause no longer than that, as it does under stock QEMU.
 */
import { documentFrom } from '../lab/switchover-process.ts';
import { bootHealthy } from '../test/faults/fault-bed.ts';
import { atLeast, atMost, type BenchResult } from './goals.ts';

const LIMITS_MS = [200, 300];
const REPEATS = 5;

interface LimitRun {
  readonly limitMs: number;
  readonly outcome: string | null;
  readonly pauseMs: number | null;
  readonly reportedDowntimeMs: number | null;
  readonly totalMs: number;
  readonly reason: string;
}

export async function run(): Promise<BenchResult> {
  const runs: LimitRun[] = [];
  await using bed = await bootHealthy();
  for (const limitMs of LIMITS_MS)
    for (let repeat = 1; repeat <= REPEATS; repeat += 1) {
      const limit = `${limitMs}ms`;
      const running = await bed.migrate('--max-downtime', limit, '--downtime', limit, '--json');
      const { outcome, pauseMs, reportedDowntimeMs, totalMs, reason } = documentFrom(await running.ended);
      runs.push({ limitMs, outcome, pauseMs, reportedDowntimeMs, totalMs, reason });
      const pause = pauseMs === null ? '' : `, pause ${Math.round(pauseMs)} ms`;
      process.stderr.write(`bench: ${limit}, ${repeat} of ${REPEATS}: ${outcome}${pause}\n`);
      await bed.verify(outcome === 'completed' ? 'destination' : 'source');
      if (outcome === 'completed') await bed.turnAround();
      else await bed.pair.startDestination();
    }
  return {
    bench: 'limits',
    figures: { runs },
    goals: LIMITS_MS.flatMap((limitMs) => {
      const arrived = runs.filter((each) => each.limitMs === limitMs && each.outcome === 'completed');
      const longestMs = Math.max(...arrived.map(({ pauseMs }) => pauseMs ?? Number.POSITIVE_INFINITY));
      return [
        atLeast(`arrived under ${limitMs} ms`, arrived.length, `of ${REPEATS}`, REPEATS),
        atMost(`longest pause under ${limitMs} ms`, arrived.length === 0 ? 0 : longestMs, 'ms', limitMs),
      ];
    }),
  };
}
