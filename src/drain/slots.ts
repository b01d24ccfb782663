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

export function mayStart(mover: Mover, running: readonly Mover[], { atATime }: SlotRules): boolean {
  return mover.links.every((link) => {
    const there = running.filter(({ links }) => links.includes(link));
    const among = there.length + 1;
    return among <= atATime && [mover, ...there].every(({ calmAmong }) => among === 1 || among <= calmAmong);
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
  const kept = new Set<string>();
  for (const mover of waiting) {
    const isKept = mover.links.some((link) => kept.has(link));
    if (!isKept && mayStart(mover, [...running, ...starts], rules)) starts.push(mover);
    else if (mover.calmAmong <= 1) for (const link of mover.links) kept.add(link);
  }
  return starts;
}
