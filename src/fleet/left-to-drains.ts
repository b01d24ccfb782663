/**
 * What a drain has on its way is its controllers' to look after, also in the moment in which the one that had it has died and
 * none has it yet. A watch would take it for a stranger's: it knows nothing of the limits that the drain has given it, so a VM
 * that needs a longer pause would never arrive.
 */
import { RefusedError } from '../hypervisor/refusal.ts';
import { type Lease, takeLease } from '../migration/lease.ts';
import type { LeaseHolder } from '../migration/lease-holder.ts';
import type { Queryable } from '../postgres/database.ts';
import { ACTIVE_STATES } from './move.ts';

/** One of a drain of these tables has it on its way. @throws {StoreError} */
export async function isOnItsWay(within: Queryable, vm: string): Promise<boolean> {
  const found = await within.query(
    `select 1 from fleet.move where vm = $1 and state in (${ACTIVE_STATES}) and not is_foreign`,
    [vm],
  );
  return found.length > 0;
}

/** Takes leases for a watch, but for what drains have on their way. */
export function leavingToDrains(isOurs: (vm: string) => Promise<boolean>): typeof takeLease {
  return async (vm: string, holder: LeaseHolder): Promise<Lease> => {
    if (await isOurs(vm)) throw new RefusedError('held', `VM ${vm} is on its way by a drain`);
    return await takeLease(vm, holder);
  };
}
