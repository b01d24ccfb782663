import type { JournalArchive } from '../journal/postgres/journal-archive.ts';
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
