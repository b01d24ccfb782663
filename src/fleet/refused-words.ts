/** What destinations have against a VM, in words: those that say the same are named together, however many they are. Pure. */

interface Saying {
  readonly destination: string;
  readonly words: string;
}

/** Of another one at each, which is told of none where it is told of several. */
const ITS_UUID = / \(UUID [0-9a-f-]{36}\)/g;

export function refusedWords(said: readonly Saying[]): string {
  const alike = Map.groupBy(said, withoutIts);
  return [...alike].map(([, group]) => wordsOf(group)).join('; ');
}

function withoutIts({ destination, words }: Saying): string {
  return words.replaceAll(destination, 'the destination').replace(ITS_UUID, '');
}

function wordsOf(group: readonly Saying[]): string {
  const [first, ...others] = group;
  if (!first) return '';
  const { destination, words } = first;
  if (others.length === 0) return words.includes(destination) ? words : `${destination}: ${words}`;
  const names = group.map((each) => each.destination);
  const listed = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  return `${listed}: ${withoutIts(first)}`;
}
