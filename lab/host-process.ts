/**
 * Starts a program on a host of the lab, that is, in its network namespace.
 *
 * It runs in a session of its own, so that Ctrl-C reaches the lab's owner and not the program behind its back;
 * unless the lab is to be kept, the kernel kills it when its owner dies, however that happens.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { asRoot, isRoot } from './run.ts';

export interface HostProcess {
  readonly namespace: string;
  readonly command: readonly string[];
  /** Where its output goes, appended. */
  readonly logPath: string;
  /** True: it outlives this process. */
  readonly keep: boolean;
  /**
   * `caller` becomes the user who called again, after `ip netns exec`, which needs root. `root` stays root, but
   * in the caller's group, so that he can get at its sockets.
   */
  readonly user: 'root' | 'caller';
}

/** @returns the program itself for root; for others the sudo around it */
export function spawnOnHost(settings: HostProcess): ChildProcess {
  const log = openSync(settings.logPath, 'a');
  // setsid on the far side of sudo, and not `detached` here: a sudo that has lost the terminal asks for the
  // password again. As root nothing forks, so that the child's pid and parent are the program's own.
  const enter = ['ip', 'netns', 'exec', settings.namespace, 'setsid', '--wait'];
  const [file = '', ...args] = asRoot([...enter, ...setpriv(settings), ...settings.command]);
  const child = spawn(file, args, { stdio: ['ignore', log, log] });
  closeSync(log);
  return child;
}

function setpriv({ keep, user }: HostProcess): string[] {
  const group = `--regid=${process.getgid?.()}`;
  const identity =
    user === 'root' ? [group, '--clear-groups'] : [`--reuid=${process.getuid?.()}`, group, '--init-groups'];
  const options = [...(isRoot() ? [] : identity), ...(keep ? [] : ['--pdeathsig', 'KILL'])];
  return options.length === 0 ? [] : ['setpriv', ...options];
}
