/** Shell patterns on a libvirt domain's name: `*`, `?`, `[a-z]`, `[!a-z]`. The whole name has to match. */
import { UnitError } from '../model/units.ts';

/** @throws {UnitError} when a `[` is never closed, or a range runs backwards */
export function parseGlob(pattern: string): RegExp {
  let source = '';
  let at = 0;
  while (at < pattern.length) {
    const set = /^\[([!^]?)(\][^\]]*|[^\]]+)\]/.exec(pattern.slice(at));
    if (set) {
      const [whole, not, members = ''] = set;
      source += `[${not ? '^' : ''}${members.replace(/[\\\][^]/g, '\\$&')}]`;
      at += whole.length;
      continue;
    }
    const character = pattern.charAt(at);
    if (character === '[')
      throw new UnitError(`the [ in "${pattern}" is never closed: write [[] for the character itself`);
    source += character === '*' ? '.*' : character === '?' ? '.' : escaped(character);
    at += 1;
  }
  try {
    // Two stars side by side say no more than one, and would only cost time.
    return new RegExp(`^${source.replaceAll(/(\.\*)+/g, '.*')}$`, 'su');
  } catch {
    throw new UnitError(`a range in "${pattern}" runs backwards: write it like [a-z]`);
  }
}

function escaped(character: string): string {
  return /[\\^$.|+()\]{}/]/.test(character) ? `\\${character}` : character;
}
