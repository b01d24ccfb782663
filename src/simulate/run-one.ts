/** One migration of one simulated guest, through the supervisor that production uses. No I/O, no clock. */

import { simulatedAddress } from '../hypervisor/simulated/address.ts';
import {
  AUTO_CONVERGE_DEFAULTS,
  type AutoConvergeParameters,
} from '../hypervisor/simulated/auto-converge.ts';
import type { ScenarioInput } from '../hypervisor/simulated/scenario.ts';
import { SimulatedHypervisor, simulatedDestination } from '../hypervisor/simulated/simulated-hypervisor.ts';
import type { JournalSink } from '../journal/journal-entry.ts';
import { decline } from '../migration/decline.ts';
import { foresee, GLANCE, onlySwitchovers, QUICK_LOOK } from '../migration/foresee.ts';
import type { Lease } from '../migration/lease.ts';
import type { Outcome } from '../migration/outcome.ts';
import { runFrom } from '../migration/run.ts';
import { startOptionsOf } from '../migration/start-options.ts';
import type { Foreknowledge } from '../model/foreknowledge.ts';
import type { Streams } from '../model/streams.ts';
import { type AutoConverge, type Limits, mayBrake, type PolicyKind } from '../policy/policy.ts';
import { unkeptJournal } from './unkept-journal.ts';

/** What policies that poll are shown, as the real drivers do. */
const TICK_MS = 250;
const VM = simulatedAddress('guest');
const DESTINATION = simulatedDestination('guest');
/** Nobody else drives a simulated guest. */
const NO_LEASE: Lease = { vm: VM, release: async () => {}, [Symbol.asyncDispose]: async () => {} };
const NO_JOURNAL: JournalSink = { write: () => {} };

/**
 * Migrates the guest once, started as the system whose rule it is starts its migrations: with auto-converge where
 * that system switches it on, and able to go on by post-copy where it is. xbzrle is not simulated. A policy that
 * foresees probes the guest first, as in production.
 * @param guest its `tickMs`, left out: samples only where something may happen between boundaries, which is much
 * faster without; a time limit is then noticed at the next boundary
 * `compressedTo` or `writtenCompressedTo`, other than 1: the migration compresses pages
 * @param known what the policy is told before the start; left out: what a probe tells
 */
export async function runOne(
  guest: ScenarioInput,
  kind: PolicyKind,
  limits: Limits,
  journal: JournalSink = NO_JOURNAL,
  known?: Foreknowledge,
): Promise<Outcome> {
  const { compressedTo = 1, writtenCompressedTo = compressedTo } = guest;
  const streams = compressedTo !== 1 || writtenCompressedTo !== 1 ? COMPRESSED : undefined;
  return await migrateOn(hostsFor(guest, kind, limits), kind, limits, journal, known, streams);
}

/** How many connections there are makes no difference to a link. */
const COMPRESSED: Streams = { connections: 2, compression: 'zstd' };

/** Both hosts, with the guest on its source, as a migration under that policy finds them. */
export function hostsFor(guest: ScenarioInput, kind: PolicyKind, limits: Limits): SimulatedHypervisor {
  const { autoConverge, hottestLast } = kind.startsWith ?? {};
  // A pause that fits when it begins may be too long once the link slows down: then it is taken back by the clock.
  const linkChanges = guest.link.sectionAt(guest.startMs ?? 0).untilMs < Number.POSITIVE_INFINITY;
  return new SimulatedHypervisor({
    guest: {
      // A brake is bounded by the clock too.
      tickMs: kind.polls || linkChanges || mayBrake(limits) ? TICK_MS : Number.POSITIVE_INFINITY,
      cpuQuota: limits.brake === 'when-it-pays',
      ...guest,
      ...(hottestLast ? { sendOrder: 'hottest-last' } : {}),
      ...(autoConverge ? { autoConverge: inQemusWords(autoConverge) } : {}),
    },
  });
}

/** @param hypervisor of {@link hostsFor} */
export async function migrateOn(
  hypervisor: SimulatedHypervisor,
  kind: PolicyKind,
  limits: Limits,
  journal: JournalSink,
  given?: Foreknowledge,
  streams?: Streams,
): Promise<Outcome> {
  // Choosing a rule that ends in post-copy is the user's word for it: nobody's memory is at stake here.
  const allowed: Limits = kind.startsWith?.postCopyCapable ? { ...limits, overBudget: 'post-copy' } : limits;
  const foreseen =
    given ??
    (kind.foresees
      ? await foreseenBy(hypervisor, allowed)
      : onlySwitchovers(await foreseenBy(hypervisor, allowed, GLANCE)));
  const known = streams ? { ...foreseen, compressed: true } : foreseen;
  const run = runFrom(
    {
      place: 'nowhere',
      wish: { vm: VM, kind, limits: allowed },
      lease: NO_LEASE,
      journal: unkeptJournal(journal),
      known,
    },
    async () => {
      const before = kind.begin(allowed, known).beforeStart?.();
      if (before?.action === 'abort') return decline(before, journal);
      const options = startOptionsOf(kind, allowed, false, undefined, known);
      return await hypervisor.start(VM, DESTINATION, { ...options, streams });
    },
  );
  return await run.outcome;
}

/** What a policy knows before the start: no simulated guest has migrated before. */
export async function foreseenBy(
  hypervisor: SimulatedHypervisor,
  limits: Limits,
  look = QUICK_LOOK,
): Promise<Foreknowledge> {
  const guest = await hypervisor.inspect(VM);
  const intended = { guest, destination: DESTINATION, cap: limits.bandwidthBytesPerSecond };
  return (await foresee(hypervisor, intended, undefined, look)).known;
}

function inQemusWords(given: AutoConverge): AutoConvergeParameters {
  return {
    ...AUTO_CONVERGE_DEFAULTS,
    initialPercent: given.initialPercent,
    incrementPercent: given.incrementPercent,
    triggerPercent: given.triggerThresholdPercent,
  };
}
