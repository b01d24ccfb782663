/** The known word that was probably meant, or undefined when none is close. */
export function suggestion(given: string, known: readonly string[]): string | undefined {
  const farthest = Math.max(1, Math.floor(given.length / 3));
  return known
    .map((word) => ({ word, edits: editDistance(given.toLowerCase(), word) }))
    .filter(({ edits }) => edits <= farthest)
    .sort((a, b) => a.edits - b.edits)[0]?.word;
}

/** Levenshtein's distance: characters put in, left out or changed. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, character] of [...from].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column++)
      next[column] = Math.min(
        (row[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (row[column - 1] ?? 0) + (character === to[column - 1] ? 0 : 1),
      );
    row = next;
  }
  return row[to.length] ?? 0;
}
