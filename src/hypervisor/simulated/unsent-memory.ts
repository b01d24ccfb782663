/**
 * The pages set in QEMU's dirty bitmap, as bytes of a few kinds instead of one bit a page, so that a pass
 * costs the same for a guest of any size.
 *
 * QEMU walks through memory in the order of addresses and goes on after a sync where it stood
 * (migration/ram.c: find_dirty_block). So what a pass did not reach is sent first in the next one, before
 * what was dirtied again. Where in the first pass the zero pages come is the guest's affair ({@link ZeroPlace}).
 */

import { WIRE_PER_BYTE, WIRE_PER_ZERO_BYTE } from '../../model/qemu-constants.ts';

/** Kinds of memory: zero pages, pages that are written once and never again, then one for each part of the model. */
const ZERO = 0;
const COLD = 1;
const FIRST_PART = 2;

/**
 * Where zero pages lie among the others. Free memory lies together: with the zero pages last QEMU finds, once the
 * first pass has less left than its threshold, that this costs nothing; with them first, that all of it is to be sent.
 */
export type ZeroPlace = 'first' | 'throughout' | 'last';

export interface MemorySizes {
  readonly totalBytes: number;
  readonly zeroBytes: number;
  /** What each part of the memory model can dirty. */
  readonly partBytes: readonly number[];
  /** Which of them hold nothing but zeros when they are sent, by their index. Left out: none. */
  readonly zeroParts?: readonly number[];
}

/**
 * `hottest-last` is what no QEMU does: from the first sync on, the parts go in the order of how often their pages
 * were found dirty, the most often last (the thesis's FRS). Within a part all pages are alike.
 */
export type SendOrder = 'address' | 'hottest-last';

/** What a byte of pages that are compressed on their way costs: what is left of it, or more where compressing is slower than the line. */
export interface CompressedTo {
  readonly untouched: number;
  /** Of what the guest writes. */
  readonly written: number;
}

const AS_THEY_ARE: CompressedTo = { untouched: 1, written: 1 };

export class UnsentMemory {
  /** Guest memory sent so far, zero pages left out; undefined while it is as much as went over the wire. */
  carriedBytes: number | undefined;
  private readonly wirePerColdByte: number;
  private readonly wirePerWrittenByte: number;
  private readonly partBytes: readonly number[];
  /** Kinds beside {@link ZERO} that cost what zero pages cost. */
  private readonly zeroKinds: readonly number[];
  private readonly order: SendOrder;
  /** At how many syncs a page of each part was found dirty, on average. */
  private readonly timesDirty: number[];
  /** What is sent one after the other: each holds bytes of each kind, mixed evenly. */
  private readonly queue: number[][];

  /** Everything is dirty at first (ram.c: ram_list_init_bitmaps). */
  constructor(
    { totalBytes, zeroBytes, partBytes, zeroParts = [] }: MemorySizes,
    order: SendOrder = 'address',
    zeroPlace: ZeroPlace = 'last',
    compressedTo = AS_THEY_ARE,
  ) {
    this.wirePerColdByte = compressedTo.untouched - 1 + WIRE_PER_BYTE;
    this.wirePerWrittenByte = compressedTo.written - 1 + WIRE_PER_BYTE;
    this.carriedBytes = compressedTo === AS_THEY_ARE ? undefined : 0;
    const coldBytes = totalBytes - zeroBytes - sum(partBytes);
    if (coldBytes < 0)
      throw new RangeError(
        `${zeroBytes} bytes of zero pages and ${sum(partBytes)} that the guest writes are more than its memory of ${totalBytes}`,
      );
    this.partBytes = partBytes;
    this.zeroKinds = zeroParts.map((part) => FIRST_PART + part);
    this.order = order;
    this.timesDirty = partBytes.map(() => 0);
    const others = [0, coldBytes, ...partBytes];
    const zeros = others.map((_, kind) => (kind === ZERO ? zeroBytes : 0));
    this.queue = {
      first: [zeros, others],
      throughout: [others.map((bytes, kind) => bytes + (zeros[kind] ?? 0)), zeros.map(() => 0)],
      last: [others, zeros],
    }[zeroPlace];
  }

  /** As QEMU counts `remaining`: zero pages at their full size. */
  get totalBytes(): number {
    let bytes = 0;
    for (const kinds of this.queue) bytes += sum(kinds);
    return bytes;
  }

  get wireBytes(): number {
    let bytes = 0;
    for (const kinds of this.queue) bytes += this.wireBytesOf(kinds);
    return bytes;
  }

  /** What goes over the wire until at most `bytes` are left. */
  wireBytesUntilLeft(bytes: number): number {
    let excessBytes = this.totalBytes - bytes;
    let onWireBytes = 0;
    for (const kinds of this.queue) {
      if (excessBytes <= 0) break;
      const here = sum(kinds);
      if (here > 0) onWireBytes += this.wireBytesOf(kinds) * Math.min(1, excessBytes / here);
      excessBytes -= here;
    }
    return onWireBytes;
  }

  /** @returns the bytes really sent: less than offered once nothing is left */
  send(offeredBytes: number): number {
    const before = this.carriedBytes === undefined ? 0 : this.contentBytes;
    let sentBytes = 0;
    for (const kinds of this.queue) sentBytes += this.take(kinds, offeredBytes - sentBytes);
    if (this.carriedBytes !== undefined) this.carriedBytes += before - this.contentBytes;
    return sentBytes;
  }

  private get contentBytes(): number {
    let bytes = 0;
    for (const kinds of this.queue) bytes += sum(kinds) - this.zeroBytesOf(kinds);
    return bytes;
  }

  private take(kinds: number[], offeredBytes: number): number {
    const whole = this.wireBytesOf(kinds);
    if (whole <= offeredBytes) {
      kinds.fill(0);
      return whole;
    }
    const left = 1 - offeredBytes / whole;
    for (let kind = 0; kind < kinds.length; kind += 1) kinds[kind] = (kinds[kind] ?? 0) * left;
    return offeredBytes;
  }

  private wireBytesOf(kinds: readonly number[]): number {
    const zeroBytes = this.zeroBytesOf(kinds);
    const coldBytes = kinds[COLD] ?? 0;
    return (
      zeroBytes * WIRE_PER_ZERO_BYTE +
      coldBytes * this.wirePerColdByte +
      (sum(kinds) - zeroBytes - coldBytes) * this.wirePerWrittenByte
    );
  }

  private zeroBytesOf(kinds: readonly number[]): number {
    let bytes = kinds[ZERO] ?? 0;
    for (const kind of this.zeroKinds) bytes += kinds[kind] ?? 0;
    return bytes;
  }

  /**
   * A bitmap sync: the pages dirtied since the last one are set beside those not sent yet. How many are new is
   * the expectation for two sets that do not know of each other: of what part i dirtied, unsent / size was set.
   * @param dirtiedBytes of each part
   * @returns the bytes newly set (QEMU's num_dirty_pages_period)
   */
  sync(dirtiedBytes: readonly number[]): number {
    if (this.order === 'hottest-last') this.countDirty(dirtiedBytes);
    this.placeAt(0, ZERO, this.takeKind(ZERO));
    this.placeAt(0, COLD, this.takeKind(COLD));
    let newBytes = 0;
    for (let part = 0; part < this.partBytes.length; part += 1) {
      const size = this.partBytes[part] ?? 0;
      const left = this.takeKind(FIRST_PART + part);
      const added = size === 0 ? 0 : Math.max(0, (dirtiedBytes[part] ?? 0) * (1 - left / size));
      const place = this.order === 'address' ? 1 : 1 + this.rankOf(part);
      this.placeAt(place, FIRST_PART + part, left + added);
      newBytes += added;
    }
    return newBytes;
  }

  private countDirty(dirtiedBytes: readonly number[]): void {
    this.partBytes.forEach((size, part) => {
      this.timesDirty[part] = (this.timesDirty[part] ?? 0) + (dirtiedBytes[part] ?? 0) / (size || 1);
    });
  }

  /** How many parts go before that one: those that were dirty less often, and of equals the first. */
  private rankOf(part: number): number {
    const own = this.timesDirty[part] ?? 0;
    return this.timesDirty.filter((times, other) => times < own || (times === own && other < part)).length;
  }

  /** @returns what was left of that kind, wherever it lay; now nothing is */
  private takeKind(kind: number): number {
    let bytes = 0;
    for (const kinds of this.queue) {
      bytes += kinds[kind] ?? 0;
      kinds[kind] = 0;
    }
    return bytes;
  }

  private placeAt(index: number, kind: number, bytes: number): void {
    this.queue[index] ??= new Array<number>(FIRST_PART + this.partBytes.length).fill(0);
    const kinds = this.queue[index];
    if (kinds) kinds[kind] = bytes;
  }
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
