/** An event from QEMU. */
export interface QmpEvent {
  /** QEMU's name: 'STOP', 'RESUME', 'MIGRATION', 'MIGRATION_PASS', 'SHUTDOWN', ... */
  readonly name: string;
  /** QEMU's data, as it came; {} for an event without data. */
  readonly data: Readonly<Record<string, unknown>>;
  /** When it happened by QEMU's wall clock: milliseconds since the epoch, microseconds as the fraction. */
  readonly timestampMs: number;
  /** When this process read it, by the client's clock: use it for durations, it cannot jump. */
  readonly receivedMs: number;
}
