import { parse } from 'smol-toml';

/**
 * The line, counted from 1, on which the value at that path begins; undefined when the file has none.
 *
 * The TOML parser itself finds it: the value is on the line that has to be read for it to appear. A value over
 * several lines appears with its last one and begins after the last line at which the file could have ended.
 * @param toml text that parses
 * @param path keys and indices; where a part of it does not exist, what contains it is found
 */
export function lineOf(toml: string, path: readonly PropertyKey[]): number | undefined {
  const lines = toml.split(/\r?\n/);
  const wanted = existingPart(parse(toml), path);
  if (wanted.length === 0) return undefined;
  let beginning = 1;
  for (let read = 1; read <= lines.length; read++) {
    const soFar = tryParse(lines.slice(0, read).join('\n'));
    if (soFar === undefined) continue;
    if (existingPart(soFar, wanted).length === wanted.length) return beginning;
    beginning = read + 1;
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

function existingPart(document: unknown, path: readonly PropertyKey[]): readonly PropertyKey[] {
  let at = document;
  for (const [depth, key] of path.entries()) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return path.slice(0, depth);
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return path;
}
