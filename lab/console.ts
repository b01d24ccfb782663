/**
 * The guest's console: what its kernel printed, and whether it complains of broken memory or a crash.
 */
import { readFile } from 'node:fs/promises';

const PROBLEM =
  /Kernel panic|Oops|\bBUG\b|general protection|unable to handle|segfault|soft lockup|list_(add|del) corruption|Bad page|double fault|stack-protector|workload: /i;

/** @returns the lines of a console that must not be there after a migration */
export function problemsIn(consoleText: string): string[] {
  return consoleText
    .split('\n')
    .filter((line) => PROBLEM.test(line))
    .map((line) => line.trim());
}

/** The last lines of a log, for an error message. Empty when there is no log. */
export async function tailOf(path: string, lineCount = 15): Promise<string> {
  const lines = (await readText(path)).trimEnd().split(/\r?\n/);
  return lines.slice(-lineCount).join('\n');
}

/** @returns the empty text for a file that is not there (yet) */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'latin1');
  } catch {
    return '';
  }
}
