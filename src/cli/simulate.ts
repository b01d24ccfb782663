import path from 'node:path';
import type { PolicyChoice } from '../simulate/policy-choice.ts';
import { readScenario } from '../simulate/scenario-file.ts';
import { simulate as run } from '../simulate/simulate.ts';
import { EXIT } from './exit-status.ts';
import { pictureAt } from './picture-file.ts';
import { fleetText } from './render/fleet-text.ts';
import { ProgressOfMany } from './render/progress-of-many.ts';

export interface SimulateOptions {
  readonly policy?: readonly string[];
  readonly migrations?: number;
  readonly seed?: number;
  readonly svg?: string;
  readonly json?: boolean;
}

/** `switchover simulate SCENARIO`. @returns the exit status */
export async function simulate(file: string, options: SimulateOptions): Promise<number> {
  const read = readScenario(file);
  const policies = options.policy?.map((name): PolicyChoice => ({ name, given: {} })) ?? read.policies;
  const scenario = {
    ...read,
    policies,
    migrations: options.migrations ?? read.migrations,
    seed: options.seed ?? read.seed,
  };
  const { svg } = options;
  const drawn = svg === undefined ? undefined : await pictureAt(svg, () => import('./render/fleet-plot.ts'));

  const { results, interrupted } = await interruptible(async (signal) => {
    const progress = new ProgressOfMany('simulating');
    const done = await run(scenario, { signal, progress: (so, far) => progress.take(so, far) });
    progress.clear();
    return done;
  });
  const { migrations, seed } = scenario;
  if (interrupted)
    process.stderr.write(
      `interrupted: ${results.length} of ${policies.length} policies were done${results.length > 0 ? ' and are shown' : ''}\n`,
    );
  if (results.length > 0) {
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ schema: 1, scenario: file, seed, migrations, interrupted, results }, null, 2)}\n`
        : `${fleetText(results)}\n`,
    );
    drawn?.write(drawn.with.fleetPlot(results, `${path.basename(file)}, seed ${seed}`));
  }
  return interrupted ? EXIT.detached : EXIT.migrated;
}

/** Lets Ctrl-C end the work early. */
async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ readonly results: T; readonly interrupted: boolean }> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  process.once('SIGINT', abort);
  try {
    const results = await work(controller.signal);
    return { results, interrupted: controller.signal.aborted };
  } finally {
    process.off('SIGINT', abort);
  }
}
