/** The kinds of parameter that peers have. Each parser throws UnitError with a sentence of what it takes. */

import { QEMU_LONGEST_DOWNTIME_MS } from '../../model/qemu-constants.ts';
import { parseDurationMs, parsePercent, UnitError } from '../../model/units.ts';

import type { Parameter } from './peer.ts';

/** @returns a parameter in milliseconds, at least `leastMs` */
export function duration(name: string, fallback: string, leastMs = 0): Parameter<number> {
  return { name, fallback, parse: (text) => durationWithin(text, leastMs, Number.MAX_SAFE_INTEGER) };
}

/** As {@link duration}; 0 switches off what it is for. */
export function durationOrOff(name: string, fallback: string, leastMs: number): Parameter<number> {
  const parse = (text: string) =>
    parseDurationMs(text) === 0 ? 0 : duration(name, fallback, leastMs).parse(text);
  return { name, fallback, parse };
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

/** Whole per cents. @returns a parameter as a fraction from 0 to 1 */
export function wholePercent(name: string, fallback: string): Parameter<number> {
  const parse = (text: string) => {
    const percent = parsePercent(text) * 100;
    // What is whole in per cent need not be as a hundred times its fraction.
    if (Math.abs(percent - Math.round(percent)) > 1e-9)
      throw new UnitError(`"${text}" is not a whole percentage: write one like 4%`);
    return Math.round(percent) / 100;
  };
  return { name, fallback, parse };
}

/** A plain number above zero. */
export function factor(name: string, fallback: number, most = Number.MAX_SAFE_INTEGER): Parameter<number> {
  return numeric(name, fallback, `above 0 and up to ${most}`, (value) => value > 0 && value <= most);
}

/** A plain number of `least` or more. */
export function factorFrom(
  least: number,
  name: string,
  fallback: number,
  most = Number.MAX_SAFE_INTEGER,
): Parameter<number> {
  const fits = (value: number) => value >= least && value <= most;
  return numeric(name, fallback, `from ${least} to ${most}`, fits);
}

function numeric(
  name: string,
  fallback: number,
  range: string,
  fits: (value: number) => boolean,
): Parameter<number> {
  const parse = (text: string) => {
    const value = Number(text);
    if (text.trim() === '' || !fits(value)) throw new UnitError(`"${text}" is not a number ${range}`);
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
