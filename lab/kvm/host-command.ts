/** The command line of the KVM host's QEMU, and the files through which one talks to it. */
import { join } from 'node:path';
import { DEFAULT_QEMU_BINARY } from '../qemu-version.ts';
import type { HostImage } from './host-image.ts';

export interface HostPaths {
  readonly pidPath: string;
  /** What the host's kernel and its init print. */
  readonly consolePath: string;
  /** QEMU's own output. */
  readonly logPath: string;
  /** A socket for each port of the host's agent. */
  socketOf(port: Port): string;
}

/** Named as `agent.sh` knows them. The last is the host's terminal. */
const AGENT_PORTS = ['command.control', 'command.stdout', 'command.stderr', 'shell.control'] as const;
const TERMINAL_PORT = 'shell.terminal';
export type Port = (typeof AGENT_PORTS)[number] | typeof TERMINAL_PORT;

export function hostPaths(folder: string): HostPaths {
  const path = (suffix: string) => join(folder, `kvm-host.${suffix}`);
  return {
    pidPath: path('pid'),
    consolePath: path('console'),
    logPath: path('log'),
    socketOf: (port) => path(port),
  };
}

export interface HostSettings {
  readonly name: string;
  readonly paths: HostPaths;
  readonly image: HostImage;
  readonly checkout: string;
  /** Where the Node is that runs the host's commands, in the checkout or outside. */
  readonly nodeFolder: string;
  readonly processors: number;
  readonly memoryMiB: number;
}

/**
 * An AMD processor with SVM and nested paging, which TCG emulates and kvm-amd takes; the other features are those
 * that Node asks for, and rdrand so that nobody waits for entropy.
 */
const PROCESSOR = 'qemu64,+svm,+npt,+ssse3,+sse4.1,+sse4.2,+popcnt,+cx16,+rdrand';

/** @returns the program and its arguments */
export function hostCommand(settings: HostSettings): string[] {
  const { paths, image, checkout, nodeFolder } = settings;
  const kernelArguments = [
    ...['console=ttyS0', 'quiet', 'loglevel=4', 'panic=1', 'no_timer_check', 'rdinit=/init'],
    `checkout=${base64(checkout)}`,
    `node=${base64(nodeFolder)}`,
  ];
  return [
    DEFAULT_QEMU_BINARY,
    ...['-name', settings.name, '-pidfile', paths.pidPath],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-nic', 'none', '-no-reboot'],
    ...['-machine', 'pc', '-accel', 'tcg,thread=multi', '-cpu', PROCESSOR],
    ...['-smp', String(settings.processors), '-m', `${settings.memoryMiB}M`],
    ...['-kernel', image.kernelPath, '-initrd', image.initramfsPath, '-append', kernelArguments.join(' ')],
    ...['-chardev', `file,id=console,path=${escaped(paths.consolePath)}`, '-serial', 'chardev:console'],
    ...seen('usr', '/usr'),
    ...seen('etc', '/etc'),
    // What the packages are of which /usr is made: the lab asks for versions.
    ...seen('var', '/var'),
    ...seen('checkout', checkout),
    ...seen('node', nodeFolder),
    ...['-device', 'virtio-serial-pci'],
    ...AGENT_PORTS.flatMap((port, index) => agentPort(port, index, paths)),
    ...[...socket('terminal', paths.socketOf(TERMINAL_PORT)), '-device', 'virtconsole,chardev=terminal'],
  ];
}

/** A folder of the machine, for the host to mount by its tag. It cannot write there. */
function seen(tag: string, folder: string): string[] {
  const options = 'security_model=none,readonly=on,multidevs=remap';
  return ['-virtfs', `local,mount_tag=${tag},path=${escaped(folder)},${options}`];
}

/** A path for the kernel's command line, whatever is in it. */
function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function agentPort(port: Port, index: number, paths: HostPaths): string[] {
  const id = `port${index}`;
  return [...socket(id, paths.socketOf(port)), '-device', `virtserialport,chardev=${id},name=${port}`];
}

function socket(id: string, path: string): string[] {
  return ['-chardev', `socket,id=${id},path=${escaped(path)},server=on,wait=off`];
}

/** QEMU's options are parted by commas; a comma in a value is written twice. */
function escaped(value: string): string {
  return value.replaceAll(',', ',,');
}
