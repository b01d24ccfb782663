/**
 * The backup of a store: JSON Lines, all entries of all journals as they are kept. The first line says of which versions
 * it is, the last one how much stands before it, so that a file that was cut off is seen to be.
 *
 *     {"format":"switchover-store","version":1,"schema":{"journals":1,"fleet":1},"writtenAt":"2026-11-29T14:00:00.000Z"}
 *     {"takenIn":"20261129T140000.000-vm1-3f2a"}
 *     {"journal":"20261129T140000.000-vm1-3f2a","entry":{"schema":2,"seq":0,"type":"opened", …}}
 *     {"table":"fleet.drain","row":{ … }}
 *     {"end":{"journals":1,"entries":1,"rows":1}}
 */
import { z } from 'zod';
import { StoreError } from '../../postgres/store-error.ts';
import { parseEntry } from '../parse-entry.ts';
import type { Lined } from './keep-entries.ts';

const FORMAT = 'switchover-store';
const VERSION = 1;

export interface Counts {
  readonly journals: number;
  readonly entries: number;
  /** Of the tables of other rooms. */
  readonly rows: number;
}

const HEADER = z.looseObject({
  format: z.literal(FORMAT),
  version: z.int(),
  schema: z.record(z.string(), z.int()),
});
const BODY = z.union([
  z.looseObject({ takenIn: z.string() }),
  z.looseObject({ journal: z.string(), entry: z.unknown() }),
  z.looseObject({ table: z.string(), row: z.looseObject({}) }),
  z.looseObject({ end: z.looseObject({ journals: z.int(), entries: z.int(), rows: z.int().default(0) }) }),
]);

export type BackupLine =
  | { readonly kind: 'taken-in'; readonly id: string }
  | { readonly kind: 'entry'; readonly id: string; readonly kept: Lined }
  | { readonly kind: 'row'; readonly table: string; readonly row: unknown }
  | { readonly kind: 'end'; readonly counts: Counts };

export function headerLine(schema: Readonly<Record<string, number>>): string {
  return JSON.stringify({ format: FORMAT, version: VERSION, schema, writtenAt: new Date().toISOString() });
}

export function takenInLine(id: string): string {
  return JSON.stringify({ takenIn: id });
}

/** @param line of the entry, as it is kept */
export function entryLine(id: string, line: string): string {
  return `${beforeEntry(id)}${line}}`;
}

/** @param row as JSON */
export function rowLine(table: string, row: string): string {
  return `{"table":${JSON.stringify(table)},"row":${row}}`;
}

export function endLine(counts: Counts): string {
  return JSON.stringify({ end: counts });
}

/**
 * @param known the versions that this switchover knows
 * @throws {StoreError} where it is no backup, or one that this switchover cannot read
 */
export function checkHeader(line: string, where: string, known: Readonly<Record<string, number>>): void {
  const header = HEADER.safeParse(jsonOf(line));
  if (!header.success)
    throw new StoreError(`${where} does not begin a backup: \`switchover store export\` writes them`);
  const { version, schema } = header.data;
  const isNewer = Object.entries(schema).some(([part, has]) => has > (known[part] ?? 0));
  if (version > VERSION || isNewer)
    throw new StoreError(`${where} begins a backup of a newer switchover: use that one to import it`);
}

/** @throws {StoreError} where the line is damaged */
export function parseBackupLine(line: string, where: string): BackupLine {
  const parsed = BODY.safeParse(jsonOf(line));
  if (!parsed.success) throw new StoreError(`${where} is damaged: it is no line of a backup`);
  const { data } = parsed;
  if ('takenIn' in data) return { kind: 'taken-in', id: data.takenIn as string };
  if ('table' in data) return { kind: 'row', table: data.table as string, row: data.row };
  if ('end' in data) return { kind: 'end', counts: data.end as Counts };
  const id = data.journal as string;
  const before = beforeEntry(id);
  // Byte for byte, unless somebody has written the file anew.
  const text = line.startsWith(before) ? line.slice(before.length, -1) : JSON.stringify(data.entry);
  const { entry, problem } = parseEntry(text, where);
  if (entry === undefined) throw new StoreError(problem);
  return { kind: 'entry', id, kept: { entry, line: text } };
}

function beforeEntry(id: string): string {
  return `{"journal":${JSON.stringify(id)},"entry":`;
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
