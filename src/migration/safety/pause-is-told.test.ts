/** S7 says what may not be told; this, that the pause of a migration that nothing disturbs is told. */
import { expect, test } from 'vitest';
import { SimulatedRun } from '../testing/simulated-run.ts';

test.each(['waiting', 'starts-itself', 'attached'] as const)('%s: the pause is measured', async (begin) => {
  const run = new SimulatedRun({ begin, policy: 'mp' });
  const { pauseMs } = await run.run();
  const [onSource, onDestination] = run.pair.truth.history;
  const trueMs = (onDestination?.fromMs ?? 0) - (onSource?.untilMs ?? 0);
  expect(trueMs).toBeGreaterThan(100);
  expect(Math.abs((pauseMs ?? 0) - trueMs)).toBeLessThan(20);
});
