/** Leases of VMs as a kernel keeps them: each dies with its holder, and a frozen one holds it still. */
import { LeaseHeldError, type takeLease } from '../../src/migration/lease.ts';

export class Leases {
  private readonly holders = new Map<string, { readonly isAlive: boolean }>();

  /** As that process takes them. */
  takenBy(process: { readonly isAlive: boolean }): typeof takeLease {
    return async (vm, facts) => {
      if (this.holders.get(vm)?.isAlive) throw new LeaseHeldError(vm, facts);
      this.holders.set(vm, process);
      const release = async (): Promise<void> => {
        if (this.holders.get(vm) === process) this.holders.delete(vm);
      };
      return { vm, release, [Symbol.asyncDispose]: release };
    };
  }
}
