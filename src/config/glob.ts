/** Shell patterns on a libvirt domain's name: `*`, `?`, `[a-z]`, `[!a-z]`. The whole name has to match. */
import { UnitError } from '../model/units.ts';

/**
 * A pattern of many stars takes no longer than its length times the name's, whatever the name is.
 * @throws {UnitError} when a `[` is never closed, or a range runs backwards
 */
export function parseGlob(pattern: string): RegExp {
  /** What stands between stars. */
  const parts = [''];
  let at = 0;
  while (at < pattern.length) {
    const set = /^\[([!^]?)(\][^\]]*|[^\]]+)\]/.exec(pattern.slice(at));
    const character = pattern.charAt(at);
    if (character === '[' && !set)
      throw new UnitError(`the [ in "${pattern}" is never closed: write [[] for the character itself`);
    if (character === '*') parts.push('');
    else parts.push(`${parts.pop()}${set ? setOf(set) : character === '?' ? '.' : escaped(character)}`);
    at += set ? set[0].length : 1;
  }
  try {
    return new RegExp(`^${joinedByStars(parts)}$`, 'su');
  } catch {
    throw new UnitError(`a range in "${pattern}" runs backwards: write it like [a-z]`);
  }
}

/**
 * Where a part fits first it may stay: a later place leaves the rest of the pattern less. A lookahead is not entered
 * again, so no other place is tried; with plain `.*` all of them were, for each star in all combinations.
 */
function joinedByStars([first = '', ...others]: readonly string[]): string {
  const last = others.pop();
  if (last === undefined) return first;
  const between = others.filter((part) => part !== '');
  const kept = between.map((part, index) => `(?=(?<s${index}>.*?${part}))\\k<s${index}>`);
  return `${first}${kept.join('')}.*${last}`;
}

function setOf([, not, members = '']: RegExpExecArray): string {
  return `[${not ? '^' : ''}${members.replace(/[\\\][^]/g, '\\$&')}]`;
}

function escaped(character: string): string {
  return /[\\^$.|+()\]{}/]/.test(character) ? `\\${character}` : character;
}
