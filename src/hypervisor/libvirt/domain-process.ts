/** The QEMU of a domain, where its host is this machine. */
import { readdirSync, readFileSync } from 'node:fs';
import type { VcpuThreads } from '../cpu-quota/vcpu-quota.ts';

/** A URI without a host is of a libvirtd here. */
export function isThisMachine(uri: string): boolean {
  return /^qemu(\+unix)?:\/\/\//.test(uri);
}

/** @returns undefined where its QEMU does not run on this machine */
export function vcpusHere({
  uri,
  uuid,
}: {
  readonly uri: string;
  readonly uuid: string;
}): VcpuThreads | undefined {
  const pid = isThisMachine(uri) ? qemuOf(uuid) : undefined;
  return pid === undefined ? undefined : { pid, threadIds: vcpuThreads(pid) };
}

/** The threads of its vCPUs, by the names that QEMU gives them (`CPU 0/KVM`), which libvirt asks for. */
function vcpuThreads(pid: number): number[] {
  try {
    const folder = `/proc/${pid}/task`;
    return readdirSync(folder)
      .filter((thread) => /^CPU \d+\//.test(readFileSync(`${folder}/${thread}/comm`, 'utf8')))
      .map(Number);
  } catch {
    return [];
  }
}

/** libvirt starts each QEMU with the domain's UUID. @returns undefined where none runs here, or there is no /proc */
export function qemuOf(uuid: string): number | undefined {
  return processes().find((pid) => uuidOf(pid) === uuid);
}

/** @returns the vCPUs of every guest on this machine that was started with a UUID, as libvirt's are, with that UUID */
export function everyQemuHere(): { readonly uuid: string; readonly threads: VcpuThreads }[] {
  return processes().flatMap((pid) => {
    const uuid = uuidOf(pid);
    const threadIds = uuid === undefined ? [] : vcpuThreads(pid);
    return uuid === undefined || threadIds.length === 0 ? [] : [{ uuid, threads: { pid, threadIds } }];
  });
}

function processes(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function uuidOf(pid: number): string | undefined {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const at = words.indexOf('-uuid');
    return at < 0 ? undefined : words[at + 1];
  } catch {
    return undefined;
  }
}
