/** What a check of the pre-flight came to. */
import { type RefusalCode, RefusedError } from '../../hypervisor.ts';

export interface Verdict {
  /** What forbids the migration, each one sentence with its remedy. */
  readonly findings: readonly RefusedError[];
  /** What could not be found out, or is worth knowing and forbids nothing. */
  readonly notes: readonly string[];
  /** As in `CheckReport`. */
  readonly maxSentBytes?: number | undefined;
}

export const NOTHING: Verdict = { findings: [], notes: [] };

export function finding(code: RefusalCode, message: string, cause?: unknown): Verdict {
  return { findings: [new RefusedError(code, message, cause === undefined ? {} : { cause })], notes: [] };
}

export function note(message: string): Verdict {
  return { findings: [], notes: [message] };
}

/** In their order. The same sentence is told once. */
export function together(verdicts: readonly Verdict[]): Verdict {
  const told = new Map(verdicts.flatMap(({ findings }) => findings).map((each) => [each.message, each]));
  const notes = new Set(verdicts.flatMap((verdict) => verdict.notes));
  const deadlines = verdicts.flatMap(({ maxSentBytes }) => maxSentBytes ?? []);
  return {
    findings: [...told.values()],
    notes: [...notes],
    ...(deadlines.length > 0 ? { maxSentBytes: Math.min(...deadlines) } : {}),
  };
}
