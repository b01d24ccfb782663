/** Reads the text that stands below the options in `--help` into what a man page is made of. */

export interface Term {
  readonly term: string;
  readonly text: string;
}

/** A headed part: a list of terms, or lines as they stand, and then sentences. */
export interface Section {
  /** Undefined: sentences that stand for themselves. */
  readonly heading: string | undefined;
  readonly terms: readonly Term[];
  readonly lines: readonly string[];
  readonly paragraphs: readonly string[];
}

const HEADING = /^([A-Z][A-Za-z ]*):(?: (.+))?$/;
const STATUS_HEADING = 'Exit status';

/**
 * A heading is a line like `Examples:`, and what is indented below it belongs to it; so do sentences that follow without an
 * empty line. All other sentences are parts without a heading.
 */
export function helpSections(text: string): Section[] {
  return text
    .split('\n\n')
    .reduce(rejoinIndented, [])
    .map((block) => block.split('\n').filter((line) => line.trim() !== ''))
    .flatMap(splitAtHeadings)
    .map(sectionOf);
}

/** An empty line within what is indented parts nothing. */
function rejoinIndented(blocks: readonly string[], block: string): string[] {
  const last = blocks.at(-1);
  if (last !== undefined && /^ /.test(block)) return [...blocks.slice(0, -1), `${last}\n${block}`];
  return [...blocks, block];
}

function splitAtHeadings(lines: readonly string[]): string[][] {
  const parts: string[][] = [];
  for (const line of lines) {
    if (HEADING.test(line) || parts.length === 0) parts.push([line]);
    else parts.at(-1)?.push(line);
  }
  return parts;
}

function sectionOf(lines: readonly string[]): Section {
  const [, heading, rest] = HEADING.exec(lines[0] ?? '') ?? [];
  const below = heading === undefined ? lines : lines.slice(1);
  const indented = below.filter((line) => line.startsWith(' ')).map((line) => line.replace(/^ {2}/, ''));
  const sentences = [...(rest === undefined ? [] : [rest]), ...below.filter((line) => !line.startsWith(' '))];
  const terms = termsOf(indented);
  const statuses =
    heading === STATUS_HEADING && rest !== undefined ? statusesOf(sentences.join(' ')) : undefined;
  return {
    heading,
    terms: statuses ?? terms ?? [],
    lines: terms === undefined ? indented : [],
    paragraphs: statuses === undefined && sentences.length > 0 ? [sentences.join(' ')] : [],
  };
}

/** `term  text` on each line, all texts below each other, or more of the text; undefined where it is something else. */
function termsOf(lines: readonly string[]): Term[] | undefined {
  const terms: Term[] = [];
  const columns = new Set<number>();
  for (const line of lines) {
    const [, before = '', term, text = ''] = /^(([\w-]+) +)(\S.*)$/.exec(line) ?? [];
    const last = terms.at(-1);
    if (term !== undefined) {
      terms.push({ term, text });
      columns.add(before.length);
    } else if (last !== undefined && line.startsWith('   '))
      terms[terms.length - 1] = { ...last, text: `${last.text} ${line.trim()}` };
    else return undefined;
  }
  return columns.size === 1 ? terms : undefined;
}

/** All on the heading's line: `0 told to end; 2 wrong usage.` */
function statusesOf(text: string): Term[] | undefined {
  const parts = text
    .replace(/\.$/, '')
    .split('; ')
    .map((part) => /^(\d+) (.+)$/.exec(part));
  if (!parts.every((part) => part !== null)) return undefined;
  return parts.map(([, term = '', words = '']) => ({ term, text: words }));
}
