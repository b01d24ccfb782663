/**
 * Journals of the migrations of a demonstration, from its folder: to ask its API for a thousand of them would be a load of its
 * own, and take longer than what is measured.
 */
import { FolderJournals } from '../../src/journal/folder/folder-journals.ts';
import type { Entry } from './lateness.ts';
import type { Served } from './served.ts';

/** @returns by their ids, the oldest first, as far as they are written */
export async function journalsOf(served: Served): Promise<Map<string, readonly Entry[]>> {
  const store = new FolderJournals(served.demoStateDir());
  const journals = new Map<string, readonly Entry[]>();
  for (const id of await store.list()) {
    journals.set(id, (await store.read(id, 0, { samples: true })).entries);
  }
  return journals;
}
