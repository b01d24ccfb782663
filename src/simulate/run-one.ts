/** One migration of one simulated guest, through the supervisor that production uses. No I/O, no clock. */
import {
  AUTO_CONVERGE_DEFAULTS,
  type AutoConvergeParameters,
} from '../hypervisor/simulated/auto-converge.ts';
import type { ScenarioInput } from '../hypervisor/simulated/scenario.ts';
import { SimulatedHypervisor, simulatedDestination } from '../hypervisor/simulated/simulated-hypervisor.ts';
import type { JournalSink } from '../migration/journal-entry.ts';
import type { Outcome } from '../migration/outcome.ts';
import { startOptionsOf } from '../migration/start-options.ts';
import { Supervisor } from '../migration/supervisor.ts';
import type { AutoConverge, Limits, PolicyKind } from '../policy/policy.ts';

/** What policies that poll are shown, as the real drivers do. */
const TICK_MS = 250;
const NO_JOURNAL: JournalSink = { write: () => {} };

/**
 * Migrates the guest once, started as the system whose rule it is starts its migrations: with auto-converge where
 * that system switches it on, and able to go on by post-copy where it is. xbzrle is not simulated.
 * @param guest its `tickMs`, left out: samples only for policies that poll, which is much faster; a time limit is
 * then noticed at the next boundary
 */
export async function runOne(
  guest: ScenarioInput,
  kind: PolicyKind,
  limits: Limits,
  journal: JournalSink = NO_JOURNAL,
): Promise<Outcome> {
  const { autoConverge, postCopyCapable, hottestLast } = kind.startsWith ?? {};
  const hypervisor = new SimulatedHypervisor({
    guest: {
      tickMs: kind.polls ? TICK_MS : Number.POSITIVE_INFINITY,
      ...guest,
      ...(hottestLast ? { sendOrder: 'hottest-last' as const } : {}),
      ...(autoConverge ? { autoConverge: inQemusWords(autoConverge) } : {}),
    },
  });
  // Choosing a rule that ends in post-copy is the user's word for it: nobody's memory is at stake here.
  const allowed: Limits = postCopyCapable ? { ...limits, overBudget: 'post-copy' } : limits;
  const migration = await hypervisor.start(
    'sim:guest',
    simulatedDestination('guest'),
    startOptionsOf(kind, allowed, false),
  );
  return await new Supervisor(migration, kind, allowed, journal).run();
}

function inQemusWords(given: AutoConverge): AutoConvergeParameters {
  return {
    ...AUTO_CONVERGE_DEFAULTS,
    initialPercent: given.initialPercent,
    incrementPercent: given.incrementPercent,
    triggerPercent: given.triggerThresholdPercent,
  };
}
