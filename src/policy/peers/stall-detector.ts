/**
 * KubeVirt's stall detector (VEP 248): pre-copy is stalled once a boundary value is not a margin below the best
 * value that is older than a time. From then on it waits for a boundary near the best value seen, and lowers its
 * demand each time its patience ends, twice as fast each time.
 *
 *     watching ──▶ stalled
 *
 * Source: kubevirt pkg/virt-launcher/virtwrap/stall-detector.go (main, 2026-08-22).
 */

export interface StallDetectorOptions {
  /** A fraction: 0.04. */
  readonly stallMargin: number;
  readonly stallProgressTimeoutMs: number;
  readonly patienceWindowDecayFactor: number;
}

interface IterationRecord {
  readonly atMs: number;
  readonly remainingBytes: number;
}

export class StallDetector {
  private readonly options: StallDetectorOptions;
  /** Young records that may yet be the best of the old ones: each less than the one before. */
  private readonly candidates: IterationRecord[] = [];
  /** The best record that is older than the progress timeout. */
  private leastOutside: IterationRecord | undefined;
  /** Defined once stalled. */
  private search: LocalMinimumSearch | undefined;

  constructor(options: StallDetectorOptions) {
    this.options = options;
  }

  /** Undefined while not stalled. */
  get bestRemainingBytes(): number | undefined {
    return this.search?.bestRemainingBytes;
  }

  /** Takes the boundary of an iteration. @returns whether pre-copy is stalled; once it is, it stays so */
  process(record: IterationRecord): boolean {
    this.updateCandidates(record);
    if (this.search) {
      this.search.relax(record);
      return true;
    }
    if (this.leastOutside === undefined) return false;
    const threshold = Math.trunc(this.leastOutside.remainingBytes * (1 - this.options.stallMargin));
    if (record.remainingBytes < threshold) return false;
    const youngBytes = this.candidates.at(-1)?.remainingBytes ?? Number.POSITIVE_INFINITY;
    const best = Math.min(this.leastOutside.remainingBytes, youngBytes);
    this.search = new LocalMinimumSearch(best, record.atMs, this.options);
    return true;
  }

  isAtLocalMinimum({ remainingBytes }: IterationRecord): boolean {
    if (!this.search) return false;
    return remainingBytes <= Math.trunc(this.search.bestRemainingBytes * (1 + this.options.stallMargin));
  }

  private updateCandidates(record: IterationRecord): void {
    for (
      let oldest = this.candidates[0];
      oldest !== undefined && record.atMs - oldest.atMs >= this.options.stallProgressTimeoutMs;
      oldest = this.candidates[0]
    ) {
      this.candidates.shift();
      // The least of the old, because a candidate is never more than what came before it.
      this.leastOutside = oldest;
    }
    if (this.leastOutside !== undefined && record.remainingBytes > this.leastOutside.remainingBytes) return;
    const last = this.candidates.at(-1);
    if (last !== undefined && record.remainingBytes >= last.remainingBytes) return;
    this.candidates.push(record);
  }
}

/** The value to wait for, raised to the next worse one seen each time the patience ends. */
class LocalMinimumSearch {
  bestRemainingBytes: number;
  private readonly decayFactor: number;
  /** Values of the boundaries since the stall, in order. One that was taken is gone, so each relaxation raises. */
  private readonly history: number[] = [];
  private patienceMs: number;
  private deadlineMs: number;

  constructor(bestRemainingBytes: number, atMs: number, options: StallDetectorOptions) {
    this.bestRemainingBytes = bestRemainingBytes;
    this.decayFactor = options.patienceWindowDecayFactor;
    this.patienceMs = options.stallProgressTimeoutMs;
    this.deadlineMs = atMs + this.patienceMs;
  }

  relax({ atMs, remainingBytes }: IterationRecord): void {
    const place = this.history.findIndex((bytes) => bytes > remainingBytes);
    this.history.splice(place < 0 ? this.history.length : place, 0, remainingBytes);
    if (atMs < this.deadlineMs) return;
    this.bestRemainingBytes = this.history.shift() ?? remainingBytes;
    // In whole milliseconds, and without a floor: after some ten relaxations every boundary relaxes.
    this.patienceMs = Math.trunc(this.patienceMs * this.decayFactor);
    this.deadlineMs = atMs + this.patienceMs;
  }
}
