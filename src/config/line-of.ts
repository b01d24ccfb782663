import { parse } from 'smol-toml';

/** Keys and indices from the top; where a part of it does not exist, what contains it is meant. */
type Path = readonly PropertyKey[];

/**
 * The line, counted from 1, on which the value at each path begins; undefined when the file has none.
 *
 * The TOML parser itself finds it: the value is on the line that has to be read for it to appear. A value over
 * several lines appears with its last one and begins after the last line at which the file could have ended.
 * Whatever is between two such lines is halved, for all paths at once: a file with many problems is not read once
 * a line for each of them.
 * @param toml text that parses
 */
export function linesOf(toml: string, paths: readonly Path[]): (number | undefined)[] {
  const lines = toml.split(/\r?\n/);
  const document = parse(toml);
  const wanted = paths.map((path) => ({ path: existingPart(document, path), line: 1 }));
  halve(lines, { without: 0, with: lines.length }, wanted);
  return wanted.map(({ path, line }) => (path.length === 0 ? undefined : line));
}

interface Wanted {
  readonly path: Path;
  line: number;
}

/** @param between so many lines do not have what is wanted, and so many do */
function halve(
  lines: readonly string[],
  between: { readonly without: number; readonly with: number },
  wanted: readonly Wanted[],
): void {
  if (wanted.length === 0) return;
  const middle = possibleEnd(lines, between);
  if (middle === undefined) {
    for (const each of wanted) each.line = between.without + 1;
    return;
  }
  const isThere = ({ path }: Wanted) => existingPart(middle.document, path).length === path.length;
  halve(lines, { ...between, with: middle.read }, wanted.filter(isThere));
  halve(
    lines,
    { ...between, without: middle.read },
    wanted.filter((each) => !isThere(each)),
  );
}

/** Where the file could end, strictly between the two and near their middle. */
function possibleEnd(
  lines: readonly string[],
  between: { readonly without: number; readonly with: number },
): { readonly read: number; readonly document: unknown } | undefined {
  const middle = (between.without + between.with + 1) >> 1;
  for (let read = middle; read < between.with; read += 1) {
    const document = tryParse(lines.slice(0, read).join('\n'));
    if (document !== undefined) return { read, document };
  }
  for (let read = middle - 1; read > between.without; read -= 1) {
    const document = tryParse(lines.slice(0, read).join('\n'));
    if (document !== undefined) return { read, document };
  }
  return undefined;
}

function tryParse(toml: string): unknown {
  try {
    return parse(toml);
  } catch {
    // It ends within a value over several lines.
    return undefined;
  }
}

function existingPart(document: unknown, path: Path): Path {
  let at = document;
  for (const [depth, key] of path.entries()) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return path.slice(0, depth);
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return path;
}
