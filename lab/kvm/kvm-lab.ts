/**
 * A KVM host of this program's own, or one that is kept: started, and ended in every case.
 *
 *     await using lab = await openKvmLab();
 *     const ran = await lab.host.run(['node', 'lab/…']);
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { tailOf } from '../console.ts';
import { OpenLab } from '../open-lab.ts';
import { createRunFolder, newLabId, type RunFolder } from '../run-folder.ts';
import { sweep } from '../sweep.ts';
import { waitFor } from '../wait.ts';
import { HostEndedError } from './host-channel.ts';
import { hostCommand } from './host-command.ts';
import { hostImage } from './host-image.ts';
import { CHECKOUT, KvmHost, NODE_FOLDER } from './kvm-host.ts';

export interface KvmLabOptions {
  /** Up to 12 lower-case letters and digits. Default: six random ones. */
  readonly id?: string;
  /** True: after `release()` the host outlives this process. */
  readonly keep?: boolean;
}

/** As many as the machines have that run the tests: each is a thread of the emulation. */
const PROCESSORS = 2;
/** For two small guests, Node and what is written to /tmp. The machine gives only what is used. */
const MEMORY_MIB = 4096;
const START_TIMEOUT_MS = 60_000;

export class KvmLab extends OpenLab {
  readonly host: KvmHost;

  constructor(folder: RunFolder) {
    super(folder);
    this.host = new KvmHost(folder);
  }

  /** Only for {@link openKvmLab}. Returns when commands can be given; they run once the host is up. */
  async boot(): Promise<void> {
    const { paths } = this.host;
    const command = hostCommand({
      name: `kvm-host-${this.id}`,
      paths,
      image: await hostImage(),
      checkout: CHECKOUT,
      nodeFolder: NODE_FOLDER,
      processors: PROCESSORS,
      memoryMiB: MEMORY_MIB,
    });
    const child = spawnHost(command, paths.logPath, this.keep);
    let ended = false;
    child.once('exit', () => {
      ended = true;
    });
    child.once('error', () => {
      ended = true;
    });
    await waitFor(
      `the QEMU of the KVM host, see ${paths.logPath}`,
      async () => {
        if (ended) throw new HostEndedError(`the KVM host did not start:\n${await tailOf(paths.logPath)}`);
        // Its last socket.
        return existsSync(paths.socketOf('shell.terminal')) && existsSync(paths.pidPath) ? true : undefined;
      },
      { timeoutMs: START_TIMEOUT_MS, everyMs: 20 },
    );
    if (this.keep) child.unref();
  }
}

/** Sweeps what dead labs have left, then starts a KVM host. @throws {LabIdError} @throws {CommandError} @throws {HostEndedError} */
export async function openKvmLab(options: KvmLabOptions = {}): Promise<KvmLab> {
  await sweep();
  const lab = new KvmLab(await createRunFolder(options.id ?? newLabId(), options.keep ?? false));
  try {
    await lab.boot();
    return lab;
  } catch (error) {
    await lab.close();
    throw error;
  }
}

/** In a session of its own, so that Ctrl-C reaches us only; unless it is kept, the kernel ends it with us. */
function spawnHost(command: readonly string[], logPath: string, keep: boolean): ChildProcess {
  const log = openSync(logPath, 'a');
  const [file = '', ...args] = ['setpriv', ...(keep ? [] : ['--pdeathsig', 'KILL']), ...command];
  const child = spawn(file, args, { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  return child;
}
