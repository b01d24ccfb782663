/** Which hypervisor a command speaks to: a QEMU by its monitor (`qmp:…`), or else a libvirt domain by its name. */
import type { Destination, Hypervisor } from '../hypervisor/hypervisor.ts';
import { domainAddress } from '../hypervisor/libvirt/address.ts';
import type { LibvirtHypervisor } from '../hypervisor/libvirt/libvirt-hypervisor.ts';
import type { VirshMigrateOptions } from '../hypervisor/libvirt/migrate-command.ts';
import { isQemuAddress, isQemuSocket } from '../hypervisor/vm-address.ts';
import type { AutoStreams, Compression, Streams } from '../model/streams.ts';
import { UsageError } from './usage-error.ts';

/** What commander hands over. */
export interface HostOptions {
  readonly connect?: string;
  readonly destConnect?: string;
  /** How long a lost way to a side is tried again, in milliseconds. */
  readonly reconnectFor?: number;
}

/** Under virsh's names, for libvirt only. */
export interface LibvirtFlags {
  readonly listenAddress?: string;
  readonly dname?: string;
  readonly persistent?: boolean;
  readonly undefinesource?: boolean;
  readonly copyStorageAll?: boolean;
  readonly copyStorageInc?: boolean;
  readonly tlsDestination?: string;
  readonly postcopy?: boolean;
  readonly autoConverge?: boolean;
  readonly unsafe?: boolean;
  /** Always so; taken because people write it. */
  readonly p2p?: boolean;
  readonly live?: boolean;
}

/** Under virsh's names, but for the compression. */
export interface StreamFlags {
  readonly parallel?: boolean;
  readonly parallelConnections?: number;
  readonly compress?: Compression | 'auto';
}

export interface MigrateUriFlags {
  readonly migrateUri?: string;
  readonly migrateuri?: string;
  readonly listenUri?: string;
}

export interface Place {
  readonly hypervisor: Hypervisor;
  /** The VM's address in the hypervisor's form. */
  readonly vm: string;
  /** Undefined for a QEMU: it has no name that the configuration could mean. */
  readonly libvirt: LibvirtHypervisor | undefined;
}

/** Loads the one driver that is used. @throws {UsageError} when QEMU and libvirt are mixed */
export async function placeOf(
  vm: string,
  options: HostOptions,
  migrate: Partial<VirshMigrateOptions> = {},
): Promise<Place> {
  if (isQemuAddress(vm)) {
    if (options.connect !== undefined)
      throw new UsageError(
        `--connect is for libvirt domains, and ${vm} is the monitor of a QEMU: give the domain's name, or leave --connect out`,
      );
    const { QemuHypervisor } = await import('../hypervisor/qemu/qemu-hypervisor.ts');
    return {
      hypervisor: new QemuHypervisor({ reconnectForMs: options.reconnectFor }),
      vm,
      libvirt: undefined,
    };
  }
  if (vm === '') throw new UsageError("the VM's name is empty");
  const { LibvirtHypervisor } = await import('../hypervisor/libvirt/libvirt-hypervisor.ts');
  const libvirt = new LibvirtHypervisor({ migrate, reconnectForMs: options.reconnectFor });
  return { hypervisor: libvirt, vm: domainAddress(connectUri(options), vm), libvirt };
}

/** As virsh finds it, but without asking a daemon first: ours is always the system's. */
export function connectUri({ connect }: HostOptions): string {
  return connect ?? (process.env['LIBVIRT_DEFAULT_URI'] || 'qemu:///system');
}

/**
 * @param name the domain's name
 * @throws {UsageError}
 */
export function libvirtDestination(
  desturi: string,
  name: string,
  options: HostOptions & LibvirtFlags & MigrateUriFlags,
): Destination {
  if (isQemuSocket(desturi))
    throw new UsageError(
      `${desturi} is the monitor of a QEMU, and ${name} a libvirt domain: give the destination host's URI, like qemu+ssh://root@host2/system`,
    );
  if (options.listenUri !== undefined)
    throw new UsageError(`--listen-uri is for a QEMU without libvirt: for ${name} write --listen-address`);
  if (options.migrateuri !== undefined && options.migrateUri !== undefined)
    throw new UsageError('--migrateuri and --migrate-uri mean the same: give one of them');
  return {
    vm: domainAddress(options.destConnect ?? desturi, options.dname ?? name),
    peerUri: desturi,
    migrateUri: options.migrateuri ?? options.migrateUri,
    listenUri: options.listenAddress,
  };
}

/** @throws {UsageError} */
export function virshMigrateOptions(flags: LibvirtFlags): Partial<VirshMigrateOptions> {
  if (flags.copyStorageAll && flags.copyStorageInc)
    throw new UsageError('--copy-storage-all and --copy-storage-inc exclude each other');
  return {
    persistent: flags.persistent === true,
    undefineSource: flags.undefinesource === true,
    copyStorage: flags.copyStorageAll ? 'all' : flags.copyStorageInc ? 'inc' : 'none',
    postCopy: flags.postcopy === true,
    autoConverge: flags.autoConverge === true,
    destinationName: flags.dname,
    unsafe: flags.unsafe === true,
  };
}

/** As many as QEMU opens by itself. */
const USUAL_CONNECTIONS = 2;

/** @returns undefined where one connection is to do @throws {UsageError} */
export function streamsOf(flags: StreamFlags): Streams | AutoStreams | undefined {
  const { parallel, parallelConnections, compress = 'none' } = flags;
  const over = (compression: Compression) => ({
    connections: parallelConnections ?? USUAL_CONNECTIONS,
    compression,
  });
  const uncompressed = parallel ? over('none') : undefined;
  if (compress === 'auto')
    return { connections: parallelConnections, compression: compress, otherwise: uncompressed };
  // Each connection compresses for itself, so one that does is one of several.
  if (compress !== 'none') return over(compress);
  if (parallelConnections !== undefined && !parallel)
    throw new UsageError('--parallel-connections needs --parallel');
  return uncompressed;
}

/** @throws {UsageError} when what belongs to libvirt meets a QEMU */
export function assertNoLibvirtFlags(
  vm: string,
  options: LibvirtFlags & HostOptions & MigrateUriFlags,
): void {
  const [foreign] = isQemuAddress(vm) ? libvirtFlagsGiven(options) : [];
  if (foreign)
    throw new UsageError(
      `${foreign} is for libvirt domains, and ${vm} is the monitor of a QEMU: leave it out`,
    );
}

/** The flags of the list that were given, for a sentence; a QEMU takes none of them. */
export function libvirtFlagsGiven(options: LibvirtFlags & HostOptions & MigrateUriFlags): string[] {
  const names: Record<string, unknown> = {
    '--migrateuri': options.migrateuri,
    '--dest-connect': options.destConnect,
    '--listen-address': options.listenAddress,
    '--dname': options.dname,
    '--persistent': options.persistent,
    '--undefinesource': options.undefinesource,
    '--copy-storage-all': options.copyStorageAll,
    '--copy-storage-inc': options.copyStorageInc,
    '--tls-destination': options.tlsDestination,
    '--postcopy': options.postcopy,
    '--auto-converge': options.autoConverge,
    '--unsafe': options.unsafe,
  };
  return Object.keys(names).filter((name) => names[name] !== undefined);
}
