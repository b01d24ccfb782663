/**
 * A Debian 12 of its own, to install packages in as a user would: what debootstrap makes, and QEMU. Each is a copy that only
 * exists while its first process does: what is written goes into memory above the one that is kept in `.cache/lab`, in
 * namespaces that nothing else sees.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { builtOnce } from './guest/cache.ts';
import { asRoot, CommandError, run } from './run.ts';

/** Where the folder that is shared with this machine is seen in there. */
export const SHARED = '/mnt';

/** Debian's own mirror is debootstrap's default. A root without a start of its own needs no init, no mail and no documentation. */
async function build(folder: string): Promise<void> {
  try {
    await makeRoot(join(folder, 'root'));
  } catch (error) {
    // Root's own: the caller could not remove it.
    await run(asRoot(['rm', '-rf', '--one-file-system', join(folder, 'root')]));
    throw error;
  }
}

async function makeRoot(root: string): Promise<void> {
  process.stderr.write('lab: making a Debian 12 with QEMU (debootstrap), which takes some minutes\n');
  await run(asRoot(['debootstrap', '--variant=minbase', 'bookworm', root]));
  // No service is started for having been installed.
  await run(
    asRoot([
      'sh',
      '-c',
      'printf "#!/bin/sh\\nexit 101\\n" >"$1" && chmod 755 "$1"',
      'sh',
      join(root, 'usr/sbin/policy-rc.d'),
    ]),
  );
  const inRoot = (...command: string[]) =>
    run(asRoot(['chroot', root, 'env', 'DEBIAN_FRONTEND=noninteractive', ...command]));
  await inRoot('apt-get', '-qq', '-y', 'install', '--no-install-recommends', 'qemu-system-x86');
  await inRoot('apt-get', 'clean');
}

/**
 * The first process of the namespaces, which holds the mounts. It ends with its standard input, so with this process however that
 * ends, and all others in there with it.
 */
const HOLD = `
set -e
read -r pid rest </proc/self/stat
base=$1 work=$2 shared=$3
mount -t tmpfs tmpfs "$work"
mkdir "$work/upper" "$work/work" "$work/tree"
mount -t overlay overlay -o "lowerdir=$base,upperdir=$work/upper,workdir=$work/work" "$work/tree"
mount -t proc proc "$work/tree/proc"
mount --rbind /dev "$work/tree/dev"
mount --bind "$shared" "$work/tree${SHARED}"
ip link set lo up
# Not by chroot: the kernel gives nobody in one a user namespace, which switchover's own PostgreSQL needs.
cd "$work/tree"
pivot_root . .
umount -l .
echo "ready $pid"
exec cat`;

export class DebianRoot implements AsyncDisposable {
  readonly #holder: ChildProcess;
  readonly #enter: readonly string[];

  private constructor(holder: ChildProcess, enter: readonly string[]) {
    this.#holder = holder;
    this.#enter = enter;
  }

  /**
   * @param folder an empty one, for its mounts; what is in `folder/shared` is seen in there as {@link SHARED}
   * @throws {CommandError} where debootstrap, apt-get or a mount fails
   */
  static async make(folder: string): Promise<DebianRoot> {
    const base = join(await builtOnce('debian-12-qemu', build), 'root');
    const [work, shared] = [join(folder, 'work'), join(folder, 'shared')];
    await mkdir(work);
    await mkdir(shared, { recursive: true });
    const namespaces = [
      '--mount',
      '--propagation',
      'private',
      '--pid',
      '--fork',
      '--kill-child',
      '--net',
      '--ipc',
      '--uts',
    ];
    const words = asRoot(['unshare', ...namespaces, 'sh', '-c', HOLD, 'sh', base, work, shared]);
    const holder = spawn(words[0] ?? '', words.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] });
    const pid = await readyPid(holder);
    return new DebianRoot(holder, [
      ...['nsenter', '--target', pid, '--mount', '--pid', '--net', '--ipc', '--uts'],
      ...['env', '-i', 'LC_ALL=C.UTF-8', 'HOME=/root', 'DEBIAN_FRONTEND=noninteractive'],
    ]);
  }

  /** The words that run a command in there, as root. @param path where its programs are */
  command(
    command: readonly string[],
    path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  ): string[] {
    return asRoot([...this.#enter, `PATH=${path}`, ...command]);
  }

  /** @returns what it printed @throws {CommandError} */
  async run(...command: string[]): Promise<string> {
    return await run(this.command(command));
  }

  /** Ends every process in there, and with them goes all that they wrote. */
  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#holder.once('exit', resolve));
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return;
    this.#holder.stdin?.end();
    await ended;
  }
}

async function readyPid(holder: ChildProcess): Promise<string> {
  let [printed, said] = ['', ''];
  return await new Promise((resolve, reject) => {
    holder.stdout?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      const pid = /^ready (\d+)\n/.exec(printed)?.[1];
      if (pid !== undefined) resolve(pid);
    });
    holder.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    holder.once('error', reject);
    holder.once('close', () =>
      reject(new CommandError(`a Debian 12 of its own could not be set up: ${said}`)),
    );
  });
}
