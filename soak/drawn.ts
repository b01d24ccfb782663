/** How each migration of a soak is asked for: the same seed draws the same. */
import { Random, seedOf } from '../src/simulate/random.ts';

/** What users ask for, by how often. Each of them moves any of the soak's guests. */
const WISHES: readonly (readonly string[])[] = [
  [],
  [],
  [],
  ['--policy', 'mp'],
  ['--policy', 'mp', '--max-downtime', '15s'],
  ['--max-downtime', '15s'],
  ['--over-budget', 'post-copy', '--max-downtime', '500ms'],
];
const OF_QEMU: readonly (readonly string[])[] = [
  ['--destination-starts-itself'],
  ['--compress', 'zstd'],
  ['--compress', 'auto'],
];

export function drawWish(seed: number, number: number, driver: 'qemu' | 'libvirt'): readonly string[] {
  return oneOf(driver === 'qemu' ? [...WISHES, ...OF_QEMU] : WISHES, seed, number);
}

export function oneOf<T>(all: readonly [T, ...T[]] | readonly T[], seed: number, number: number): T {
  const random = new Random(seedOf(seed) ^ seedOf(number));
  const drawn = all[Math.floor(random.next() * all.length)];
  if (drawn === undefined) throw new Error('there is nothing to draw from');
  return drawn;
}
