/** A demonstration with so many migrations at once that nobody needs to believe it: they are counted while it is measured. */
import type { MigrationSummary } from '../../src/service/migration-summary.ts';
import { Served } from './served.ts';

/** Of the guests of the demonstration a quarter gives up early: so many more are needed for so many to run. */
const GUESTS_A_MIGRATION = 1.4;
/** All have begun by then. */
const BEGUN_AFTER_MS = 15_000;
const COUNTED_EVERY_MS = 3000;

export interface Load {
  readonly served: Served;
  /** How many migrations were under way, each time they were counted. */
  readonly running: readonly number[];
  /** Of one core, over the measured time. */
  readonly cpuShare: number;
  readonly memoryBytes: number;
}

/** @param beside is done at the begin of the measured time, and ended with it */
export async function underLoad<T>(
  migrations: number,
  seconds: number,
  beside: (served: Served) => Promise<() => Promise<void>>,
  then: (load: Load) => Promise<T>,
): Promise<T> {
  const guests = migrations === 1 ? 1 : Math.ceil(migrations * GUESTS_A_MIGRATION);
  await using served = await Served.start('--demo', '--guests', String(guests));
  await pause(BEGUN_AFTER_MS);
  const end = await beside(served);
  const running: number[] = [];
  const [beganMs, cpuMs] = [performance.now(), served.cpuMs()];
  while (performance.now() - beganMs < 1000 * seconds) {
    running.push(await runningNow(served));
    await pause(Math.min(COUNTED_EVERY_MS, 1000 * seconds));
  }
  const cpuShare = (served.cpuMs() - cpuMs) / (performance.now() - beganMs);
  const memoryBytes = served.memoryBytes();
  await end();
  return await then({ served, running, cpuShare, memoryBytes });
}

async function runningNow(served: Served): Promise<number> {
  const { migrations } = await served.get<{ migrations: MigrationSummary[] }>(
    '/v1/migrations?state=running&limit=1000',
  );
  return migrations.length;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
