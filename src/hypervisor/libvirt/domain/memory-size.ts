/** A size in libvirt's XML: a number and a unit, as virScaleInteger (src/util/virutil.c) reads it. */

/** Without a unit libvirt means KiB where memory is stated. */
const DEFAULT_FACTOR = 1024;
const POWERS = 'kmgtpe';

/** `bytes`, `KB` (1000), `k` and `KiB` (1024), and so on to E; letters in any case. @returns undefined when none, or more
 * than any guest has (9 PB) */
export function memoryBytes(amount: string, unit: string | undefined): number | undefined {
  const factor = factorOf(unit?.trim().toLowerCase() ?? '');
  const text = amount.trim();
  const bytes = factor === undefined || !/^\d+$/.test(text) ? Number.NaN : Number(text) * factor;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

function factorOf(unit: string): number | undefined {
  if (unit === '') return DEFAULT_FACTOR;
  if (['b', 'byte', 'bytes'].includes(unit)) return 1;
  const power = POWERS.indexOf(unit.charAt(0)) + 1;
  if (power === 0) return undefined;
  const rest = unit.slice(1);
  if (rest === '' || rest === 'ib') return 1024 ** power;
  return rest === 'b' ? 1000 ** power : undefined;
}
