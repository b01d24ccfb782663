import { formatBytes, formatDuration } from '../model/units.ts';
import { readScenario } from '../simulate/scenario-file.ts';
import { type Distribution, type PolicyResult, simulate as run } from '../simulate/simulate.ts';
import { table } from './render/table.ts';

export interface SimulateOptions {
  readonly policy?: readonly string[];
  readonly migrations?: number;
  readonly seed?: number;
  readonly json?: boolean;
}

/** `switchover simulate SCENARIO`. @returns the exit status */
export async function simulate(file: string, options: SimulateOptions): Promise<number> {
  const scenario = readScenario(file);
  const { migrations, seed, policies } = {
    migrations: options.migrations ?? scenario.migrations,
    seed: options.seed ?? scenario.seed,
    policies: options.policy ?? scenario.policies,
  };
  const live = process.stderr.isTTY;
  const results = await run({ ...scenario, migrations, seed, policies }, (done, of) => {
    if (live) process.stderr.write(`\r\x1b[Ksimulating: ${Math.floor((done / of) * 100)} %`);
  });
  if (live) process.stderr.write('\r\x1b[K');
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ schema: 1, scenario: file, seed, results }, null, 2)}\n`
      : `${text(results)}\n`,
  );
  return 0;
}

const HEADINGS = ['POLICY', 'ARRIVED', 'TOTAL', '(P95)', 'SENT', '(P95)', 'PAUSE', '(P95)', 'LONGEST'];

function text(results: readonly PolicyResult[]): string {
  const rows = results.map(({ policy, completed, migrations, totalMs, sentBytes, pauseMs }) => [
    policy,
    migrations === 1 ? (completed ? 'yes' : 'no') : `${completed} of ${migrations}`,
    ...medianAndP95(totalMs, formatDuration),
    ...medianAndP95(sentBytes, formatBytes),
    ...medianAndP95(pauseMs, formatDuration),
    pauseMs ? formatDuration(pauseMs.max) : '-',
  ]);
  return table([HEADINGS, ...rows]);
}

function medianAndP95(of: Distribution | undefined, format: (value: number) => string): [string, string] {
  return of ? [format(of.median), format(of.p95)] : ['-', '-'];
}
