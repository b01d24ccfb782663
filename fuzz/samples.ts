/** Real files of this checkout, as corpora begin with. */
import { readFileSync } from 'node:fs';

/** @param file from the root of the checkout */
export function sample(file: string): string {
  return readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
}
