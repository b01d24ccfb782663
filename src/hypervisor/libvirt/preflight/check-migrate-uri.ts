/**
 * Whether the source can send the memory to where it shall go.
 *
 * Never is the port tried on which a QEMU may be waiting: an incoming migration takes the first connection that
 * comes for its own, so ours would end that of another guest. libvirt hands out the ports from 49152 upwards
 * (`migration_port_min` in qemu.conf), so the last of its range stands for all of them.
 */

import type { DomainDescription } from '../domain/domain-xml.ts';
import { type Answer, valueIn } from '../virsh/answer.ts';
import { parseMigrateUri } from './migrate-uri.ts';
import { type Reach, reach, reachAny } from './reach.ts';
import { finding, NOTHING, note, type Verdict } from './verdict.ts';

const LAST_PORT_OF_LIBVIRT = 49_215;
/** Where a port was stated a firewall may have opened only that one, so any sign of life will do: SSH, libvirt. */
const PORTS_OF_ANY_HOST = [LAST_PORT_OF_LIBVIRT, 22, 16_514];

export interface MigrateUriParts {
  readonly migrateUri: string | undefined;
  readonly force: boolean;
  /** The memory is to be encrypted. */
  readonly tls: boolean;
  readonly memoryHardLimit: DomainDescription['memoryHardLimit'];
  /** This machine is the source, so what it reaches the source reaches. */
  readonly sourceIsLocal: boolean;
  /** Of the destination, as its libvirt says; undefined when it could not be asked. */
  readonly hostname: Answer<string> | undefined;
}

/** Never rejects. */
export async function checkMigrateUri(parts: MigrateUriParts): Promise<Verdict> {
  return parts.migrateUri === undefined
    ? await checkHostname(parts)
    : await checkUri(parts.migrateUri, parts);
}

async function checkUri(
  uri: string,
  { memoryHardLimit, sourceIsLocal, force, tls }: MigrateUriParts,
): Promise<Verdict> {
  const address = parseMigrateUri(uri);
  if (typeof address === 'string') return finding('bad-migrate-uri', address);
  if (address.scheme === 'unix') return NOTHING;
  if (address.scheme === 'rdma' && tls)
    return finding(
      'bad-migrate-uri',
      `--tls does not encrypt what goes to "${uri}": use tcp://, or leave --tls out`,
    );
  // "cannot start RDMA migration with no memory hard limit set" (qemuMigrationDstPrepareFresh)
  if (address.scheme === 'rdma' && !memoryHardLimit)
    return finding(
      'bad-migrate-uri',
      `"${uri}" is RDMA, for which libvirt wants the guest's memory limited: state a limit with \`virsh memtune --hard-limit\`, or use tcp://`,
    );
  if (!sourceIsLocal) return note(`whether the source reaches ${uri} could not be tried from here`);
  const { host, port } = address;
  const found = await reachAny(host, port === undefined ? [LAST_PORT_OF_LIBVIRT] : PORTS_OF_ANY_HOST);
  return uriVerdict(uri, port !== undefined, found, force);
}

export function uriVerdict(uri: string, portStated: boolean, found: Reach, force: boolean): Verdict {
  if (found === 'reached') return NOTHING;
  const ports = portStated
    ? 'check the address'
    : 'check the address, or open the ports 49152 to 49215 there';
  const sentence = `${uri} cannot be reached: ${REASONS[found]}`;
  if (force) return note(sentence);
  return finding('unreachable', `${sentence}; ${ports} (--force migrates all the same)`);
}

const REASONS: Record<Exclude<Reach, 'reached'>, string> = {
  'unknown-name': 'this machine does not know that name',
  'no-network': 'this machine has no way into that network',
  'no-route': 'there is no way to that host, or its firewall refuses',
  'no-answer': 'nothing answers there',
};

/** Without a migrate URI the source sends to the name that the destination calls itself. */
async function checkHostname({ hostname, sourceIsLocal, force }: MigrateUriParts): Promise<Verdict> {
  const name = hostname === undefined ? undefined : valueIn(hostname)?.trim();
  if (name === undefined) return NOTHING;
  if (name.startsWith('localhost')) return localhost(name);
  if (sourceIsLocal) return hostnameVerdict(name, await reach(name, LAST_PORT_OF_LIBVIRT), force);
  return note(
    `whether the source reaches "${name}", to which it sends the memory, could not be tried from here`,
  );
}

/** "hostname on destination resolved to localhost, but migration requires an FQDN" (qemuMigrationDstPrepareDirect) */
function localhost(name: string): Verdict {
  return finding(
    'bad-migrate-uri',
    `the destination calls itself "${name}", so its libvirt cannot tell where to send the memory: say --migrate-uri tcp://ADDRESS`,
  );
}

/** libvirtd may know names that we do not, and others (`migration_host` in qemu.conf), so that is no finding. */
export function hostnameVerdict(name: string, found: Reach, force: boolean): Verdict {
  if (found === 'reached') return NOTHING;
  const sentence = `"${name}", to which libvirt sends the memory, cannot be reached: ${REASONS[found]}`;
  const remedy = 'say --migrate-uri tcp://ADDRESS, or open the ports 49152 to 49215 there';
  if (found === 'unknown-name' || force) return note(`${sentence}; if the source cannot either, ${remedy}`);
  return finding('unreachable', `${sentence}; ${remedy} (--force migrates all the same)`);
}
