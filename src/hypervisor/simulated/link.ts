/** The rate at which the link between two hosts carries a migration, over time. */

export interface LinkSection {
  readonly bytesPerSecond: number;
  /** The rate holds until then; `Infinity` when it never changes again. */
  readonly untilMs: number;
}

/** Times are milliseconds on the hypervisor's virtual clock. */
export interface Link {
  /** The rate from that instant on. */
  sectionAt(atMs: number): LinkSection;
}

export interface LinkStep {
  readonly fromMs: number;
  /** 0: the link is cut, nothing moves. */
  readonly bytesPerSecond: number;
}

export function constantLink(bytesPerSecond: number): Link {
  return steppedLink([{ fromMs: 0, bytesPerSecond }]);
}

/** A link that breaks at an instant and stays broken. */
export function cutLink(bytesPerSecond: number, cutMs: number): Link {
  return steppedLink([
    { fromMs: 0, bytesPerSecond },
    { fromMs: cutMs, bytesPerSecond: 0 },
  ]);
}

/** @throws {RangeError} when the steps do not begin at 0, do not rise in time, or have a negative rate */
export function steppedLink(steps: readonly LinkStep[]): Link {
  const sections = steps.map(({ fromMs, bytesPerSecond }, index) => {
    const rises = index === 0 ? fromMs === 0 : fromMs > (steps[index - 1]?.fromMs ?? 0);
    if (!rises || !(bytesPerSecond >= 0))
      throw new RangeError(
        `step ${index} of a link (${bytesPerSecond} bytes/s from ${fromMs} ms) breaks it: ` +
          'the first begins at 0 ms, each later than the one before, with a rate of 0 or more',
      );
    return { bytesPerSecond, untilMs: steps[index + 1]?.fromMs ?? Number.POSITIVE_INFINITY };
  });
  const last = sections.at(-1);
  if (!last) throw new RangeError('a link needs at least one step');
  return {
    sectionAt: (atMs) =>
      sections.length === 1 ? last : (sections.find(({ untilMs }) => atMs < untilMs) ?? last),
  };
}
