/** The kinds of parameter that peers have. Each parser throws UnitError with a sentence of what it takes. */

import { QEMU_LONGEST_DOWNTIME_MS } from '../../model/qemu-constants.ts';
import { parseDurationMs, parsePercent, UnitError } from '../../model/units.ts';

import type { Parameter } from './peer.ts';

/** @returns a parameter in milliseconds, at least `leastMs` */
export function duration(name: string, fallback: string, leastMs = 0): Parameter<number> {
  return { name, fallback, parse: (text) => durationWithin(text, leastMs, Number.MAX_SAFE_INTEGER) };
}

/** A downtime limit: what QEMU and libvirt both take, in milliseconds. */
export function downtime(name: string, fallback: string, leastMs = 1): Parameter<number> {
  return { name, fallback, parse: (text) => durationWithin(text, leastMs, QEMU_LONGEST_DOWNTIME_MS) };
}

export function count(name: string, fallback: number, least = 1): Parameter<number> {
  const parse = (text: string) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least)
      throw new UnitError(`"${text}" is not a whole number of ${least} or more`);
    return value;
  };
  return { name, fallback: String(fallback), parse };
}

/** @returns a parameter as a fraction from 0 to 1 */
export function percent(name: string, fallback: string): Parameter<number> {
  return { name, fallback, parse: parsePercent };
}

/** A plain number above zero. */
export function factor(name: string, fallback: number, most = Number.MAX_SAFE_INTEGER): Parameter<number> {
  const parse = (text: string) => {
    const value = Number(text);
    if (!(value > 0 && value <= most))
      throw new UnitError(`"${text}" is not a number above 0 and up to ${most}`);
    return value;
  };
  return { name, fallback: String(fallback), parse };
}

export function choice<const T extends string>(
  name: string,
  options: readonly T[],
  fallback: NoInfer<T>,
): Parameter<T> {
  const parse = (text: string) => {
    const chosen = options.find((option) => option === text.trim());
    if (chosen === undefined) throw new UnitError(`"${text}" is not one of ${options.join(', ')}`);
    return chosen;
  };
  return { name, fallback, parse };
}

export function yesNo(name: string, fallback: 'yes' | 'no'): Parameter<boolean> {
  const { parse } = choice(name, ['yes', 'no'], fallback);
  return { name, fallback, parse: (text) => parse(text) === 'yes' };
}

function durationWithin(text: string, leastMs: number, mostMs: number): number {
  const ms = parseDurationMs(text);
  if (!(ms >= leastMs && ms <= mostMs))
    throw new UnitError(`"${text}" is not within ${leastMs} ms to ${mostMs} ms`);
  return ms;
}
