/**
 * The libvirtd of the lab's hosts: unpacked from its packages, in the version of the libvirt that is installed.
 *
 * To install them would start a system libvirtd on the machine, now and at every boot, which the lab does not
 * need and its owner may not want. What it is linked with comes with virsh.
 */
import { join } from 'node:path';
import { unpackPackages } from '../debian-packages.ts';
import { builtOnce } from '../guest/cache.ts';
import { CommandError, run } from '../run.ts';

/** The program itself, and its driver for QEMU. */
const PACKAGES = ['libvirt-daemon', 'libvirt-daemon-driver-qemu'];

export interface LibvirtdProgram {
  readonly path: string;
  /** The first words of the command that runs it. */
  readonly command: readonly string[];
}

let found: Promise<LibvirtdProgram> | undefined;

/** @throws {CommandError} when there is none and none can be had */
export async function libvirtdProgram(): Promise<LibvirtdProgram> {
  found ??= findLibvirtd();
  return await found;
}

async function findLibvirtd(): Promise<LibvirtdProgram> {
  try {
    return await unpackedLibvirtd();
  } catch (error) {
    // No Debian, or no network: an installed one does as well.
    const path = (await run(['which', 'libvirtd']).catch(() => '')).trim();
    if (path === '') throw error;
    return { path, command: [path] };
  }
}

async function unpackedLibvirtd(): Promise<LibvirtdProgram> {
  const version = await installedVersion();
  const folder = await builtOnce(`libvirtd-${version.replace(/[^\w.]+/g, '-')}`, async (target) => {
    process.stderr.write(`lab: fetching libvirtd ${version} from the distribution\n`);
    await unpackPackages(
      target,
      PACKAGES.map((name) => `${name}=${version}`),
    );
  });
  const path = join(folder, 'unpacked', 'usr', 'sbin', 'libvirtd');
  const driver = (await run(['find', folder, '-name', 'libvirt_driver_qemu.so'])).trim();
  return { path, command: ['env', `LIBVIRT_DRIVER_DIR=${join(driver, '..')}`, path] };
}

async function installedVersion(): Promise<string> {
  const about = await run(['dpkg-query', '--status', 'libvirt0']);
  const version = /^Version: (\S+)$/m.exec(about)?.[1];
  if (version === undefined) throw new CommandError('dpkg does not say which libvirt is installed');
  return version;
}
