import { formatRate } from '../../src/model/units.ts';
import type { GuestStatus } from '../guest/answers.ts';
import { describeHost, writeKeptLibvirtLab } from '../libvirt/kept-libvirt-lab.ts';
import type { LibvirtGuest } from '../libvirt/libvirt-guest.ts';
import { type LibvirtLab, openLibvirtLab } from '../libvirt/libvirt-lab.ts';
import { asRoot } from '../run.ts';
import { progress, report } from './output.ts';
import type { UpRequest } from './up-request.ts';

const GUEST_NAME = 'vm1';

/** Hosts with a libvirtd each, and a guest on the first. */
export async function upLibvirt(request: UpRequest, hostCount: number): Promise<void> {
  progress(`starting ${hostCount} libvirt hosts`);
  const lab = await openLibvirtLab({ ...request.lab, hosts: hostCount });
  try {
    progress(`booting a guest in lab ${lab.id}`);
    const { guest: choice, wait } = request;
    const guest = await lab.startGuest(lab.hosts[0], { ...choice, name: GUEST_NAME, wait });
    const before = wait ? await guest.status() : undefined;
    await writeKeptLibvirtLab(lab.folder, { hostCount, guest: guest.place, before });
    reportUp(lab, guest, before, request);
    lab.release();
  } finally {
    await lab.close(); // only when the lab was not released
  }
}

function reportUp(
  lab: LibvirtLab,
  guest: LibvirtGuest,
  before: GuestStatus | undefined,
  { guest: choice, lab: { rateBitsPerSecond }, json }: UpRequest,
): void {
  const { workload, memoryMiB } = choice;
  const commands = commandsFor(lab, guest.name);
  const hosts = lab.hosts.map(
    (host) =>
      `  ${host.name}  ${host.address}  libvirtd ${host.libvirtdPid}, namespace ${host.namespace}, ${host.uri}`,
  );
  const text = `lab ${lab.id}: ${guest.name} ${before === undefined ? 'boots' : 'is at work'} on host1 (${workload.kind}, ${workload.wssMiB} MiB of ${memoryMiB} MiB), each link carries ${formatRate(rateBitsPerSecond / 8)}
${hosts.join('\n')}
  logs   ${lab.folder}/host1.log, ${lab.folder}/host1/log/qemu/ and so on

Migrate it with plain libvirt, or with switchover; watch any migration of the first host:
  ${commands.virsh}
  ${commands.migrate}
  ${commands.watch}
Check its memory, end the lab:
  ./dev lab verify ${lab.id}
  ./dev lab down ${lab.id}`;
  const document = {
    id: lab.id,
    folder: lab.folder,
    hosts: lab.hosts.map(describeHost),
    linkBitsPerSecond: rateBitsPerSecond,
    workload,
    memoryMiB,
    guest: { name: guest.name, uuid: guest.uuid, status: before ?? null },
    commands,
  };
  report(document, text, json);
}

/** For a shell. */
function commandsFor(lab: LibvirtLab, guestName: string) {
  const [source, destination] = lab.hosts;
  const to = `${guestName} ${destination.tcpUri} --migrateuri tcp://${destination.address}`;
  // As seen from the first host: only there the second one can be reached.
  const onHost1 = asRoot(['ip', 'netns', 'exec', source.namespace]).join(' ').replace('sudo -n', 'sudo');
  return {
    virsh: `virsh -c '${source.uri}' migrate --live --p2p ${to}`,
    migrate: `${onHost1} bin/switchover migrate --connect '${source.uri}' ${to}`,
    watch: `${onHost1} bin/switchover watch --connect '${source.uri}'`,
  };
}
