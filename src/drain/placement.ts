/**
 * Which destination a VM goes to. What forbids one is told by name, all of it. Among those that are left the one whose link
 * has the fewest long pauses to come is taken, then the one with the most memory free.
 */
import { formatBytes } from '../model/units.ts';
import { type Destination, type DrainVm, isMemoryIntensive, type Reason } from './facts.ts';

export interface PlacementRules {
  /** Kept free on each destination; undefined: as much as the largest VM that runs there. */
  readonly reserveBytes: number | undefined;
}

export interface Refused {
  readonly destination: string;
  readonly reasons: readonly Reason[];
}

export interface Placement {
  /** Undefined: nowhere. */
  readonly to: Destination | undefined;
  readonly refused: readonly Refused[];
}

/** What has been promised already: by moves under way, whoever began them, and by those that are planned. */
export interface Promises {
  readonly bytes: ReadonlyMap<string, number>;
  /** Long pauses to come, by link. */
  readonly pauses: ReadonlyMap<string, number>;
  /** Groups that are on their way, by destination. */
  readonly apart: ReadonlyMap<string, readonly string[]>;
}

export const NO_PROMISES: Promises = { bytes: new Map(), pauses: new Map(), apart: new Map() };

export function placementOf(
  vm: DrainVm,
  destinations: readonly Destination[],
  promises: Promises,
  rules: PlacementRules,
): Placement {
  const judged = destinations.map((each) => ({ each, reasons: reasonsAgainst(vm, each, promises, rules) }));
  const possible = judged.filter(({ reasons }) => reasons.length === 0).map(({ each }) => each);
  const [to] = possible.toSorted(
    (a, b) => pausesOf(a, promises) - pausesOf(b, promises) || roomOf(b, promises) - roomOf(a, promises),
  );
  const refused = judged.flatMap(({ each, reasons }) =>
    reasons.length > 0 ? [{ destination: each.name, reasons }] : [],
  );
  return { to, refused };
}

/** The same with that VM on its way there. */
export function promised(vm: DrainVm, to: Destination, promises: Promises): Promises {
  const plus = (map: ReadonlyMap<string, number>, key: string, more: number) =>
    new Map(map).set(key, (map.get(key) ?? 0) + more);
  return {
    bytes: plus(promises.bytes, to.name, vm.memoryBytes),
    pauses: isMemoryIntensive(vm) ? plus(promises.pauses, to.link, 1) : promises.pauses,
    apart: new Map(promises.apart).set(to.name, [...(promises.apart.get(to.name) ?? []), ...vm.apart]),
  };
}

/**
 * Places all of them, the largest first: small ones find room beside large ones, and not the other way round.
 * @param before of moves under way
 */
export function placeAll(
  vms: readonly DrainVm[],
  destinations: readonly Destination[],
  rules: PlacementRules,
  before: Promises = NO_PROMISES,
): ReadonlyMap<string, Placement> {
  const placements = new Map<string, Placement>();
  let promises = before;
  for (const vm of vms.toSorted((a, b) => b.memoryBytes - a.memoryBytes)) {
    const placement = placementOf(vm, destinations, promises, rules);
    placements.set(vm.uuid, placement);
    if (placement.to) promises = promised(vm, placement.to, promises);
  }
  return placements;
}

export function reserveOf(destination: Destination, rules: PlacementRules): number {
  return rules.reserveBytes ?? destination.largestVmBytes;
}

function reasonsAgainst(
  vm: DrainVm,
  destination: Destination,
  promises: Promises,
  rules: PlacementRules,
): Reason[] {
  const reasons = [...(vm.refusedBy.get(destination.name) ?? [])];
  if (destination.cordoned)
    reasons.push({
      code: 'cordoned',
      words: 'it is cordoned: nothing new is to come there',
      remedy: 'uncordon it, or name another destination',
    });
  const there = [...destination.apart, ...(promises.apart.get(destination.name) ?? [])];
  const shared = vm.apart.find((group) => there.includes(group));
  if (shared !== undefined)
    reasons.push({
      code: 'kept-apart',
      words: `a VM that ${vm.name} is to be kept apart from (${shared}) runs there or is to go there`,
      remedy: 'name one more destination, or allow them together',
    });
  // The pre-flight may have said so already, without the reserve.
  if (!reasons.some(({ code }) => code === 'no-memory'))
    reasons.push(...memoryReason(vm, destination, promises, rules));
  return reasons;
}

function memoryReason(
  { memoryBytes }: DrainVm,
  destination: Destination,
  promises: Promises,
  rules: PlacementRules,
): Reason[] {
  const { freeBytes } = destination;
  if (freeBytes === undefined) return [];
  const taken = promises.bytes.get(destination.name) ?? 0;
  const reserve = reserveOf(destination, rules);
  if (memoryBytes <= freeBytes - reserve - taken) return [];
  const less = [
    taken > 0 && `${formatBytes(taken)} promised to other VMs`,
    reserve > 0 && `${formatBytes(reserve)} kept in reserve`,
  ].filter(Boolean);
  return [
    {
      code: 'no-memory',
      words: `it needs ${formatBytes(memoryBytes)}, and ${[`${formatBytes(freeBytes)} are free there`, ...less].join(' less ')}`,
      remedy: reserve > 0 ? 'make room there, or keep less with --reserve' : 'make room there',
    },
  ];
}

function pausesOf({ link }: Destination, { pauses }: Promises): number {
  return pauses.get(link) ?? 0;
}

function roomOf({ name, freeBytes = 0 }: Destination, { bytes }: Promises): number {
  return freeBytes - (bytes.get(name) ?? 0);
}
