import path from 'node:path';
import type { Config } from '../config/config.ts';
import type { JournalArchive } from '../journal/postgres/journal-archive.ts';
import type { OpenedDrains, ServiceAround } from '../service/drains/open-drains.ts';
import { type Kept, keptInDatabase } from '../service/kept.ts';
import { summaryLineOf } from '../service/past-migrations.ts';
import { type StoreOptions, storeChoiceOf } from './store-choice.ts';

/** The database that was asked for. Whatever is wrong with it, the service serves, and says so. @throws {UsageError} @throws {StoreError} */
export async function archiveOf(
  options: StoreOptions & { readonly stateDir: string; readonly keep: Partial<Kept> },
  say: (sentence: string) => void,
): Promise<JournalArchive | undefined> {
  const { database, dataDir, stateDir, keep } = options;
  if (database === undefined && dataDir === undefined) return undefined;
  const choice = storeChoiceOf(options, stateDir, true);
  const { JournalArchive } = await import('../journal/postgres/journal-archive.ts');
  return new JournalArchive({ choice, stateDir, summarise: summaryLineOf, keep: keptInDatabase(keep), say });
}

/** What tells of the drains of the database that was asked for. @param known hosts that the service follows @throws {UsageError} @throws {StoreError} */
export async function drainsToTell(
  options: StoreOptions & { readonly stateDir: string },
  known: readonly string[],
  config: () => Config,
): Promise<((around: ServiceAround) => OpenedDrains) | undefined> {
  const { database, dataDir, stateDir } = options;
  if (database === undefined && dataDir === undefined) return undefined;
  const choice = storeChoiceOf(options, stateDir, true);
  const { openDrains } = await import('../service/drains/open-drains.ts');
  return (around) => openDrains({ choice, stateDir, config, known }, around);
}

/** A drain of simulated hosts, where a demonstration has a few guests to look at. */
export async function drainsToShow(
  { guests }: { readonly guests?: number },
  stateDir: string,
  say: (sentence: string) => void,
): Promise<((around: ServiceAround) => OpenedDrains) | undefined> {
  if (guests !== undefined) return undefined;
  const { demoDrains } = await import('../service/demo-drains/demo-drains.ts');
  const choice = { url: undefined, folder: path.join(stateDir, 'postgres'), make: true };
  return await demoDrains({ choice, stateDir, say });
}
