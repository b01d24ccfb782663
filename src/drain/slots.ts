/**
 * Which moves may run beside each other. Each end of a move, the host that it leaves and the one that it comes to, has a link.
 * Sharing one makes pauses longer and carries no more: so a memory-intensive VM has both its links alone, and calm ones
 * share one up to a width, and only as many as each of them stays calm among.
 */

/** A move, as far as others are in its way. */
export interface Mover {
  /** The links that it uses, of its source and its destination. */
  readonly links: readonly string[];
  /** As in `VmForecast`. */
  readonly calmAmong: number;
}

export interface SlotRules {
  /** The most moves on a link, at least 1. */
  readonly atATime: number;
}

export function mayStart(mover: Mover, running: readonly Mover[], rules: SlotRules): boolean {
  return fits(mover, loadsOf(running), rules);
}

/** What is on a link. */
interface Load {
  readonly moves: number;
  /** The fewest that one of them stays calm among. */
  readonly calmAmong: number;
}

const IDLE: Load = { moves: 0, calmAmong: Number.POSITIVE_INFINITY };

function loadsOf(running: readonly Mover[]): Map<string, Load> {
  const loads = new Map<string, Load>();
  for (const mover of running) load(loads, mover);
  return loads;
}

function load(loads: Map<string, Load>, { links, calmAmong }: Mover): void {
  for (const link of links) {
    const there = loads.get(link) ?? IDLE;
    loads.set(link, { moves: there.moves + 1, calmAmong: Math.min(there.calmAmong, calmAmong) });
  }
}

function fits(
  { links, calmAmong }: Mover,
  loads: ReadonlyMap<string, Load>,
  { atATime }: SlotRules,
): boolean {
  return links.every((link) => {
    const there = loads.get(link) ?? IDLE;
    const among = there.moves + 1;
    return among <= atATime && (among === 1 || among <= Math.min(calmAmong, there.calmAmong));
  });
}

/** How many moves share the busiest of its links, itself included. */
export function widthOf(mover: Mover, running: readonly Mover[]): number {
  const on = (link: string) => running.filter((each) => each !== mover && each.links.includes(link)).length;
  return 1 + Math.max(0, ...mover.links.map(on));
}

/**
 * Those that start now, in their order. One that wants its links alone and has to wait for them keeps them: otherwise small
 * ones would slip in for ever.
 */
export function startsNow<M extends Mover>(
  waiting: readonly M[],
  running: readonly Mover[],
  rules: SlotRules,
): readonly M[] {
  const starts: M[] = [];
  // Reckoned once: there are many schedules to make, of many moves.
  const loads = loadsOf(running);
  const kept = new Set<string>();
  for (const mover of waiting) {
    const isKept = mover.links.some((link) => kept.has(link));
    if (!isKept && fits(mover, loads, rules)) {
      starts.push(mover);
      load(loads, mover);
    } else if (mover.calmAmong <= 1) for (const link of mover.links) kept.add(link);
  }
  return starts;
}
