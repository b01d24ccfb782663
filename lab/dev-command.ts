/** What the commands of `./dev` share: how they refuse what is asked of them, and what those keep that look for faults. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { UnitError } from '../src/model/units.ts';

/**
 * @param options as they were understood, or a sentence where they were not
 * @returns the exit status
 */
export async function runCommand<Options extends { readonly help: boolean }>(
  { name, help }: { readonly name: string; readonly help: string },
  options: Options | string,
  run: (options: Options) => Promise<number>,
): Promise<number> {
  if (typeof options === 'string') {
    process.stderr.write(`${name}: ${options}\n`);
    return 2;
  }
  if (!options.help) return await run(options);
  process.stdout.write(help);
  return 0;
}

/** The options of a command that has none. */
export function noOptions(): { readonly help: boolean } | string {
  try {
    return parseArgs({ options: { help: { type: 'boolean', default: false } } }).values;
  } catch (error) {
    return refusalOf(error);
  }
}

/** What is wrong with the options, as one sentence. */
export function refusalOf(error: unknown): string {
  if (error instanceof UnitError) return `--for: ${error.message}`;
  return (error as Error).message.split('\n')[0] ?? '';
}

/** @param hint what else could be given @throws {Error} with a sentence */
export function wholeNumber(name: string, text: string, { mostDigits = 15, hint = '' } = {}): number {
  if (/^\d+$/.test(text) && text.length <= mostDigits) return Number(text);
  throw new Error(`${name} ${text}: give a whole number${hint}`);
}

/** @param place `import.meta.url` of the command: its figures are kept beside it, in `results/` */
export function keepResult(place: string, file: string, told: object): void {
  const folder = new URL('./results/', place);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(file, folder), `${JSON.stringify(told, null, 2)}\n`);
}

/** Of which the figures are. */
export function commitHere(): string {
  return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
}
