import { JournalError } from '../journal-error.ts';
import { foldEntry, type MigrationView, openView } from '../view.ts';
import { readLines } from './read-lines.ts';

/** Of a journal that may be long; undefined where it is damaged, which is no reason not to take a migration over. */
export async function readView(file: string): Promise<MigrationView | undefined> {
  let view: MigrationView | undefined;
  try {
    for await (const lines of readLines(file))
      for (const { entry } of lines)
        if (entry) view = view === undefined ? openView(entry) : foldEntry(view, entry);
    return view;
  } catch (error) {
    if (error instanceof JournalError) return undefined;
    throw error;
  }
}
