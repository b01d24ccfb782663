/**
 * A program that opens a lab and never closes it, for tests of what happens when it is killed.
 * Prints one line of JSON once it is up. Argument: `pair`, `libvirt` or `kvm`.
 */
import type { Workload } from '../guest/workload.ts';
import { hostProcess } from '../kvm/kept-kvm-lab.ts';
import { openKvmLab } from '../kvm/kvm-lab.ts';
import { openLab } from '../lab.ts';
import { openLibvirtLab } from '../libvirt/libvirt-lab.ts';

const workload: Workload = { kind: 'idle', wssMiB: 1 };

async function abandonPair() {
  const lab = await openLab();
  const { source, destination } = await lab.startPair({ workload });
  return { id: lab.id, folder: lab.folder, pids: [source.pid, destination.pid] };
}

async function abandonLibvirt() {
  const lab = await openLibvirtLab();
  const [host] = lab.hosts;
  const guest = await lab.startGuest(host, { name: 'vm1', workload, memoryMiB: 96, wait: false });
  const pids = [guest.on(host).pid, ...lab.hosts.map(({ libvirtdPid }) => libvirtdPid)];
  return { id: lab.id, folder: lab.folder, pids };
}

async function abandonKvm() {
  const lab = await openKvmLab();
  const host = hostProcess({ id: lab.id, path: lab.folder });
  return { id: lab.id, folder: lab.folder, pids: [host?.pid] };
}

const KINDS: Record<string, () => Promise<unknown>> = {
  pair: abandonPair,
  libvirt: abandonLibvirt,
  kvm: abandonKvm,
};
const abandoned = await KINDS[process.argv[2] ?? '']?.();
process.stdout.write(`${JSON.stringify(abandoned)}\n`);
setInterval(() => undefined, 60_000);
