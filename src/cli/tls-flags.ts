/** How the memory is encrypted, as the command line says it. */
import type { Settings } from '../config/settings.ts';
import { type Authorization, type StreamTls, tlsFrom, USUAL_TLS_FOLDER } from '../hypervisor/stream-tls.ts';
import { isQemuAddress } from '../hypervisor/vm-address.ts';
import { UsageError } from './usage-error.ts';

export interface TlsFlags {
  /** Also what the configuration says. */
  readonly tls?: boolean;
  readonly tlsDir?: string;
  readonly tlsDestinationDir?: string;
  readonly tlsCreds?: string;
  readonly tlsHostname?: string;
  readonly tlsAuthz?: readonly string[];
  /** Of libvirt, under virsh's name. */
  readonly tlsDestination?: string;
}

/** @throws {UsageError} where what is said of TLS contradicts itself, or belongs to another hypervisor */
export function assertTlsFlags(vm: string, flags: TlsFlags): void {
  const [given] = namesOf(flags);
  if (given && flags.tls === false) throw new UsageError(`${given} and --no-tls exclude each other`);
  const [ofQemu] = isQemuAddress(vm) ? [] : namesOf(flags).filter((name) => name !== '--tls-destination');
  if (ofQemu === '--tls-hostname')
    throw new UsageError(`--tls-hostname is for a QEMU without libvirt: for ${vm} write --tls-destination`);
  if (ofQemu)
    throw new UsageError(
      `${ofQemu} is for a QEMU without libvirt: ${vm} is a libvirt domain, whose certificates are where qemu.conf of each host says (migrate_tls_x509_cert_dir); leave it out`,
    );
  for (const [name, folder] of [
    ['--tls-dir', flags.tlsDir],
    ['--tls-destination-dir', flags.tlsDestinationDir],
  ] as const) {
    if (folder === undefined) continue;
    if (flags.tlsCreds !== undefined)
      throw new UsageError(`--tls-creds names objects that have their folder already: leave ${name} out`);
    if (!folder.startsWith('/'))
      throw new UsageError(
        `${name} ${folder}: QEMU looks for it on its own host, from its root: write it like ${USUAL_TLS_FOLDER}`,
      );
  }
  authorizationOf(flags.tlsAuthz);
}

/**
 * @param settled what flags and configuration come to
 * @returns undefined where nothing is to be encrypted that is not so by itself
 * @throws {UsageError} where the rest is given and TLS is not wanted
 */
export function streamTlsOf(
  flags: TlsFlags,
  { tls, tlsDir }: Pick<Settings, 'tls' | 'tlsDir'>,
): StreamTls | undefined {
  const [given] = namesOf(flags);
  if (!tls && given) throw new UsageError(`${given} says how to encrypt: add --tls, or leave it out`);
  if (!tls) return undefined;
  const made = tlsFrom(tlsDir, flags.tlsDestinationDir);
  return {
    credentials: flags.tlsCreds === undefined ? made.credentials : { kind: 'named', id: flags.tlsCreds },
    hostname: flags.tlsHostname ?? flags.tlsDestination,
    authorization: authorizationOf(flags.tlsAuthz),
  };
}

/** A distinguished name has an equals sign; no id of an object has one. */
function authorizationOf(given: readonly string[] = []): Authorization | undefined {
  const [first, ...others] = given;
  if (first === undefined) return undefined;
  if (given.every((each) => each.includes('='))) return { kind: 'names', names: given };
  if (others.length === 0) return { kind: 'named', id: first };
  throw new UsageError(
    '--tls-authz takes the id of one object of the destination, or distinguished names like O=Example,CN=host1, and not both',
  );
}

function namesOf(flags: TlsFlags): string[] {
  const names = {
    '--tls-dir': flags.tlsDir,
    '--tls-destination-dir': flags.tlsDestinationDir,
    '--tls-creds': flags.tlsCreds,
    '--tls-hostname': flags.tlsHostname,
    '--tls-authz': flags.tlsAuthz,
    '--tls-destination': flags.tlsDestination,
  };
  return Object.entries(names).flatMap(([name, value]) => (value === undefined ? [] : [name]));
}
