/** How long switchover takes to say something: the whole process, from its start to its end, several times each. */
import { spawnSync } from 'node:child_process';
import { PROGRAM } from '../lab/switchover-process.ts';
import { atMost, type BenchResult, spread } from './goals.ts';

const REPEATS = 20;
/** Fills the caches of the file system and of compiled code. */
const WARM_UP = 3;
const HELP_MS = 150;

/** None of these reaches for a guest: that is `latency`. */
const COMMANDS = {
  help: ['--help'],
  'help of migrate': ['migrate', '--help'],
  version: ['--version'],
  completion: ['complete', '--', 'migrate', '--policy', ''],
  'config check': ['config', 'check', '/dev/null'],
  list: ['list', '--state-dir', '/nonexistent'],
} as const;

export async function run(): Promise<BenchResult> {
  const node = spread(timesOf(process.execPath, ['-e', '0']));
  const commands = Object.fromEntries(
    Object.entries(COMMANDS).map(([name, args]) => [name, spread(timesOf(PROGRAM, args))]),
  );
  const goals = (['help', 'help of migrate'] as const).map((name) =>
    atMost(`${name}: median`, commands[name]?.median ?? Number.POSITIVE_INFINITY, 'ms', HELP_MS),
  );
  return {
    bench: 'startup',
    figures: { unit: 'ms', repeats: REPEATS, 'node alone': node, ...commands },
    goals,
  };
}

/** @throws {Error} where it fails: a quick failure is no quick start */
function timesOf(program: string, args: readonly string[]): number[] {
  const times: number[] = [];
  for (let repeat = 0; repeat < WARM_UP + REPEATS; repeat++) {
    const beganMs = performance.now();
    const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    const tookMs = performance.now() - beganMs;
    if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`);
    if (repeat >= WARM_UP) times.push(tookMs);
  }
  return times;
}
