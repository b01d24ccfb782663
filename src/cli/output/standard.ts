/**
 * This process's standard output and standard error, for everything that may be said while a migration is under way or
 * after it. Made when first used.
 */
import { isatty } from 'node:tty';
import type { Outlet } from './outlet.ts';
import { Output } from './output.ts';
import { StreamOutlet } from './stream-outlet.ts';
import { TerminalOutlet } from './terminal-outlet.ts';

/** How long last words may take at the end. */
export const LAST_WORDS_MS = 2000;

let output: Output | undefined;
let error: Output | undefined;

export function standardOutput(): Output {
  // Documents and their lines belong to a program: what is missing of them is said beside them.
  output ??= new Output(outletOf(1), { onMissing: (sentence) => standardError().write(`${sentence}\n`) });
  return output;
}

export function standardError(): Output {
  error ??= new Output(outletOf(2));
  return error;
}

/**
 * Before the process ends.
 * @returns whether all that was said has been written within that time
 */
export async function flushOutput(withinMs: number): Promise<boolean> {
  const all = await Promise.all([output, error].map((each) => each?.flush(withinMs) ?? true));
  return all.every(Boolean);
}

function outletOf(fd: 1 | 2): Outlet {
  const stream = fd === 1 ? process.stdout : process.stderr;
  const terminal = isatty(fd) ? TerminalOutlet.reopen(fd, () => stream.columns) : undefined;
  // A terminal that cannot be opened again is written to as Node does it.
  return terminal ?? new StreamOutlet(stream);
}
