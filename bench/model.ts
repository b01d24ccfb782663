/**
 * The speed of what runs without any VM: a decision of every policy with a long history behind it, and fleets of
 * simulated migrations under the default policy.
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { BUILT_IN } from '../src/config/settings.ts';
import { POLICIES } from '../src/policy/policies.ts';
import { atMost, type BenchResult, spread } from './goals.ts';
import { type DecisionTime, HISTORY, timeDecisions } from './model/decisions.ts';
import type { FleetTime } from './model/fleet.ts';

const SMALL = 10_000;
const LARGE = 100_000;
const REPEATS = 3;

export async function run(): Promise<BenchResult> {
  process.stderr.write('bench: decisions of every policy\n');
  const decisions: DecisionTime[] = [];
  for (const name of Object.keys(POLICIES)) decisions.push(await timeDecisions(name));
  decisions.sort((a, b) => b.microseconds - a.microseconds);
  const [slowest] = decisions;
  if (!slowest) throw new Error('there is no policy');

  const { policy } = BUILT_IN;
  const fleets: FleetTime[] = [];
  for (const threads of ['all cores', 'one thread'] as const)
    for (const migrations of [SMALL, LARGE]) {
      process.stderr.write(`bench: ${migrations} migrations under ${policy}, ${threads}\n`);
      fleets.push(await timeFleet(policy, migrations, threads));
    }
  const [small, large, smallAlone, largeAlone] = fleets;
  if (!small || !large || !smallAlone || !largeAlone) throw new Error('a fleet is missing');
  // On one thread, where the start of threads is no part of it.
  const growth = largeAlone.seconds / LARGE / (smallAlone.seconds / SMALL);
  return {
    bench: 'model',
    figures: { policy, fleets, decisions },
    goals: [
      atMost(
        `a decision at ${HISTORY} boundaries, slowest: ${slowest.policy}`,
        slowest.microseconds,
        'µs',
        50,
      ),
      atMost(`${LARGE} migrations under ${policy}, all cores`, large.seconds, 's', 20),
      atMost(`time for each, ${LARGE} against ${SMALL}`, growth, 'times', 1.3),
      atMost(`memory, ${LARGE} against ${SMALL}`, large.peakMegabytes - small.peakMegabytes, 'MB more', 50),
    ],
  };
}

/** The medians of several, each in a process of its own, whose peak of memory is its own. */
async function timeFleet(
  policy: string,
  migrations: number,
  threads: FleetTime['threads'],
): Promise<FleetTime> {
  const program = path.join(import.meta.dirname, 'model', 'fleet.ts');
  const args = [program, policy, String(migrations), threads];
  const times: FleetTime[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat += 1)
    times.push(JSON.parse((await promisify(execFile)(process.execPath, args)).stdout));
  const [first] = times;
  if (!first) throw new Error('nothing was measured');
  return {
    ...first,
    seconds: spread(times.map(({ seconds }) => seconds)).median,
    peakMegabytes: spread(times.map(({ peakMegabytes }) => peakMegabytes)).median,
  };
}
