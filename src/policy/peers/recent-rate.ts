import type { Counters } from '../../model/observation.ts';

/** QEMU renews its `mbps`, libvirt's `memory_bps`, no more often than this (migration.c, BUFFER_DELAY). */
const SHORTEST_WINDOW_MS = 100;

/** What QEMU would say of its rate now: bytes on the wire over the last window, at our ticks 250 ms of it. */
export class RecentRate {
  private windowFrom: Counters | undefined;
  private rateBytesPerSecond: number | undefined;

  /** @returns bytes per second; undefined until one window is over */
  observe(now: Counters): number | undefined {
    const from = this.windowFrom;
    if (from === undefined) {
      this.windowFrom = now;
      return undefined;
    }
    const windowMs = now.atMs - from.atMs;
    if (windowMs >= SHORTEST_WINDOW_MS) {
      this.rateBytesPerSecond = (Math.max(0, now.sentBytes - from.sentBytes) / windowMs) * 1000;
      this.windowFrom = now;
    }
    return this.rateBytesPerSecond;
  }
}
