/**
 * The pages set in QEMU's dirty bitmap, as bytes of a few kinds instead of one bit a page, so that a pass
 * costs the same for a guest of any size.
 *
 * QEMU walks through memory in the order of addresses and goes on after a sync where it stood
 * (migration/ram.c: find_dirty_block). So what a pass did not reach is sent first in the next one, before
 * what was dirtied again. In the first pass the zero pages come last: free memory lies together, as in the
 * lab's guest, whose last 320 MB go in milliseconds.
 */

const PAGE_BYTES = 4096;
/** Before each page go its address and flags, 8 bytes; of a zero page only one byte follows (ram.c: save_zero_page). */
const WIRE_PER_BYTE = (PAGE_BYTES + 8) / PAGE_BYTES;
const WIRE_PER_ZERO_BYTE = 9 / PAGE_BYTES;

/** Kinds of memory: zero pages, pages that are written once and never again, then one for each part of the model. */
const ZERO = 0;
const COLD = 1;
const FIRST_PART = 2;

export interface MemorySizes {
  readonly totalBytes: number;
  readonly zeroBytes: number;
  /** What each part of the memory model can dirty. */
  readonly partBytes: readonly number[];
}

export class UnsentMemory {
  private readonly partBytes: readonly number[];
  /** Sent first: bytes of each kind, mixed evenly. */
  private readonly front: number[];
  /** Sent when {@link front} is empty. */
  private readonly back: number[];

  /** Everything is dirty at first (ram.c: ram_list_init_bitmaps). */
  constructor({ totalBytes, zeroBytes, partBytes }: MemorySizes) {
    const coldBytes = totalBytes - zeroBytes - sum(partBytes);
    if (coldBytes < 0)
      throw new RangeError(
        `${zeroBytes} bytes of zero pages and ${sum(partBytes)} that the guest writes are more than its memory of ${totalBytes}`,
      );
    this.partBytes = partBytes;
    this.front = [0, coldBytes, ...partBytes];
    this.back = this.front.map((_, kind) => (kind === ZERO ? zeroBytes : 0));
  }

  /** As QEMU counts `remaining`: zero pages at their full size. */
  get totalBytes(): number {
    return sum(this.front) + sum(this.back);
  }

  get wireBytes(): number {
    return wireBytes(this.front) + wireBytes(this.back);
  }

  /** What goes over the wire until at most `bytes` are left. */
  wireBytesUntilLeft(bytes: number): number {
    const frontBytes = sum(this.front);
    const backBytes = sum(this.back);
    const excessBytes = frontBytes + backBytes - bytes;
    if (excessBytes <= 0) return 0;
    if (excessBytes <= frontBytes) return (wireBytes(this.front) * excessBytes) / frontBytes;
    const fromBackBytes = excessBytes - frontBytes;
    const ofBack = backBytes === 0 ? 0 : Math.min(1, fromBackBytes / backBytes);
    return wireBytes(this.front) + wireBytes(this.back) * ofBack;
  }

  /** @returns the bytes really sent: less than offered once nothing is left */
  send(offeredBytes: number): number {
    const fromFront = take(this.front, offeredBytes);
    return fromFront + take(this.back, offeredBytes - fromFront);
  }

  /**
   * A bitmap sync: the pages dirtied since the last one are set beside those not sent yet. How many are new is
   * the expectation for two sets that do not know of each other: of what part i dirtied, unsent / size was set.
   * @param dirtiedBytes of each part
   * @returns the bytes newly set (QEMU's num_dirty_pages_period)
   */
  sync(dirtiedBytes: readonly number[]): number {
    this.front[ZERO] = (this.front[ZERO] ?? 0) + (this.back[ZERO] ?? 0);
    this.front[COLD] = (this.front[COLD] ?? 0) + (this.back[COLD] ?? 0);
    this.back[ZERO] = 0;
    this.back[COLD] = 0;
    let newBytes = 0;
    this.partBytes.forEach((size, part) => {
      const kind = FIRST_PART + part;
      const unsent = (this.front[kind] ?? 0) + (this.back[kind] ?? 0);
      const added = size === 0 ? 0 : Math.max(0, (dirtiedBytes[part] ?? 0) * (1 - unsent / size));
      this.front[kind] = 0;
      this.back[kind] = unsent + added;
      newBytes += added;
    });
    return newBytes;
  }
}

function take(kinds: number[], offeredBytes: number): number {
  const whole = wireBytes(kinds);
  if (whole <= offeredBytes) {
    kinds.fill(0);
    return whole;
  }
  const left = 1 - offeredBytes / whole;
  for (let kind = 0; kind < kinds.length; kind += 1) kinds[kind] = (kinds[kind] ?? 0) * left;
  return offeredBytes;
}

function wireBytes(kinds: readonly number[]): number {
  const zeroBytes = kinds[ZERO] ?? 0;
  return (sum(kinds) - zeroBytes) * WIRE_PER_BYTE + zeroBytes * WIRE_PER_ZERO_BYTE;
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
