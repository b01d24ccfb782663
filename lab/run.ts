/**
 * Other programs, always as a list of arguments, never as a shell string.
 *
 * Namespaces and links need root. Everything else of the lab runs as the user who called, so that the
 * sockets and logs are theirs.
 */
import { execFile, execFileSync } from 'node:child_process';

const MAX_OUTPUT_BYTES = 32 * 2 ** 20;

/** A program of the lab could not be run, or said no. The message holds what it printed. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The words in front of a command that needs root: none for root, `sudo -n` else. */
export function asRoot(command: readonly string[]): string[] {
  return isRoot() ? [...command] : ['sudo', '-n', ...command];
}

/** @returns what the command printed @throws {CommandError} */
export async function run(command: readonly string[], options: { cwd?: string } = {}): Promise<string> {
  const [file = '', ...args] = command;
  return await new Promise((resolve, reject) => {
    execFile(file, args, { ...options, maxBuffer: MAX_OUTPUT_BYTES }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(failure(command, error, stderr));
    });
  });
}

/** As {@link run}, for output that is no text. @throws {CommandError} */
export async function runForBytes(command: readonly string[]): Promise<Buffer> {
  const [file = '', ...args] = command;
  return await new Promise((resolve, reject) => {
    execFile(file, args, { encoding: 'buffer', maxBuffer: MAX_OUTPUT_BYTES }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(failure(command, error, stderr.toString()));
    });
  });
}

/** As {@link run}, for the last moments of a process, when nothing can be awaited any more. */
export function runNow(command: readonly string[]): string {
  const [file = '', ...args] = command;
  return execFileSync(file, args, { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' });
}

/** `ip`, as root. @throws {CommandError} */
export async function ip(...args: string[]): Promise<void> {
  await run(asRoot(['ip', ...args]));
}

function failure(command: readonly string[], error: Error, stderr: string): CommandError {
  const why = stderr.trim() || error.message;
  return new CommandError(`"${command.join(' ')}" failed: ${why}`, { cause: error });
}
