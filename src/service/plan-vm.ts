/** Plans the migration of a VM as it is now: looks at both ends, probes the guest, and tries its migration out. */
import { takesQuota } from '../hypervisor/cpu-quota/vcpu-quota.ts';
import {
  type CheckReport,
  type Destination,
  type GuestFacts,
  type Hypervisor,
  RefusedError,
} from '../hypervisor/hypervisor.ts';
import { freeProcessorsHere } from '../migration/choose-streams.ts';
import { foresee } from '../migration/foresee.ts';
import { PROBE_MS } from '../migration/probe.ts';
import type { RunStore } from '../migration/run.ts';
import { startOptionsOf } from '../migration/start-options.ts';
import { compressing } from '../model/compression.ts';
import type { Planned } from '../plan/document.ts';
import { type PlanRequest, planOf } from '../plan/plan.ts';
import type { Manager } from '../plan/prospects.ts';
import { choosePolicy } from '../policy/policies.ts';
import { type Limits, type PolicyKind, withoutQuota } from '../policy/policy.ts';

export interface PlanWish {
  readonly vm: string;
  /** Undefined: not chosen, so not checked. */
  readonly destination: Destination | undefined;
  readonly manager: Manager;
  readonly kind: PolicyKind;
  readonly limits: Limits;
  readonly force: boolean;
  /** The longest look at the guest, in milliseconds. */
  readonly longestProbeMs?: number | undefined;
  /** Other lines and other pauses too. */
  readonly whatIf?: boolean | undefined;
}

const LONGEST_PROBE_MS = 3000;

/** A third of each other: they are to show how what is dirty grows. The second is what a migration makes itself. */
const PROBES_MS = [100, PROBE_MS, 1000, 3000, 10_000, 30_000];

const COMPARED = [
  'forecast',
  'mp',
  'relaxed',
  'stock',
  'nova',
  'proxmox',
  'ovirt-minimal-downtime',
  'kubevirt',
];

/**
 * @param warn hears what of the wish cannot be heeded, a sentence each
 * @returns the plan, and what it was made from
 * @throws {RefusedError} where there is nothing to plan
 */
export async function planVm(
  wish: PlanWish,
  hypervisor: Hypervisor,
  store: RunStore,
  warn: (sentence: string) => void,
): Promise<{ readonly planned: Planned; readonly request: PlanRequest }> {
  const { vm, destination, kind } = wish;
  const { guest, findings, notes } = destination
    ? await hypervisor.check(vm, destination, startOptionsOf(kind, wish.limits, wish.force))
    : await inspected(hypervisor, vm);
  assertPlannable(guest);
  const limits = possibleFor(guest, wish.limits, warn);
  const longestMs = wish.longestProbeMs ?? LONGEST_PROBE_MS;
  const foreseen = await foresee(
    hypervisor,
    { guest, destination, cap: limits.bandwidthBytesPerSecond },
    store,
    { probesMs: [...PROBES_MS.filter((each) => each < longestMs), longestMs], resident: true },
  );
  const sample = await hypervisor.samplePages?.(guest);
  const request: PlanRequest = {
    known: foreseen.known,
    migrant: { running: guest.state === 'running', manager: wish.manager },
    kind,
    limits,
    whatIf: wish.whatIf,
    compressing: sample && compressing(sample, freeProcessorsHere()),
    others: COMPARED.filter((name) => name !== kind.name).map((name) => choosePolicy(name)),
  };
  const plan = await planOf(request);
  return {
    planned: { guest, destination: destination?.vm, limits, foreseen, plan, findings, notes },
    request,
  };
}

/** Where that pays only a quota brakes, which an emulated guest does not get. */
function possibleFor({ accelerator }: GuestFacts, limits: Limits, warn: (sentence: string) => void): Limits {
  if (limits.brake !== 'when-it-pays' || takesQuota(accelerator)) return limits;
  warn(
    'the guest is not braked where that pays: it is emulated, and would lose memory under a quota on its vCPU threads',
  );
  return withoutQuota(limits);
}

async function inspected(hypervisor: Hypervisor, vm: string): Promise<CheckReport> {
  const guest = await hypervisor.inspect(vm);
  return { guest, findings: [], notes: guest.losesWrites ? [guest.losesWrites] : [] };
}

/** @throws {RefusedError} */
function assertPlannable({ name, state, migrating }: GuestFacts): void {
  if (migrating)
    throw new RefusedError(
      'already-migrating',
      `${name} is migrating already, and a plan is for a migration that has not begun: \`switchover attach\` follows this one`,
    );
  if (state !== 'running' && state !== 'paused')
    throw new RefusedError(
      'not-running',
      `${name} does not run there: it is ${state}, nothing is to be migrated`,
    );
}
