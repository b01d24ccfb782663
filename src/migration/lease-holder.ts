/**
 * Who holds a lease, as its holder tells it to a second taker. It comes from another process, which may belong to
 * anybody: it is checked, bounded and made printable before a person sees it.
 */
import * as z from 'zod';

/** Longer answers are none. */
export const LONGEST_ANSWER_BYTES = 4096;

/** What could move a terminal's cursor or forge a line: control, format (bidi) and unassigned characters. */
const UNPRINTABLE = /[\p{C}\u2028\u2029]/gu;

const text = (length: number) =>
  z
    .string()
    .max(length)
    .transform((value) => value.replace(UNPRINTABLE, '?'));

const leaseHolderSchema = z.object({
  /** In the holder's own process namespace. */
  pid: z.int().positive(),
  user: text(100),
  /** What it was started as: `switchover watch --connect qemu:///system`. */
  command: text(1000),
  /** Since when it holds the lease, in ISO 8601. */
  since: z.iso.datetime(),
});

export type LeaseHolder = z.infer<typeof leaseHolderSchema>;

/** One line of JSON, of a length that {@link decodeHolder} takes. */
export function encodeHolder({ pid, user, command, since }: LeaseHolder): string {
  // At most six bytes a character, where JSON has to escape it.
  const shown = { pid, user: user.slice(0, 100), command: command.slice(0, 500), since };
  return `${JSON.stringify(shown)}\n`;
}

/** @returns undefined for anything that no holder of ours says */
export function decodeHolder(line: string): LeaseHolder | undefined {
  if (Buffer.byteLength(line) > LONGEST_ANSWER_BYTES) return undefined;
  try {
    return leaseHolderSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** As it stands in a sentence: ``process 4711 of root, `switchover watch`, since 2026-11-27T06:00:00Z``. */
export function holderInWords(holder: LeaseHolder | undefined): string {
  if (holder === undefined) return 'a process that does not answer';
  return `process ${holder.pid} of ${holder.user}, \`${holder.command}\`, since ${holder.since}`;
}
