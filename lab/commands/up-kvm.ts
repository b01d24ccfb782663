import { openKvmLab } from '../kvm/kvm-lab.ts';
import { prefetchForGuest } from '../kvm/prefetch.ts';
import { progress, report } from './output.ts';
import type { UpRequest } from './up-request.ts';

/** What the lab inside prints with --json, as far as it is read here. */
interface LabInside {
  readonly migrateCommand?: string;
  readonly commands?: { readonly migrate: string; readonly virsh: string };
}

/** A KVM host that stays, with the same lab in it that would otherwise be on this machine. */
export async function upKvm(
  request: UpRequest,
  libvirt: boolean,
  argsInside: readonly string[],
): Promise<void> {
  await prefetchForGuest(request.guest.workload.kind, libvirt);
  const { id } = request.lab;
  const lab = await openKvmLab(id === undefined ? { keep: true } : { id, keep: true });
  try {
    progress(`starting a KVM host, and in it lab ${lab.id}`);
    const up = ['node', 'lab/main.ts', 'up', '--id', lab.id, '--json', ...argsInside];
    const ran = await lab.host.run(up, { onStderr: (chunk) => process.stderr.write(chunk) });
    if (ran.status !== 0) throw new Error('the lab in the KVM host did not come up');
    const inside = JSON.parse(ran.stdout) as LabInside;
    reportUp(lab.id, lab.host.paths.consolePath, inside, request);
    lab.release();
  } finally {
    await lab.close(); // only when the lab was not released
  }
}

function reportUp(
  id: string,
  console: string,
  inside: LabInside,
  { guest: { workload, memoryMiB }, wait, json }: UpRequest,
): void {
  const enter = `./dev lab enter ${id}`;
  const migrations = [inside.migrateCommand, inside.commands?.migrate, inside.commands?.virsh];
  const commands = migrations.filter((each) => each !== undefined).map((each) => `${enter} ${each}`);
  const text = `lab ${id}: a KVM guest ${wait ? 'is at work' : 'boots'} (${workload.kind}, ${workload.wssMiB} MiB of ${memoryMiB} MiB) on a KVM host that QEMU emulates
  console  ${console}

The host sees this checkout as it was when the lab began; what is written there is gone with the lab.
Look around in it, migrate the guest, check its memory, end the lab:
  ${[enter, ...commands].join('\n  ')}
  ./dev lab verify ${id}
  ./dev lab down ${id}`;
  report({ id, host: { console }, commands: { enter, migrate: commands[0] ?? null }, inside }, text, json);
}
