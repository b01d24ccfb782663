/** @returns what a table has under that key. Keys come from outside, and every object also answers to `constructor` */
export function entryOf<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
