/**
 * How long migrations are looked back at, and how many. Without a database the folder has them all, and these are its limits.
 * With one they are the database's; the folder then keeps no more than that, or what is removed would be taken in from it again.
 */
import { KEEP_BYTES, KEEP_FOR_MS, type PruneOptions } from '../journal/journal-store.ts';
import { TABLES_KEEP } from '../journal/postgres/tables-keep.ts';

export type Kept = Pick<PruneOptions, 'olderThanMs' | 'maxBytes'>;

const IN_FOLDER: Kept = { olderThanMs: KEEP_FOR_MS, maxBytes: KEEP_BYTES };

export function keptInDatabase(asked: Partial<Kept>): Kept {
  return { ...TABLES_KEEP, ...asked };
}

export function keptInFolder(asked: Partial<Kept>, hasDatabase: boolean): Kept {
  if (!hasDatabase) return { ...IN_FOLDER, ...asked };
  const there = keptInDatabase(asked);
  return {
    olderThanMs: Math.min(IN_FOLDER.olderThanMs, there.olderThanMs),
    maxBytes: Math.min(IN_FOLDER.maxBytes, there.maxBytes),
  };
}
