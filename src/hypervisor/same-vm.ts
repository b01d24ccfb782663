/** Whether two answers are of one VM (S3): an address may lead to another one than it did a moment ago. */
import { type GuestFacts, RefusedError } from './hypervisor.ts';

/** By which a VM is known at either end. */
export type VmIdentity = Pick<GuestFacts, 'name' | 'uuid' | 'memoryBytes' | 'machineType'>;

/** As far as the two can tell: by their UUIDs, or by what hardly two have alike. */
export function isSameVm(one: VmIdentity, other: VmIdentity): boolean {
  if (one.uuid !== undefined && other.uuid !== undefined) return one.uuid === other.uuid;
  return one.memoryBytes === other.memoryBytes && one.machineType === other.machineType;
}

/** @throws {RefusedError} where the one that answers at the address is not the one that is meant */
export function assertSameVm(meant: VmIdentity, address: string, found: VmIdentity): void {
  if (isSameVm(meant, found)) return;
  throw new RefusedError(
    'different-vm',
    `${address} is another VM now (${found.name}, ${found.uuid ?? 'without a UUID'}) than ${meant.name} (${meant.uuid ?? 'without a UUID'}): nothing was done to it`,
  );
}
