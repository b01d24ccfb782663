/**
 * How a simulated guest dirties its memory: the dirty curve D(tau), the bytes distinctly dirtied within tau
 * of a clean dirty bitmap. It is all that pre-copy ever learns of a guest.
 *
 * Times are the guest's own: milliseconds in which its vCPUs ran. They stand still while the guest is stopped
 * and pass slower while it is throttled.
 */
export interface MemoryModel {
  /** All memory that it ever dirties, in bytes. */
  readonly workingSetBytes: number;
  /**
   * Bytes distinctly dirtied from `fromMs`, when the bitmap was clean, to `toMs`. At most
   * {@link workingSetBytes}, 0 where the two are equal, and never less for a later `toMs`.
   */
  dirtiedBytes(fromMs: number, toMs: number): number;
  /** What it dirties holds nothing but zeros by the time it is sent. Left out: it holds what costs as much as it is. */
  readonly holdsZeros?: boolean;
  /** Models of separate memory that together make this one; absent where there is only one part. */
  readonly parts?: readonly MemoryModel[];
}

/** A guest that runs several models at once, each in memory of its own. */
export function together(...models: readonly MemoryModel[]): MemoryModel {
  const parts = models.flatMap(partsOf);
  return {
    parts,
    workingSetBytes: parts.reduce((sum, part) => sum + part.workingSetBytes, 0),
    dirtiedBytes: (fromMs, toMs) => parts.reduce((sum, part) => sum + part.dirtiedBytes(fromMs, toMs), 0),
  };
}

export function partsOf(model: MemoryModel): readonly MemoryModel[] {
  return model.parts ?? [model];
}

/** Changes how a model dirties its memory part by part, so that its parts stay known, and what they hold. */
export function mapParts(model: MemoryModel, change: (part: MemoryModel) => MemoryModel): MemoryModel {
  const changed = (part: MemoryModel): MemoryModel =>
    part.holdsZeros ? { ...change(part), holdsZeros: true } : change(part);
  return model.parts ? together(...model.parts.map(changed)) : changed(model);
}

/** @throws {RangeError} when a figure of a model is negative or no number */
export function assertFigures(figures: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(figures))
    if (!(value >= 0))
      throw new RangeError(`${name} of a memory model must not be negative, and is ${value}`);
}
