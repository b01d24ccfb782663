/** What post-copy cost: the guest ran on the destination before all of its memory was there. */
export interface RemotePages {
  /** From its first moment there to the arrival of its last page, in milliseconds. Null: one of the two was not seen. */
  readonly ms: number | null;
  /** Of that, how long all vCPUs at once waited for pages. Null here and below: the hypervisor did not count it. */
  readonly allBlockedMs: number | null;
  /** How long each vCPU waited, in their order. */
  readonly vcpuBlockedMs: readonly number[] | null;
  /** From asking for a page to having it, on average. */
  readonly pageLatencyMs: number | null;
}

/** How a supervised migration ended. Immutable; the last line of its journal. */
export interface Outcome {
  readonly outcome: 'completed' | 'aborted' | 'cancelled' | 'failed' | 'detached';
  /** The side that has the guest now. `unknown` asks for an operator's hand; `nowhere`: the guest ended by itself. */
  readonly runsOn: 'source' | 'destination' | 'nowhere' | 'unknown';
  /** One sentence: what happened and why, where the guest is, and what to do if anything. */
  readonly reason: string;
  /**
   * How long the guest stood still, in milliseconds, from STOP on the source to RESUME (or the successful
   * `cont`) on the side that runs it, on our clock: includes the stop-and-copy, device state, the start and
   * two event deliveries. Null when the guest never stopped or one of the ends was not watched.
   */
  readonly pauseMs: number | null;
  /** How the guest was slowed down before; null where it was not, missing in journals from before it was told. */
  readonly brownOut?: { readonly ms: number; readonly percent: number } | null;
  /** Null where it never ran by post-copy, missing in journals from before it was told. */
  readonly remotePages?: RemotePages | null;
  /** From the start of the migration (or our attaching) to its end, settled, in milliseconds. */
  readonly totalMs: number;
  /** All bytes put on the wire. */
  readonly sentBytes: number;
  /** The policy's last view; null where it took none. */
  readonly memoryIntensive: boolean | null;
  /** The pause that would have been needed, where it was aborted for that. */
  readonly neededPauseMs: number | null;
  /** QEMU's own `downtime`, for comparison. It leaves out a `stop` before the switchover. */
  readonly reportedDowntimeMs: number | null;
  /** The hypervisors encrypted the memory on its way, or did not; null, or missing in journals from before it was told: not known. */
  readonly encrypted?: boolean | null;
}
