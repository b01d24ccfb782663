/** One line of a journal, checked. */
import type { z } from 'zod';
import { HAPPENING_SCHEMAS, STAMP_SCHEMA } from './entry-schema.ts';
import { JOURNAL_SCHEMA, type JournalEntry } from './journal-entry.ts';

/** The line is an entry, or one sentence says where it is and what is wrong with it. */
export type ParsedLine =
  | { readonly entry: JournalEntry; readonly problem?: undefined }
  | { readonly entry?: undefined; readonly problem: string };

const LONGEST_TOLD = 300;

/** @param where file and line, for the sentence */
export function parseEntry(line: string, where: string): ParsedLine {
  let raw: unknown;
  try {
    raw = JSON.parse(line);
  } catch {
    return { problem: `${where} is not JSON: the journal is damaged or is no journal` };
  }
  const stamp = STAMP_SCHEMA.safeParse(raw);
  if (!stamp.success)
    return { problem: `${where} is no journal entry: it needs schema, type, seq, time and atMs` };
  const { schema, type } = stamp.data;
  if (schema > JOURNAL_SCHEMA)
    return {
      problem: `${where} has schema ${schema}, this switchover reads up to ${JOURNAL_SCHEMA}: use a newer switchover`,
    };
  if (schema < 1)
    return {
      problem: `${where} has schema ${schema}, this switchover reads from 1 on: use the switchover that wrote it`,
    };
  if (!isKnown(type))
    return { problem: `${where} is of the kind "${shortened(type)}", which this switchover does not know` };
  const happening: z.ZodSafeParseResult<unknown> = HAPPENING_SCHEMAS[type].safeParse(raw);
  if (!happening.success) return { problem: `${where} is not valid: ${firstIssue(happening.error)}` };
  // The schema of the kind leaves unknown keys as they are, so those of the stamp are in it too.
  return { entry: happening.data as JournalEntry };
}

function isKnown(type: string): type is JournalEntry['type'] {
  return Object.hasOwn(HAPPENING_SCHEMAS, type);
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  const path = issue?.path.join('.') ?? '';
  const words = issue?.message ?? 'it does not fit';
  return shortened(path === '' ? words : `${path}: ${words}`);
}

/** A damaged line may have anything in it: the sentence is to stay one. */
function shortened(text: string): string {
  return text.length > LONGEST_TOLD ? `${text.slice(0, LONGEST_TOLD)}…` : text;
}
