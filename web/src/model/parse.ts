/** What a person types into a field, with its unit, as on the command line. Each answers a sentence where it is wrong. */

export type Parsed = { readonly value: number } | { readonly problem: string };

const DURATIONS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 60e3, min: 60e3, h: 3600e3 };
const RATES: Readonly<Record<string, number>> = {
  bit: 1 / 8,
  kbit: 1e3 / 8,
  mbit: 1e6 / 8,
  gbit: 1e9 / 8,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** `300ms`, `2.5 s`, `10m`, in milliseconds, above zero. */
export function parseDuration(text: string): Parsed {
  const value = scaled(text, DURATIONS);
  if (value === undefined || value <= 0)
    return {
      problem: `“${text.trim()}” is not a duration: write a number with its unit, like 300ms, 5s or 10m`,
    };
  return { value };
}

/** `480mbit`, `10 Gbit/s`, `60MB/s`, in bytes per second. */
export function parseRate(text: string): Parsed {
  const value = scaled(text.trim().replace(/\/s$/i, ''), RATES);
  if (value === undefined || value < 1)
    return { problem: `“${text.trim()}” is not a rate: write it like 480mbit, 10gbit or 60MB/s` };
  return { value: Math.round(value) };
}

/** A rate, or `none`. */
export function parseCap(text: string): Parsed | { readonly value: null } {
  if (/^\s*none\s*$/i.test(text)) return { value: null };
  const parsed = parseRate(text);
  return 'value' in parsed
    ? parsed
    : { problem: `“${text.trim()}” is no bandwidth: write it like 480mbit or 10gbit, or none` };
}

/** As {@link parseCap} takes it, to three digits: `480mbit`, `1.25gbit`, `none`. */
export function spellCap(bytesPerSecond: number | null): string {
  if (bytesPerSecond === null) return 'none';
  const megabits = (bytesPerSecond * 8) / 1e6;
  return megabits >= 1000
    ? `${Number((megabits / 1000).toPrecision(3))}gbit`
    : `${Number(megabits.toPrecision(3))}mbit`;
}

function scaled(text: string, factors: Readonly<Record<string, number>>): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text.trim()) ?? [];
  const factor = Object.hasOwn(factors, unit.toLowerCase()) ? factors[unit.toLowerCase()] : undefined;
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}

/** As {@link parseDuration} takes it: `350ms`, `2.5s`. */
export function spellDuration(ms: number): string {
  return ms < 1000 ? `${Math.ceil(ms)}ms` : `${Number((ms / 1000).toPrecision(4))}s`;
}

/** Those that were written and are right, under their names. */
export function valuesOf<Name extends string, Value = number>(
  fields: Readonly<Record<Name, { readonly value: Value } | { readonly problem: string } | undefined>>,
): Partial<Record<Name, Value>> {
  const values: Partial<Record<Name, Value>> = {};
  for (const name of Object.keys(fields) as Name[]) {
    const parsed = fields[name];
    if (parsed && 'value' in parsed) values[name] = parsed.value;
  }
  return values;
}
