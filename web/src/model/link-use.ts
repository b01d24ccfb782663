/** What runs to a destination of a drain now. */
import type { MigrationSummary } from '../api-types.ts';
import type { DrainVm } from '../drain-types.ts';

type Under = Pick<MigrationSummary, 'id' | 'final' | 'destination' | 'transferBytesPerSecond'>;
type Moved = Pick<DrainVm, 'state' | 'migration' | 'to'>;

export interface Known {
  /** Of which this service tells: of this drain, of others, and those that nobody drains. */
  readonly here: Iterable<Under>;
  /** Of a VM of the drain, whichever service drives it. */
  of(vm: Moved): Under | undefined;
}

/**
 * In bytes per second; 0: nothing, as far as is known. Of other services the present one of each VM counts only: what a controller
 * that has died left behind is never over.
 */
export function rateTo(host: string, vms: readonly Moved[], { here, of }: Known): number {
  const ours = new Map(vms.map(({ migration, to }) => [migration, to]));
  const told = [...here].filter(
    ({ id, final, destination }) => !final && (ours.get(id) === host || destination?.startsWith(host)),
  );
  const elsewhere = vms
    .filter(({ state, to }) => state === 'moving' && to === host)
    .flatMap((vm) => of(vm) ?? []);
  const all = new Map([...told, ...elsewhere].map((each) => [each.id, each.transferBytesPerSecond ?? 0]));
  return [...all.values()].reduce((sum, rate) => sum + rate, 0);
}
