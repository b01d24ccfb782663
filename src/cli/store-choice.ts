import path from 'node:path';
import { placeOf } from '../postgres/database-words.ts';
import type { StoreChoice } from '../postgres/open-store.ts';
import { UsageError } from './usage-error.ts';

export interface StoreOptions {
  readonly database?: string;
  readonly dataDir?: string;
}

/** As `--database` names switchover's own. */
const OWN = 'embedded';

/**
 * @param make whether switchover's own is made where there is none yet
 * @throws {UsageError} @throws {StoreError} where it is no address of a PostgreSQL
 */
export function storeChoiceOf(
  { database, dataDir }: StoreOptions,
  stateDir: string,
  make: boolean,
): StoreChoice {
  const url = database === OWN ? undefined : database;
  if (url !== undefined && dataDir !== undefined)
    throw new UsageError('--database and --data-dir exclude each other: leave one out');
  if (url !== undefined) placeOf(url);
  return { url, folder: path.resolve(dataDir ?? path.join(stateDir, 'postgres')), make };
}
