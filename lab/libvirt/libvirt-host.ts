/**
 * One host of a libvirt lab: a libvirtd with a network, a name and files of its own.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tailOf } from '../console.ts';
import { spawnOnHost } from '../host-process.ts';
import { cableOf, type Link } from '../link.ts';
import { addressOf, namespaceOf } from '../namespaces.ts';
import { isRunning, type ProcessIdentity, readPidFile } from '../process-identity.ts';
import { signalProcess } from '../processes.ts';
import { waitFor } from '../wait.ts';
import { bindMounts, type HostFiles, hostFiles } from './host-files.ts';
import { tableMounts } from './host-tables.ts';
import { libvirtdProgram } from './libvirtd-program.ts';
import { libvirtdConf, qemuConf, SASL_CONF, type TcpAuthentication } from './libvirtd-settings.ts';
import { virsh } from './virsh.ts';

const START_TIMEOUT_MS = 60_000;
/** libvirtd itself gives its own threads 30 s. */
const STOP_TIMEOUT_MS = 45_000;

/** A libvirtd ended before it answered. The message ends with what it printed. */
export class LibvirtdStartError extends Error {
  override readonly name = 'LibvirtdStartError';
}

/** What a host is made of; also what another process needs to find it again. */
export interface HostPlace {
  readonly labId: string;
  readonly labFolder: string;
  readonly keep: boolean;
  readonly hostCount: number;
  /** From 0. */
  readonly index: number;
}

/**
 * Runs in the host's network, mount and host name namespaces. $1: the host's name; then pairs of what to mount
 * where; after `--` the program. A mount needs something to lie on, so a machine without a libvirtd of its own
 * gets empty folders. Without D-Bus libvirtd keeps its guests from the machine's systemd, where each name can
 * be taken only once.
 */
const ENTER_HOST = `set -e
hostname "$1"; shift
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then mkdir -p "$2"; elif [ ! -e "$2" ]; then : >"$2"; fi
  mount --bind "$1" "$2"; shift 2
done
shift
if [ -d /run/dbus ]; then mount -t tmpfs none /run/dbus; fi
exec "$@"`;

/** All hosts of a lab, which may have been started by another process. */
export function hostsOf(place: Omit<HostPlace, 'index'>): [LibvirtHost, LibvirtHost, ...LibvirtHost[]] {
  const host = (index: number) => new LibvirtHost({ ...place, index });
  const others = Array.from({ length: place.hostCount - 2 }, (_, index) => host(index + 2));
  return [host(0), host(1), ...others];
}

export class LibvirtHost {
  /** `host1`, `host2`, …: also its host name. */
  readonly name: string;
  readonly address: string;
  /** For programs outside the lab's namespaces. */
  readonly uri: string;
  /** For the other hosts of the lab. */
  readonly tcpUri: string;
  /** Its network: `ip netns exec NAMESPACE COMMAND` runs as seen from this host. */
  readonly namespace: string;
  /** Its cable to the others. */
  readonly link: Link;
  readonly files: HostFiles;

  readonly #place: HostPlace;

  constructor(place: HostPlace) {
    this.#place = place;
    this.name = `host${place.index + 1}`;
    this.address = addressOf(place.index);
    this.files = hostFiles(place.labFolder, this.name);
    this.uri = `qemu+unix:///system?socket=${join(this.files.socketFolder, 'libvirt-sock')}`;
    this.tcpUri = `qemu+tcp://${this.address}/system`;
    this.namespace = namespaceOf(place.labId, place.index);
    this.link = cableOf(place.labId, place.hostCount, place.index);
  }

  /** Undefined while it does not run. */
  get libvirtdPid(): number | undefined {
    return this.#libvirtd()?.pid;
  }

  /** Writes the host's configuration. It counts from the next start on. */
  async configure(hostUuid: string, authTcp: TcpAuthentication): Promise<void> {
    const { configFolder, certificatesFolder, saslFolder, socketFolder } = this.files;
    const mounts = bindMounts(this.#place.labFolder, this.name);
    for (const folder of [
      ...mounts.map(({ source }) => source),
      certificatesFolder,
      saslFolder,
      socketFolder,
    ])
      await mkdir(folder, { recursive: true });
    await writeFile(join(configFolder, 'libvirtd.conf'), libvirtdConf({ socketFolder, hostUuid, authTcp }));
    await writeFile(join(configFolder, 'qemu.conf'), qemuConf());
    await writeFile(join(saslFolder, 'libvirt.conf'), SASL_CONF);
  }

  /** Returns when it answers. Does nothing when it runs already. @throws {LibvirtdStartError} */
  async startLibvirtd(): Promise<void> {
    if (this.#libvirtd() !== undefined) return;
    const { command } = await libvirtdProgram();
    const { labFolder } = this.#place;
    const mounts = [...bindMounts(labFolder, this.name), ...tableMounts(labFolder)];
    const mountPairs = mounts.flatMap(({ source, target }) => [source, target]);
    const sasl = `SASL_CONF_PATH=${this.files.saslFolder}`;
    const enter = ['unshare', '--mount', '--uts', 'sh', '-c', ENTER_HOST, 'enter-host', this.name];
    const child = spawnOnHost({
      namespace: this.namespace,
      command: [
        ...enter,
        ...mountPairs,
        '--',
        'env',
        sasl,
        ...command,
        '--listen',
        '--pid-file',
        this.files.pidPath,
      ],
      logPath: this.files.logPath,
      keep: this.#place.keep,
      user: 'root',
    });
    let ended = false;
    child.once('exit', () => {
      ended = true;
    });
    child.once('error', () => {
      ended = true;
    });
    if (this.#place.keep) child.unref();
    await waitFor(
      `the libvirtd of ${this.name}, see ${this.files.logPath}`,
      async () => {
        if (ended) throw await this.#startError();
        return await virsh(this.uri, 'uri').catch(() => undefined);
      },
      { timeoutMs: START_TIMEOUT_MS, everyMs: 50 },
    );
  }

  /** Its guests go on without it. Returns when it has ended. @throws {WaitTimeoutError} */
  async stopLibvirtd(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const libvirtd = this.#libvirtd();
    if (libvirtd === undefined) return;
    signalProcess(libvirtd, signal);
    await waitFor(
      `the libvirtd of ${this.name} to end`,
      async () => (isRunning(libvirtd) ? undefined : true),
      { timeoutMs: STOP_TIMEOUT_MS, everyMs: 20 },
    );
  }

  async restartLibvirtd(): Promise<void> {
    await this.stopLibvirtd();
    await this.startLibvirtd();
  }

  /** `virsh`, connected to this host. @throws {CommandError} */
  async virsh(...words: string[]): Promise<string> {
    return await virsh(this.uri, ...words);
  }

  #libvirtd(): ProcessIdentity | undefined {
    return readPidFile(this.files.pidPath, this.files.pidPath);
  }

  async #startError(): Promise<LibvirtdStartError> {
    const printed = await tailOf(this.files.logPath);
    return new LibvirtdStartError(`the libvirtd of ${this.name} ended before it was up:\n${printed}`);
  }
}
