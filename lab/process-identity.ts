/** The process that a pid file names. */
import { readFileSync } from 'node:fs';
import { identify, type ProcessIdentity } from '../src/hypervisor/process-identity.ts';

export { identify, isRunning, type ProcessIdentity } from '../src/hypervisor/process-identity.ts';

/** @returns true when a process with this id has `text` in its command line */
function runsWith(pid: number, text: string): boolean {
  try {
    return identify(pid) !== undefined && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
  } catch {
    return false;
  }
}

/**
 * @param mark part of the command line, by which our process differs from a stranger that got its number
 * @returns undefined when there is no such file, or the process that it names is gone
 */
export function readPidFile(path: string, mark: string): ProcessIdentity | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return runsWith(pid, mark) ? identify(pid) : undefined;
  } catch {
    return undefined;
  }
}
