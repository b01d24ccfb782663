/**
 * Sizes, durations and rates as people write them, and back.
 *
 * Inside the program bytes are numbers, times are milliseconds and rates are bytes a second; text exists
 * only at the edges. Every parser throws {@link UnitError}, whose sentence says what would be accepted.
 */

export class UnitError extends Error {
  override readonly name = 'UnitError';
}

const NUMBER = String.raw`(\d+(?:\.\d+)?)`;

const BYTE_FACTORS: Record<string, number> = {
  b: 1,
  // A bare K, M or G is binary, as in QEMU and virsh.
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
};

/** Into bytes: the largest rate is as large in bits as in bytes. */
const BIT_FACTORS: Record<string, number> = { bit: 1 / 8, kbit: 1e3 / 8, mbit: 1e6 / 8, gbit: 1e9 / 8 };

const DURATION_FACTORS: Record<string, number> = {
  ms: 1,
  s: 1e3,
  m: 60e3,
  min: 60e3,
  h: 3600e3,
  d: 24 * 3600e3,
};

/** 285,000 years, 9 PB, and that in a second: more than anybody means, and the last number that is exact. */
const LARGEST = Number.MAX_SAFE_INTEGER;

/** `512M`, `1.5GiB`, `64MB`. @returns bytes @throws {UnitError} */
export function parseBytes(text: string): number {
  const bytes = scaled(text, BYTE_FACTORS);
  if (bytes === undefined) throw new UnitError(`"${text}" is not a size: write it like 512MiB, 1.5G or 64MB`);
  return Math.round(bytes);
}

/** `300ms`, `2.5s`, `10m`, `1h`, `90d`. @returns milliseconds @throws {UnitError} */
export function parseDurationMs(text: string): number {
  const ms = scaled(text, DURATION_FACTORS);
  if (ms === undefined)
    throw new UnitError(`"${text}" is not a duration: write a number with its unit, like 300ms, 5s or 10m`);
  return ms;
}

/** `480mbit`, `10Gbit/s`, `60MB/s`, `64MiB`. @returns bytes per second @throws {UnitError} */
export function parseRate(text: string): number {
  const perUnit = text.trim().replace(/\/s$/i, '');
  const bytesPerSecond = scaled(perUnit, BIT_FACTORS) ?? scaled(perUnit, BYTE_FACTORS);
  // Less than a byte a second is rounded to 0, which means no limit to QEMU.
  if (bytesPerSecond === undefined || bytesPerSecond < 1)
    throw new UnitError(
      `"${text}" is not a rate above zero: write it like 480mbit, 10gbit, 60MB/s or 64MiB/s`,
    );
  return bytesPerSecond;
}

/** `5%` or `5`. @returns a fraction from 0 to 1 @throws {UnitError} */
export function parsePercent(text: string): number {
  const match = new RegExp(`^${NUMBER}\\s*%?$`).exec(text.trim());
  const percent = match ? Number(match[1]) : Number.NaN;
  if (!(percent >= 0 && percent <= 100))
    throw new UnitError(`"${text}" is not a percentage: write a number from 0 to 100, like 5%`);
  return percent / 100;
}

function scaled(text: string, factors: Record<string, number>): number | undefined {
  const match = new RegExp(`^${NUMBER}\\s*([a-z]+)$`, 'i').exec(text.trim());
  const unit = match?.[2]?.toLowerCase();
  if (unit === undefined || !Object.hasOwn(factors, unit)) return undefined;
  const value = Number(match?.[1]) * (factors[unit] ?? Number.NaN);
  if (value > LARGEST)
    throw new UnitError(`"${shortened(text)}" is too large: write what you mean with fewer digits`);
  return value;
}

/** A person may have leaned on a key: the sentence is to stay one. */
function shortened(text: string): string {
  return text.length > 24 ? `${text.slice(0, 20)}…` : text;
}

/** Decimal units, as links and tools state them: `133 MB`, `1.48 GB`. */
export function formatBytes(bytes: number): string {
  const steps: [number, string][] = [
    [1e12, 'TB'],
    [1e9, 'GB'],
    [1e6, 'MB'],
    [1e3, 'kB'],
  ];
  for (const [factor, unit] of steps) {
    if (Math.abs(bytes) >= factor * 0.9995) return `${threeDigits(bytes / factor)} ${unit}`;
  }
  return `${Math.round(bytes)} B`;
}

export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** `45 ms`, `2.41 s`, `1 min 5 s`. */
export function formatDuration(ms: number): string {
  if (Math.abs(ms) < 999.5) return `${Math.round(ms)} ms`;
  if (Math.abs(ms) < 59_995) return `${threeDigits(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** As {@link parseDurationMs} takes it: `350ms`, `2.5s`. */
export function spellDuration(ms: number): string {
  return ms < 1000 ? `${Math.ceil(ms)}ms` : `${Number((ms / 1000).toPrecision(4))}s`;
}

/** As {@link parseRate} takes it, in bits, and rounded up to two digits: `490mbit`, `1.3gbit`. */
export function spellRate(bytesPerSecond: number): string {
  const megabits = (bytesPerSecond * 8) / 1e6;
  const step = 10 ** (Math.floor(Math.log10(megabits)) - 1);
  const rounded = Number((Math.ceil(megabits / step - 1e-9) * step).toPrecision(3));
  return rounded >= 1000 ? `${rounded / 1000}gbit` : `${rounded}mbit`;
}

/** 133, 13.3, 1.33: as many digits as a noisy measurement deserves, without trailing zeros. */
function threeDigits(value: number): string {
  return String(Number(value.toPrecision(3)));
}
