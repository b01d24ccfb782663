/** A QEMU as a process: started on a host, or found again by its pid file. */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { tailOf } from './console.ts';
import { spawnOnHost } from './host-process.ts';
import { runState } from './monitor.ts';
import { isRunning, type ProcessIdentity, readPidFile } from './process-identity.ts';
import { type QemuSettings, qemuCommand } from './qemu-command.ts';
import { waitFor } from './wait.ts';

const START_TIMEOUT_MS = 60_000;

/** QEMU ended before its monitor answered. The message ends with what it printed. */
export class QemuStartError extends Error {
  override readonly name = 'QemuStartError';
}

export interface QemuProcess {
  readonly pid: number;
  alive(): boolean;
  kill(signal: NodeJS.Signals): void;
  /** QEMU's exit status; null when a signal ended it, or when another process than this one had started it. */
  exited(): Promise<number | null>;
}

/** @returns once its monitor answers @throws {QemuStartError} */
export async function startQemu(
  settings: QemuSettings,
  namespace: string,
  keep: boolean,
): Promise<QemuProcess> {
  const child = spawnOnHost({
    namespace,
    keep,
    user: 'caller',
    command: qemuCommand(settings),
    logPath: settings.paths.logPath,
  });
  const ended = exitOf(child);
  let hasEnded = false;
  const done = ended.finally(() => {
    hasEnded = true;
  });
  done.catch(() => undefined); // looked at below, at the next turn of the wait
  try {
    await waitFor(
      `the monitor of ${settings.paths.qmpPath}`,
      async () => {
        if (hasEnded) await failToStart(settings, done);
        return await runState(settings.paths.monitor2Path);
      },
      { timeoutMs: START_TIMEOUT_MS, everyMs: 20 },
    );
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  // Under sudo the child is sudo: the pid that counts is the one QEMU wrote itself.
  const identity = readPidFile(settings.paths.pidPath, settings.paths.qmpPath);
  if (identity === undefined) return await failToStart(settings, done);
  if (keep) child.unref();
  return { ...handleOf(identity), exited: async () => await done };
}

/** @returns the QEMU that another process has started; undefined when it is gone */
export function findQemu(pidPath: string, mark: string): QemuProcess | undefined {
  const identity = readPidFile(pidPath, mark);
  if (identity === undefined) return undefined;
  const exited = async () => {
    while (isRunning(identity)) await sleep(100);
    return null;
  };
  return { ...handleOf(identity), exited };
}

function handleOf(identity: ProcessIdentity): Pick<QemuProcess, 'pid' | 'alive' | 'kill'> {
  return {
    pid: identity.pid,
    alive: () => isRunning(identity),
    kill(signal) {
      if (isRunning(identity)) process.kill(identity.pid, signal);
    },
  };
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
}

async function failToStart(settings: QemuSettings, exited: Promise<number | null>): Promise<never> {
  const status = await exited;
  const printed = await tailOf(settings.paths.logPath);
  throw new QemuStartError(`${settings.binary} ended with status ${status} before it was up:\n${printed}`);
}
