/**
 * A real KVM host on a machine that has no KVM: a virtual machine whose processor, with AMD's virtualization, QEMU
 * emulates. What KVM does in it is real; how long that takes is not.
 *
 * It sees this checkout, the Node that runs and the machine's /usr, /etc and /var where they are; what it writes there is
 * gone with it. Its /tmp, its network and its processes are its own, and all labs that are opened in it run their guests
 * on KVM.
 */
import path from 'node:path';
import { ACCELERATOR_VARIABLE } from '../accelerator.ts';
import { tailOf } from '../console.ts';
import type { RunFolder } from '../run-folder.ts';
import { HostEndedError, RunningCommand } from './host-channel.ts';
import { type HostPaths, hostPaths } from './host-command.ts';
import { shellScript } from './shell-script.ts';

/** The folder that the host sees, and in which its commands run. */
export const CHECKOUT = path.join(import.meta.dirname, '..', '..');
/** The host sees it too: the Node that runs may be anywhere. */
export const NODE_FOLDER = path.dirname(process.execPath);

export interface RunOptions {
  /** As it comes. */
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface RanInHost {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A host that boots or runs, whoever has started it. */
export class KvmHost {
  readonly paths: HostPaths;

  constructor(folder: Pick<RunFolder, 'path'>) {
    this.paths = hostPaths(folder.path);
  }

  /** Runs a command as root, in the checkout. @throws {HostEndedError} with what the host printed last */
  async run(command: readonly string[], options: RunOptions = {}): Promise<RanInHost> {
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const running = this.start(command, {
      ...options,
      onStdout: (chunk) => {
        stdout.push(chunk);
        options.onStdout?.(chunk);
      },
      onStderr: (chunk) => {
        stderr.push(chunk);
        options.onStderr?.(chunk);
      },
    });
    const status = await this.explained(running.ended);
    return { status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
  }

  start(command: readonly string[], options: RunOptions = {}): RunningCommand {
    const { socketOf } = this.paths;
    const outputs = [
      { path: socketOf('command.stdout'), take: options.onStdout },
      { path: socketOf('command.stderr'), take: options.onStderr },
    ];
    return new RunningCommand(socketOf('command.control'), outputs, scriptOf(command, options.environment));
  }

  /** The same on the host's terminal, of which there is one. */
  startOnTerminal(
    command: readonly string[],
    take: (chunk: Buffer) => void,
    environment: Readonly<Record<string, string>>,
  ): RunningCommand {
    const { socketOf } = this.paths;
    const outputs = [{ path: socketOf('shell.terminal'), take }];
    return new RunningCommand(socketOf('shell.control'), outputs, scriptOf(command, environment));
  }

  /** When the host ends meanwhile, its console says why. */
  async explained<T>(waiting: Promise<T>): Promise<T> {
    try {
      return await waiting;
    } catch (error) {
      if (!(error instanceof HostEndedError)) throw error;
      const printed = [await tailOf(this.paths.logPath), await tailOf(this.paths.consolePath)];
      throw new HostEndedError([error.message, ...printed].filter(Boolean).join('\n'), { cause: error });
    }
  }
}

function scriptOf(command: readonly string[], environment: Readonly<Record<string, string>> = {}): string {
  const programs = [NODE_FOLDER, path.join(CHECKOUT, 'node_modules', '.bin')];
  return shellScript(CHECKOUT, command, {
    HOME: '/root',
    PATH: [...programs, '/usr/sbin', '/usr/bin'].join(':'),
    [ACCELERATOR_VARIABLE]: 'kvm',
    ...environment,
  });
}
