/** A KVM host that outlives the command which started it, and how the other commands find it again. */
import { existsSync } from 'node:fs';
import { type ProcessIdentity, readPidFile } from '../process-identity.ts';
import type { RunFolder } from '../run-folder.ts';
import { UsageError } from '../usage-error.ts';
import { hostPaths } from './host-command.ts';
import { KvmHost } from './kvm-host.ts';

type Place = Pick<RunFolder, 'id' | 'path'>;

export function isKvmLab(folder: Place): boolean {
  return existsSync(hostPaths(folder.path).pidPath);
}

/** The QEMU of the host; undefined when it has ended. */
export function hostProcess(folder: Place): ProcessIdentity | undefined {
  return readPidFile(hostPaths(folder.path).pidPath, folder.path);
}

/** @throws {UsageError} when that lab has no KVM host, or no longer */
export function keptKvmHost(folder: Place): KvmHost {
  if (!isKvmLab(folder))
    throw new UsageError(`lab "${folder.id}" has no KVM host: ./dev lab up --kvm makes such labs`);
  if (hostProcess(folder) === undefined)
    throw new UsageError(
      `the KVM host of lab "${folder.id}" has ended: ./dev lab down ${folder.id} clears up`,
    );
  return new KvmHost(folder);
}

/** Has the lab inside the host do what was asked of this one, and says what that says. @returns its exit status */
export async function askInside(folder: Place, command: string, args: readonly string[]): Promise<number> {
  const ran = await keptKvmHost(folder).run(['node', 'lab/main.ts', command, ...args], {
    onStdout: (chunk) => process.stdout.write(chunk),
    onStderr: (chunk) => process.stderr.write(chunk),
  });
  return ran.status;
}
