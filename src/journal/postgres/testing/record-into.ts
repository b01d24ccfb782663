import type { FolderJournals } from '../../folder/folder-journals.ts';
import type { NewOpening } from '../../journal-store.ts';
import { EVERY_HAPPENING, newOpening, OUTCOME } from '../../testing/happenings.ts';

/** A journal with every kind of entry, closed. @returns its id */
export async function recordInto(
  folder: FolderJournals,
  ended = true,
  changes: Partial<NewOpening> = {},
): Promise<string> {
  const journal = await folder.open(newOpening(changes));
  for (const happening of EVERY_HAPPENING)
    if (happening.type !== 'opened' && happening.type !== 'ended') journal.append(1, happening);
  if (ended) journal.append(9, { type: 'ended', outcome: OUTCOME });
  await journal.close();
  return journal.id;
}
