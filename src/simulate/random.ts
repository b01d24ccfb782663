/** Seeded randomness (mulberry32): the same seed gives the same fleet, everywhere. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** From 0 to below 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Evenly by ratio, since sizes and rates of guests span orders of magnitude. */
  between([least, most]: readonly [number, number]): number {
    const at = this.next();
    return least === most ? least : least * (most / least) ** at;
  }
}

/** Knuth's multiplicative hash: numbers that differ by one give seeds that have nothing in common. */
export function seedOf(index: number): number {
  return Math.imul(index, 2_654_435_761);
}
