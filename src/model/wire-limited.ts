/**
 * The part of a pass in which the wire was the limit. A pass also goes through pages of zeros, which cost next to nothing,
 * so that finding them is the limit; its rate on average is then below what a stop-and-copy will have, which moves what
 * the guest has written. What tells is a sample in which about as much was carried as was gone through.
 */
import type { Transfer } from './bandwidth.ts';
import { type Counters, carriedOf } from './observation.ts';

/** Going through this many times what is carried is finding cheap pages; less is how samples waver. */
export const CHEAP = 1.25;

/** Over less time than this all samples of a pass together are of buffers and bursts. */
const TELLING_MS = 1000;

/** Whether the wire was the limit between two samples of one pass. */
export function wasWireLimited(from: Counters, to: Counters): boolean {
  const through = from.remainingBytes - to.remainingBytes;
  const carried = carriedOf(to) - carriedOf(from);
  return carried > 0 && through >= 0 && through <= CHEAP * carried;
}

export class WireLimited {
  private last: Counters | undefined;
  private durationMs = 0;
  private bytes = 0;

  /** Takes a sample within a pass. */
  see(sample: Counters): void {
    const { last } = this;
    this.last = sample;
    if (!last || last.pass !== sample.pass || !wasWireLimited(last, sample)) return;
    this.durationMs += sample.atMs - last.atMs;
    this.bytes += carriedOf(sample) - carriedOf(last);
  }

  /** The pass has ended. @returns its part in which the wire was the limit; undefined where too little is known to tell */
  end(): Transfer | undefined {
    const { durationMs, bytes } = this;
    this.last = undefined;
    this.durationMs = 0;
    this.bytes = 0;
    return durationMs >= TELLING_MS ? { durationMs, bytes } : undefined;
  }
}
