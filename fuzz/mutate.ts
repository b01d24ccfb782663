/** New inputs from old ones, drawn from a seed. */
import type { Random } from '../src/simulate/random.ts';

/** Where readers of numbers break. */
const NUMBERS = [
  ...['0', '-1', '1', '-0', '1.5', '4294967296', '9007199254740993', '18446744073709551616', '1e999'],
  ...['-1e999', '1e308', '5e-324', 'NaN', 'Infinity', '0x10', '١', '9'.repeat(400)],
];
/** Where readers of text break: ends of lines, of strings, of terminals' patience; halves of characters; names that every object has. */
const TEXTS = [
  ...['\n', '\r\n', '\r', '\0', '\t', ' ', '\u001b[2K', '\u202e', '\u2028', '\u00a0', '\ufeff', '\u{1f600}'],
  ...[
    '"',
    "'",
    '\\',
    '/',
    '..',
    '#',
    '%00',
    '&#10;',
    '<',
    '>',
    ']]>',
    '__proto__',
    'constructor',
    'toString',
  ],
  ...['hasOwnProperty', 'valueOf', 'undefined', 'null', 'true', 'a'.repeat(300)],
];
const BAD_BYTES = [
  [0xff],
  [0xc3],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xc0, 0x80],
  [0xef, 0xbb, 0xbf],
];
/** Of JSON: whatever somebody takes for something else. */
const VALUES: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 2 ** 53, 1e308, '', 'x', '__proto__', [], {}, [[]], [null]],
  ...[{ toString: 1 }, { toString: null, valueOf: 3 }, { length: -1 }, 'a\nb', '\u001b[31m', -(2 ** 31)],
];

const MOST_CHANGES = 6;

export interface Source {
  readonly corpus: readonly Buffer[];
  readonly words: readonly string[];
  readonly mostBytes: number;
}

type Change = (input: Buffer, random: Random, source: Source) => Buffer;

/** One input more, of at most `mostBytes`. */
export function draw(random: Random, source: Source): Buffer {
  let input = pickFrom(source.corpus, random);
  const changes = 1 + below(random, MOST_CHANGES) * below(random, 2);
  for (let change = 0; change < changes; change += 1)
    input = pick(CHANGES, random)(input, random, source).subarray(0, source.mostBytes);
  return input;
}

/** What was found last leads on more often. */
function pickFrom(corpus: readonly Buffer[], random: Random): Buffer {
  const from = random.next() < 0.4 ? Math.floor(corpus.length * 0.8) : 0;
  return corpus[from + below(random, corpus.length - from)] ?? Buffer.alloc(0);
}

const flipBit: Change = (input, random) => {
  if (input.length === 0) return input;
  const copy = Buffer.from(input);
  const at = below(random, copy.length);
  copy[at] = (copy[at] ?? 0) ^ (1 << below(random, 8));
  return copy;
};

const setByte: Change = (input, random) => {
  if (input.length === 0) return input;
  const copy = Buffer.from(input);
  copy[below(random, copy.length)] = random.next() < 0.8 ? 0x20 + below(random, 95) : below(random, 256);
  return copy;
};

const remove: Change = (input, random) => {
  const [from, to] = span(input, random);
  return join(input.subarray(0, from), input.subarray(to));
};

/** Doubled, or so often that what costs the square of it is felt. */
const repeat: Change = (input, random, { mostBytes }) => {
  const [from, to] = span(input, random);
  if (to === from) return input;
  const most = Math.floor((mostBytes - input.length) / (to - from));
  const times = Math.max(1, random.next() < 0.97 ? 1 + below(random, 4) : most);
  const piece = input.subarray(from, to);
  return join(input.subarray(0, to), ...Array.from({ length: times }, () => piece), input.subarray(to));
};

const insertWord: Change = (input, random, source) => {
  const at = below(random, input.length + 1);
  return join(input.subarray(0, at), wordOf(random, source), input.subarray(at));
};

const replaceBySome: Change = (input, random, source) => {
  const [from, to] = span(input, random);
  return join(input.subarray(0, from), wordOf(random, source), input.subarray(to));
};

/** The beginning of one and the end of another. */
const cross: Change = (input, random, { corpus }) => {
  const other = pick(corpus, random);
  return join(
    input.subarray(0, below(random, input.length + 1)),
    other.subarray(below(random, other.length + 1)),
  );
};

const changeNumber: Change = (input, random) =>
  replaceMatch(input, random, /-?\d+(?:\.\d+)?/g, () => pick(NUMBERS, random));

const changeWord: Change = (input, random, { words }) =>
  replaceMatch(input, random, /[\p{L}_-]+/gu, () => pick(random.next() < 0.7 ? words : TEXTS, random));

/** Between a pair of quotes. */
const changeQuoted: Change = (input, random, { words }) =>
  replaceMatch(input, random, /(?<=")[^"\n]*(?=")|(?<=')[^'\n]*(?=')/g, () =>
    pick(random.next() < 0.5 ? words : TEXTS, random),
  );

const changeLines: Change = (input, random, { corpus }) => {
  const lines = linesOf(input);
  const [one, other] = [below(random, lines.length), below(random, lines.length)];
  const [mine = '', yours = ''] = [lines[one], lines[other]];
  switch (below(random, 4)) {
    case 0:
      lines.splice(one, 1);
      break;
    case 1:
      lines.splice(one, 0, yours);
      break;
    case 2:
      lines[one] = yours;
      lines[other] = mine;
      break;
    default:
      lines.splice(one, 0, pick(linesOf(pick(corpus, random)), random));
  }
  return Buffer.from(lines.join('\n'), 'latin1');
};

/** One value somewhere in a line of JSON is another, is gone, or has another name. */
const changeJson: Change = (input, random, { words }) => {
  const lines = input.toString('utf8').split('\n');
  const at = below(random, lines.length);
  let root: unknown;
  try {
    root = JSON.parse(lines[at] ?? '');
  } catch {
    return changeNumber(input, random, { words, corpus: [input], mostBytes: input.length });
  }
  lines[at] = JSON.stringify(changedNode({ root }, random, words)) ?? '';
  return Buffer.from(lines.join('\n'));
};

function changedNode(holder: { root: unknown }, random: Random, words: readonly string[]): unknown {
  let node: Record<string, unknown> = holder;
  let key = 'root';
  for (;;) {
    const value = node[key];
    const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
    if (keys.length === 0 || (key !== 'root' && random.next() < 0.3)) break;
    node = value as Record<string, unknown>;
    key = pick(keys, random);
  }
  const other = random.next() < 0.3 ? pick(words, random) : pick(VALUES, random);
  switch (below(random, 5)) {
    case 0:
      delete node[key];
      break;
    case 1:
      // Not by assignment, which would set the prototype and leave nothing to write.
      if (!Array.isArray(node))
        Object.defineProperty(node, pick(random.next() < 0.7 ? words : TEXTS, random), {
          value: node[key],
          ...{ enumerable: true, configurable: true, writable: true },
        });
      break;
    default:
      node[key] = other;
  }
  return holder.root;
}

const CHANGES: readonly Change[] = [
  ...[flipBit, setByte, remove, repeat, insertWord, insertWord, replaceBySome, cross],
  ...[changeNumber, changeWord, changeQuoted, changeLines, changeJson, changeJson],
];

function replaceMatch(input: Buffer, random: Random, pattern: RegExp, by: () => string): Buffer {
  const text = input.toString('utf8');
  const matches = [...text.matchAll(pattern)];
  if (matches.length === 0) return input;
  const match = pick(matches, random);
  return Buffer.from(text.slice(0, match.index) + by() + text.slice(match.index + match[0].length));
}

function wordOf(random: Random, { words }: Source): Buffer {
  const kind = random.next();
  if (kind < 0.6 && words.length > 0) return Buffer.from(pick(words, random));
  if (kind < 0.8) return Buffer.from(pick(TEXTS, random));
  if (kind < 0.95) return Buffer.from(pick(NUMBERS, random));
  return Buffer.from(pick(BAD_BYTES, random));
}

/** Short ones more often. */
function span(input: Buffer, random: Random): [from: number, to: number] {
  const from = below(random, input.length + 1);
  const longest = random.next() < 0.7 ? 16 : input.length;
  return [from, Math.min(input.length, from + 1 + below(random, longest))];
}

function linesOf(input: Buffer): string[] {
  return input.toString('latin1').split('\n');
}

function join(...pieces: readonly Buffer[]): Buffer {
  return Buffer.concat(pieces);
}

function pick<T>(from: readonly T[], random: Random): T {
  return from[below(random, from.length)] as T;
}

function below(random: Random, limit: number): number {
  return Math.floor(random.next() * limit);
}
