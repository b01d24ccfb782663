/** What the move of a VM would be like if it began now: a probe, which disturbs nobody, and a rehearsal, as a plan is made. */
import type { CalmLook } from '../drain/facts.ts';
import type { Destination, GuestFacts, Hypervisor } from '../hypervisor/hypervisor.ts';
import { foresee } from '../migration/foresee.ts';
import type { RunStore } from '../migration/run.ts';
import { planOf } from '../plan/plan.ts';
import type { Limits, PolicyKind } from '../policy/policy.ts';
import { calmLookOf, whyUnknown } from './calm-look.ts';

interface LookedAt {
  readonly guest: GuestFacts;
  readonly destination: Destination;
  readonly kind: PolicyKind;
  readonly limits: Limits;
}

/** libvirt probes in whole seconds. */
const PROBES_MS = [1000, 3000];

export async function lookAtVm(
  hypervisor: Hypervisor,
  store: RunStore,
  { guest, destination, kind, limits }: LookedAt,
): Promise<CalmLook> {
  const { known, probeRefusal } = await foresee(
    hypervisor,
    { guest, destination, cap: limits.bandwidthBytesPerSecond },
    store,
    { probesMs: PROBES_MS, resident: true },
  );
  const migrant = { running: guest.state === 'running', manager: 'libvirt' as const };
  const plan = await planOf({ known, migrant, kind, limits, others: [] });
  return calmLookOf(plan, limits, whyUnknown(plan, probeRefusal));
}
