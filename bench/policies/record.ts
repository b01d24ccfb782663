/** What is kept of one run: its figures, boundaries and decisions. The whole journal stays in the cache. */
export interface CellKey {
  readonly guest: string;
  readonly contender: string;
  /** From 1. */
  readonly repeat: number;
}

export interface CellRecord extends CellKey {
  /** `search` and `oracle` runs try a fixed limit; `matrix` runs are what is compared. */
  readonly stage: 'search' | 'matrix' | 'oracle';
  /** The fixed limit that was in force from the start; null where there was none. */
  readonly limitMs: number | null;
  /** The longest pause allowed, taken from relaxed KVM's; null where it was the contender's own. */
  readonly allowedPauseMs: number | null;
  /** What switchover was told, without addresses and folders. */
  readonly args: readonly string[];
  /** Arrived within the time limit with all of its memory. */
  readonly success: boolean;
  readonly outcome: string;
  readonly reason: string;
  /** From the start of the migration to its end. A run that was given up: when. */
  readonly totalMs: number;
  /** What was spent on finding things out before the start; not in `totalMs`. */
  readonly probeMs: number;
  readonly sentBytes: number;
  /** STOP to RESUME; null where the guest never stopped. */
  readonly pauseMs: number | null;
  readonly reportedDowntimeMs: number | null;
  /** How long the guest was slowed down before; null where it was not. */
  readonly brownOutMs: number | null;
  /** The strongest throttle seen. */
  readonly throttlePercent: number;
  readonly memoryOk: boolean;
  readonly memoryReason: string;
  /** CPU time and largest resident set of the switchover process. */
  readonly cpuMs: number;
  readonly maxRssBytes: number;
  readonly boundaries: readonly { pass: number; atMs: number; sentBytes: number; remainingBytes: number }[];
  /** All but those to go on. */
  readonly decisions: readonly { atMs: number; pass: number; action: string }[];
  /** Wall time of the whole cell, checks and preparation included: what the estimate of the end is made of. */
  readonly tookMs: number;
  readonly finishedAt: string;
}

export function keyOf({ guest, contender, repeat }: CellKey): string {
  return `${guest}/${contender}/${repeat}`;
}
