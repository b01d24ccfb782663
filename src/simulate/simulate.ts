/** Runs a scenario's migrations, policy by policy, through the supervisor that production uses. Pure but for time spent. */
import { SimulatedHypervisor, simulatedDestination } from '../hypervisor/simulated/simulated-hypervisor.ts';
import type { Outcome } from '../migration/outcome.ts';
import { startOptionsOf } from '../migration/start-options.ts';
import { Supervisor } from '../migration/supervisor.ts';
import { OWN_POLICIES } from '../policy/own-policies.ts';
import { choosePolicy } from '../policy/policies.ts';
import type { PolicyKind } from '../policy/policy.ts';
import { drawGuest } from './draw-guest.ts';
import type { ScenarioFile } from './scenario-file.ts';

export interface PolicyResult {
  readonly policy: string;
  readonly migrations: number;
  readonly completed: number;
  /** By how they ended: completed, aborted, failed. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Of the completed ones; undefined when there are none. */
  readonly totalMs: Distribution | undefined;
  readonly sentBytes: Distribution | undefined;
  readonly pauseMs: Distribution | undefined;
}

export interface Distribution {
  readonly min: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

/** @param progress called now and then with how many migrations of all are done */
export async function simulate(
  file: ScenarioFile,
  progress: (done: number, of: number) => void = () => {},
): Promise<PolicyResult[]> {
  const of = file.policies.length * file.migrations;
  const results: PolicyResult[] = [];
  for (const [rank, name] of file.policies.entries()) {
    const kind = choosePolicy(name);
    const outcomes: Outcome[] = [];
    for (let index = 0; index < file.migrations; index += 1) {
      if (index % 100 === 0) progress(rank * file.migrations + index, of);
      outcomes.push(await migrateOnce(file, kind, index));
    }
    results.push(resultOf(name, outcomes));
  }
  return results;
}

async function migrateOnce(file: ScenarioFile, kind: PolicyKind, index: number): Promise<Outcome> {
  const { limits } = file;
  // Ours decide at boundaries only; the others poll, and a brake is bounded by the clock: these need samples between.
  const needsTicks = limits.overBudget === 'brake' || !Object.hasOwn(OWN_POLICIES, kind.name);
  const tickMs = needsTicks ? 250 : Number.POSITIVE_INFINITY;
  const hypervisor = new SimulatedHypervisor({ guest: { ...drawGuest(file, index), tickMs } });
  const migration = await hypervisor.start(
    'sim:guest',
    simulatedDestination('guest'),
    startOptionsOf(kind, limits, false),
  );
  return await new Supervisor(migration, kind, limits, { write: () => {} }).run();
}

function resultOf(policy: string, all: readonly Outcome[]): PolicyResult {
  const completed = all.filter(({ outcome }) => outcome === 'completed');
  const outcomes: Record<string, number> = {};
  for (const { outcome } of all) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  return {
    ...{ policy, migrations: all.length, completed: completed.length, outcomes },
    totalMs: distribution(completed.map(({ totalMs }) => totalMs)),
    sentBytes: distribution(completed.map(({ sentBytes }) => sentBytes)),
    pauseMs: distribution(completed.flatMap(({ pauseMs }) => (pauseMs === null ? [] : [pauseMs]))),
  };
}

/** By nearest rank. */
export function distribution(values: readonly number[]): Distribution | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  if (sorted.length === 0) return undefined;
  return { min: at(0), median: at(0.5), p95: at(0.95), max: at(1) };
}
