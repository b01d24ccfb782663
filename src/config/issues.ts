/** The schema's issues as sentences. */
import type { z } from 'zod';
import { suggestion } from './suggestion.ts';

export interface Issue {
  /** Keys and indices from the top of what was checked. */
  readonly path: readonly PropertyKey[];
  readonly sentence: string;
  /** The key that the sentence is about, where the sentence does not name it itself. */
  readonly about?: string | undefined;
}

/** @param knownAt the keys that the table at that path takes */
export function issuesOf(
  error: z.ZodError,
  knownAt: (path: readonly PropertyKey[]) => readonly string[],
): Issue[] {
  return error.issues.flatMap(({ path, ...issue }): Issue[] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        path: [...path, key],
        sentence: unknownKey(key, knownAt(path)),
        about: key,
      }));
    const about = path.findLast((part) => typeof part === 'string');
    return [{ path, sentence: issue.message, about }];
  });
}

function unknownKey(key: string, known: readonly string[]): string {
  const close = suggestion(key, known);
  return close === undefined
    ? `it is not known here: there are ${known.join(', ')}`
    : `it is not known here: did you mean ${close}?`;
}
