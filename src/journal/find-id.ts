import { JournalError } from './journal-error.ts';

/**
 * @param all ids, oldest first
 * @param place where they are, for the sentence
 * @throws {JournalError} when none fits, or more than one
 */
export function findId(all: readonly string[], idOrPart: string, place: string): string {
  const matches = idOrPart === 'last' ? all.slice(-1) : matching(all, idOrPart);
  const [only] = matches;
  if (only === undefined)
    throw new JournalError(`no migration "${idOrPart}" in ${place}: \`switchover list\` shows what there is`);
  if (matches.length > 1)
    throw new JournalError(`"${idOrPart}" fits ${matches.length} migrations: ${matches.join(', ')}`);
  return only;
}

function matching(all: readonly string[], idOrPart: string): readonly string[] {
  return all.includes(idOrPart) ? [idOrPart] : all.filter((id) => id.includes(idOrPart));
}
