import { readKeptPair, sidesOf, whereItRuns } from '../kept-lab.ts';
import { hostProcess, isKvmLab } from '../kvm/kept-kvm-lab.ts';
import { describeHost, type FoundLibvirtLab, findLibvirtLab } from '../libvirt/kept-libvirt-lab.ts';
import { isStale } from '../processes.ts';
import { listRunFolders, type RunFolder } from '../run-folder.ts';
import { readArguments } from './arguments.ts';
import { describeSide, report } from './output.ts';

/** Lists the labs of this user. */
export async function status(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, { json: { type: 'boolean', default: false } }, 0);
  const labs = await Promise.all(listRunFolders().map(describeLab));
  report({ labs }, labs.length === 0 ? 'no labs' : labs.map(asText).join('\n'), values.json);
  return 0;
}

async function describeLab(folder: RunFolder) {
  const libvirt = findLibvirtLab(folder);
  const common = {
    id: folder.id,
    folder: folder.path,
    /** `used`: by a running test or demo. `stale`: nothing of it runs, `./dev lab sweep` removes it. */
    state: stateOf(folder),
  };
  if (isKvmLab(folder)) return { ...common, kind: 'kvm' as const, hostPid: hostProcess(folder)?.pid ?? null };
  return libvirt === undefined
    ? { ...common, kind: 'qemu' as const, ...(await describePair(folder)) }
    : { ...common, kind: 'libvirt' as const, ...(await describeHosts(libvirt)) };
}

async function describePair(folder: RunFolder) {
  const pair = readKeptPair(folder);
  const sides = pair === undefined ? {} : await sidesOf(pair);
  return {
    guestRunsOn: (await whereItRuns(sides)) ?? 'unknown',
    source: await describeSide(sides, 'source'),
    destination: await describeSide(sides, 'destination'),
    migrateUri: pair === undefined ? null : `tcp:10.77.0.2:${pair.place.migratePort}`,
  };
}

async function describeHosts({ hosts, guest }: FoundLibvirtLab) {
  const guestRunsOn = (await guest.whereabouts())?.host.name ?? 'unknown';
  return { guestRunsOn, guest: { name: guest.name, uuid: guest.uuid }, hosts: hosts.map(describeHost) };
}

function stateOf(folder: RunFolder): 'up' | 'used' | 'stale' {
  if (!folder.keep) return folder.owned ? 'used' : 'stale';
  return isStale(folder) && !folder.owned ? 'stale' : 'up';
}

function asText(lab: Awaited<ReturnType<typeof describeLab>>): string {
  if (lab.state === 'used') return `${lab.id}  used by a running program`;
  if (lab.kind === 'kvm')
    return `${lab.id}  ${lab.state}  KVM host ${lab.hostPid ?? 'ended'}: ./dev lab enter ${lab.id} node lab/main.ts status`;
  const parts =
    lab.kind === 'qemu'
      ? (['source', 'destination'] as const).map((side) => sideAsText(side, lab[side]))
      : lab.hosts.map(({ name, libvirtdPid }) => `${name} libvirtd ${libvirtdPid ?? 'ended'}`);
  const guest = lab.kind === 'qemu' ? 'the guest' : lab.guest.name;
  const place = lab.kind === 'qemu' ? `the ${lab.guestRunsOn}` : lab.guestRunsOn;
  const runs = lab.guestRunsOn === 'unknown' ? [] : [`${guest} runs on ${place}`];
  return `${lab.id}  ${lab.state}  ${[...parts, ...runs].join(', ')}`;
}

function sideAsText(name: string, side: Awaited<ReturnType<typeof describeSide>>): string {
  return side === null ? `${name} ended` : `${name} pid ${side.pid} ${side.runState}`;
}
