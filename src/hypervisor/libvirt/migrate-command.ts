/** The `virsh migrate` of a migration that we start. */
import { MOST_THROTTLE_PERCENT } from '../../model/braking.ts';
import { compresses } from '../../model/streams.ts';
import type { Destination, StartOptions } from '../hypervisor.ts';

/** What virsh has and the port has not, under virsh's names. */
export interface VirshMigrateOptions {
  readonly persistent: boolean;
  readonly undefineSource: boolean;
  readonly copyStorage: 'none' | 'all' | 'inc';
  /** Makes post-copy possible, for a later `virsh migrate-postcopy`. */
  readonly postCopy: boolean;
  readonly autoConverge: boolean;
  /** The domain's name on the destination; undefined: its own. */
  readonly destinationName: string | undefined;
  /** Forgo libvirt's own check of disks. */
  readonly unsafe: boolean;
}

export const PLAIN_MIGRATE: VirshMigrateOptions = {
  persistent: false,
  undefineSource: false,
  copyStorage: 'none',
  postCopy: false,
  autoConverge: false,
  destinationName: undefined,
  unsafe: false,
};

const MEBIBYTE = 2 ** 20;

/** libvirt's own speed where none was set, and the most that it takes. */
export const NO_CAP_MEBIBYTES = 2 ** 43 - 1;

/**
 * Peer to peer, always: then the job belongs to the two libvirtds and outlives us and our virsh.
 * Values are written as `--name=value`, so that none can be taken for an option.
 *
 * @param statesLineRate whether this libvirt takes --available-switchover-bandwidth (since 11.1)
 */
export function migrateArguments(
  uuid: string,
  peerUri: string,
  target: Destination,
  options: StartOptions,
  own: VirshMigrateOptions,
  statesLineRate: boolean,
): string[] {
  const { streams } = options;
  const flag = (wanted: boolean, name: string) => (wanted ? [name] : []);
  const braked = options.brake === 'any';
  const value = (name: string, text: string | number | undefined) =>
    text === undefined ? [] : [`${name}=${text}`];
  return [
    ...['migrate', `--domain=${uuid}`, `--desturi=${peerUri}`, '--live', '--p2p'],
    ...value('--migrateuri', target.migrateUri),
    ...value('--listen-address', target.listenUri),
    ...value('--dname', own.destinationName),
    ...flag(own.persistent, '--persistent'),
    ...flag(own.undefineSource, '--undefinesource'),
    ...flag(own.copyStorage === 'all', '--copy-storage-all'),
    ...flag(own.copyStorage === 'inc', '--copy-storage-inc'),
    ...flag(streams !== undefined, '--parallel'),
    ...value('--parallel-connections', streams?.connections),
    ...(streams && compresses(streams) ? ['--compressed', `--comp-methods=${streams.compression}`] : []),
    ...flag(options.tls !== undefined, '--tls'),
    ...value('--tls-destination', options.tls?.hostname),
    ...flag(own.postCopy || options.postCopy, '--postcopy'),
    ...flag(own.autoConverge || braked, '--auto-converge'),
    ...value('--auto-converge-initial', braked ? MOST_THROTTLE_PERCENT : undefined),
    ...value('--auto-converge-increment', braked ? MOST_THROTTLE_PERCENT : undefined),
    ...flag(own.unsafe, '--unsafe'),
    ...value('--bandwidth', wholeMebibytes(options.bandwidthBytesPerSecond)),
    ...(statesLineRate
      ? value('--available-switchover-bandwidth', wholeMebibytes(options.lineRateBytesPerSecond))
      : []),
  ];
}

/** Never more than was asked for, and never 0, which would mean no limit. */
export function wholeMebibytes(bytesPerSecond: number | undefined): number | undefined {
  return bytesPerSecond === undefined ? undefined : Math.max(1, Math.floor(bytesPerSecond / MEBIBYTE));
}
