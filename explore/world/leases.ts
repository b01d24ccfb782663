/** Leases of VMs as a kernel keeps them: each dies with its holder, and a frozen one holds it still. */
import { LeaseHeldError, type takeLease } from '../../src/migration/lease.ts';

export class Leases {
  private readonly holders = new Map<string, { readonly isAlive: boolean }>();

  /** As that process takes them. */
  takenBy(process: { readonly isAlive: boolean }): typeof takeLease {
    return async (vm, facts) => {
      // What it says is the same in each run.
      const holder = { ...facts, pid: 1, since: '2026-01-01T00:00:00.000Z' };
      if (this.holders.get(vm)?.isAlive) throw new LeaseHeldError(vm, holder);
      this.holders.set(vm, process);
      const release = async (): Promise<void> => {
        if (this.holders.get(vm) === process) this.holders.delete(vm);
      };
      return { vm, release, [Symbol.asyncDispose]: release };
    };
  }
}
