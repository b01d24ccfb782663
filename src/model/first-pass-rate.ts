import type { Estimate } from './interval.ts';
import { type Counters, carriedOf } from './observation.ts';

/** What the first samples say of the link is of its buffers and of QEMU's start. */
const SETTLED_MS = 500;

/** Over less time than this a sample is of a burst. */
const SAMPLE_MS = 400;

const TELLING_SAMPLES = 3;

/** The highest of few samples may still be too low by this. */
const ABOVE_HIGHEST = 1.1;

/**
 * The rate within the first pass, from timed samples. It stands still where QEMU skips zero pages, so what counts is
 * how fast it ever was.
 */
export class FirstPassRate {
  private last: Counters | undefined;
  private readonly rates: number[] = [];

  /** Takes a sample. @returns bytes per second; undefined while there are too few samples to tell */
  with(sample: Counters): Estimate | undefined {
    if (sample.atMs < SETTLED_MS) return undefined;
    const elapsedMs = sample.atMs - (this.last?.atMs ?? sample.atMs);
    if (this.last && elapsedMs < SAMPLE_MS) return undefined;
    if (this.last) this.rates.push(((carriedOf(sample) - carriedOf(this.last)) / elapsedMs) * 1000);
    this.last = sample;
    if (this.rates.length < TELLING_SAMPLES) return undefined;
    const sorted = [...this.rates].sort((a, b) => a - b);
    const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
    const highest = sorted.at(-1) ?? 0;
    return middle > 0 ? { low: sorted[0] ?? 0, middle, high: highest * ABOVE_HIGHEST } : undefined;
  }
}
