/**
 * What is known of a guest and of its link before a migration starts. Plain data, so that a journal holds it
 * and a replay decides by it again.
 */
import type { Transfer } from './bandwidth.ts';
import type { CompressedPages } from './compression.ts';
import type { DirtyObservation } from './dirty-curve.ts';
import type { FinishedSwitchover } from './fixed-cost.ts';

export interface Foreknowledge {
  /** Of the guest. Undefined: not known. */
  readonly memoryBytes: number | undefined;
  /** Of the guest. Left out or undefined: not known. */
  readonly vcpus?: number | undefined;
  /** What QEMU's process holds in memory: not more of the guest can be anything but zero. Undefined: not known. */
  readonly residentBytes: number | undefined;
  /** Measured just now, on this guest. */
  readonly probes: readonly DirtyObservation[];
  /** Whole passes of this guest's earlier migrations, the oldest first. It may do something else today. */
  readonly earlierPasses: readonly DirtyObservation[];
  /** What the first pass of this guest's last migration put on the wire: zero pages cost next to nothing. */
  readonly firstPassBytes: number | undefined;
  /** Whole passes over this link, under the same cap, the oldest first. */
  readonly passTransfers: readonly Transfer[];
  /** Stop-and-copies over this link after capped passes, which tell nothing of the line. */
  readonly switchoverTransfers: readonly Transfer[];
  /** Switchovers over this link whose line rate was known, of whichever guest, the oldest first. */
  readonly switchovers: readonly FinishedSwitchover[];
  /** From its arrival to our word that lets it run, in milliseconds. Left out: next to nothing, or it waits for none. */
  readonly wordMs?: number;
  /** Pages are compressed on their way: what they cost is not known before some were sent. Left out: they are not. */
  readonly compressed?: boolean;
  /** What compressing made of those that the guest wrote while its pages were looked at. Left out: they were not. */
  readonly written?: CompressedPages;
}

export const NOTHING_KNOWN: Foreknowledge = {
  memoryBytes: undefined,
  residentBytes: undefined,
  probes: [],
  earlierPasses: [],
  firstPassBytes: undefined,
  passTransfers: [],
  switchoverTransfers: [],
  switchovers: [],
};
