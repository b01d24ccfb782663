/** Sizes, rates and durations as the command line writes them, and back; times of day in the reader's own zone. */

/** What stands where nothing is known: never a zero that looks like a measurement. */
export const NOTHING = '–';

const BYTE_STEPS: readonly (readonly [number, string])[] = [
  [1e12, 'TB'],
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'kB'],
];

/** Decimal units, three digits: `133 MB`, `1.48 GB`. The number and its unit, so that they can be aligned apart. */
export function bytesParts(bytes: number): readonly [number: string, unit: string] {
  for (const [factor, unit] of BYTE_STEPS)
    if (Math.abs(bytes) >= factor * 0.9995) return [threeDigits(bytes / factor), unit];
  return [String(Math.round(bytes)), 'B'];
}

export function formatBytes(bytes: number | null): string {
  return bytes === null ? NOTHING : bytesParts(bytes).join(' ');
}

export function formatRate(bytesPerSecond: number | null): string {
  return bytesPerSecond === null ? NOTHING : `${formatBytes(bytesPerSecond)}/s`;
}

/** `45 ms`, `2.41 s`, `1 min 5 s`, `3 h 20 min`. */
export function formatDuration(ms: number | null): string {
  if (ms === null) return NOTHING;
  if (Math.abs(ms) < 999.5) return `${Math.round(ms)} ms`;
  if (Math.abs(ms) < 59_995) return `${threeDigits(ms / 1000)} s`;
  return longDuration(ms);
}

/** The same of a clock that runs: whole seconds, so that it does not flicker. */
export function formatElapsed(ms: number): string {
  return ms < 59_500 ? `${Math.floor(Math.max(0, ms) / 1000)} s` : longDuration(ms);
}

/** Of a forecast, which no clock counts up to: to the nearest second. */
export function formatTotal(ms: number): string {
  return formatElapsed(Math.round(ms / 1000) * 1000);
}

function longDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 60 / 24)} d ${Math.floor(minutes / 60) % 24} h`;
}

/** 133, 13.3, 1.33, and 1.00: as many places for each, so that a number that changes keeps its width. */
function threeDigits(value: number): string {
  const text = value.toPrecision(3);
  return text.includes('e') ? String(Math.round(value)) : text;
}

/** `14:03:12`. */
export function formatClock(time: Date): string {
  return time.toLocaleTimeString('en-GB', { hour12: false });
}

/** `14:03:12` today, `28 Nov 14:03` of this year, `28 Nov 2025 14:03` before. */
export function formatWhen(time: Date, now: Date): string {
  if (time.toDateString() === now.toDateString()) return formatClock(time);
  const day = time.toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(time.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' }),
  });
  return `${day} ${formatClock(time).slice(0, 5)}`;
}

/** `0:00`, `1:05`, `1:02:05` since the start: labels of a time axis. */
export function formatOffset(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
