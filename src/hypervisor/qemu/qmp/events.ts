import { z } from 'zod';

/**
 * What is read of the data of an event (qapi/run-state.json, migration.json). One whose data is of another kind is no
 * event: nothing is known of what happened, and what matters of it is asked for anyway.
 */
const EVENT_DATA = {
  MIGRATION: z.object({ status: z.string() }),
  MIGRATION_PASS: z.object({ pass: z.int().nonnegative() }),
  SHUTDOWN: z.object({ guest: z.boolean(), reason: z.string().exactOptional() }),
} as const;

type DataOf<N extends string> = N extends keyof typeof EVENT_DATA
  ? Readonly<z.infer<(typeof EVENT_DATA)[N]>>
  : Readonly<Record<string, unknown>>;

/** An event from QEMU. */
export interface QmpEvent<N extends string = string> {
  /** QEMU's name: 'STOP', 'RESUME', 'MIGRATION', 'MIGRATION_PASS', 'SHUTDOWN', ... */
  readonly name: string;
  /** QEMU's data, as it came; {} for an event without data. */
  readonly data: DataOf<N>;
  /** When it happened by QEMU's wall clock: milliseconds since the epoch, microseconds as the fraction; undefined: its host cannot tell. */
  readonly timestampMs: number | undefined;
  /** When this process read it, by the client's clock: use it for durations, it cannot jump. */
  readonly receivedMs: number;
  /**
   * No earlier than then it happened, by the same clock: what had been answered before it came had been asked then. A
   * way that carries nothing for a while says nothing of it, and brings later what it held.
   */
  readonly notBeforeMs: number;
}

/** Whether the data are such as whoever listens for that event reads. */
export function isReadable({ name, data }: QmpEvent): boolean {
  return (
    !Object.hasOwn(EVENT_DATA, name) || EVENT_DATA[name as keyof typeof EVENT_DATA].safeParse(data).success
  );
}
