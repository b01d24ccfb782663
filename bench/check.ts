/** `./dev bench check`: has anything got worse than in the committed results? */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { BenchResult } from './goals.ts';
import { measure } from './policies/campaign-result.ts';
import { compare } from './policies/comparison.ts';
import { regressions } from './policies/regression.ts';
import { RESULT_FILE, readResult } from './policies/result.ts';
import { FULL, QUICK } from './policies/settings.ts';

/** @throws {Error} when there are no committed results */
export async function run(): Promise<BenchResult> {
  if (!existsSync(RESULT_FILE))
    throw new Error(`nothing to compare with: ${path.basename(RESULT_FILE)} is not there`);
  const committed = compare(readResult());
  // The limits of the committed run, so that the same is compared, and no time goes into a search.
  const known = Object.fromEntries(
    committed.flatMap(({ name, relaxedLimitMs: limitMs, allowedPauseMs: pauseMs }) =>
      limitMs === undefined || pauseMs === undefined ? [] : [[name, { limitMs, pauseMs }]],
    ),
  );
  const result = await measure(
    { ...QUICK, timeLimitMs: FULL.timeLimitMs },
    { store: 'check', fresh: true, known },
  );
  const found = regressions(compare(result), committed);
  if (found.length === 0) throw new Error('the quick run and the committed results have nothing in common');
  const worse = found.filter((each) => each.worse);
  for (const { name, ratio, allowed } of worse)
    process.stderr.write(
      `bench: WORSE: ${name}: ${ratio.toFixed(2)} of the committed figure, ${allowed.toFixed(2)} allowed\n`,
    );
  return {
    bench: 'check',
    figures: {
      environment: result.environment,
      compared: found.length,
      worse: worse.map(({ name }) => name),
    },
    goals: found.map(({ name, ratio, allowed, worse: bad }) => ({
      ...{ name, value: Number(ratio.toFixed(3)), unit: 'of the committed figure' },
      ...{ limit: Number(allowed.toFixed(3)), met: !bad },
    })),
  };
}
