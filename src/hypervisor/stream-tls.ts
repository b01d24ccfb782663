/** How the memory is protected on its way from one host to the other. Types, and what is told by a migrate URI alone. */

/** Where a QEMU has its certificates from. */
export type Credentials =
  /** Objects that both QEMUs have already, under this id. */
  | { readonly kind: 'named'; readonly id: string }
  /** Made for this migration, from a folder on each side's own host. */
  | { readonly kind: 'made'; readonly sourceFolder: string; readonly destinationFolder: string };

/** Whose certificates the destination takes memory from, beside that its CA has signed them. */
export type Authorization =
  /** An authorization object that the destination's QEMU has already. */
  | { readonly kind: 'named'; readonly id: string }
  /** These distinguished names and no others, as GnuTLS writes them: `O=Example,CN=host1`. */
  | { readonly kind: 'names'; readonly names: readonly string[] };

export interface StreamTls {
  /** Of QEMU without libvirt only: libvirt has certificates of its own. */
  readonly credentials: Credentials;
  /** The name that the destination's certificate must show; undefined: the host that the memory is sent to. */
  readonly hostname: string | undefined;
  /** Of QEMU without libvirt only. Undefined: every certificate that the destination's CA has signed. */
  readonly authorization: Authorization | undefined;
}

/** QEMU's and libvirt's usual one. */
export const USUAL_TLS_FOLDER = '/etc/pki/qemu';

/** Certificates of a folder on each side's own host, for the host that the memory is sent to. */
export function tlsFrom(sourceFolder = USUAL_TLS_FOLDER, destinationFolder = sourceFolder): StreamTls {
  return {
    credentials: { kind: 'made', sourceFolder, destinationFolder },
    hostname: undefined,
    authorization: undefined,
  };
}

/** What is said where memory goes from host to host for everybody on the way to read. */
export const IN_THE_CLEAR =
  "the guest's memory crosses the network in the clear, and the destination takes it from whoever connects first: encrypt it with --tls, or use a network that is only for migrations";

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/i;

/**
 * Whether what is sent there leaves this host, by QEMU's form (`tcp:10.77.0.2:4444`) or libvirt's (`tcp://10.77.0.2`).
 * What a program or a descriptor does with it nobody knows: undefined.
 */
export function leavesHost(migrateUri: string): boolean | undefined {
  const scheme = /^[a-z]+(?=:)/.exec(migrateUri)?.[0];
  if (scheme === 'exec' || scheme === 'fd') return undefined;
  if (scheme !== 'tcp' && scheme !== 'rdma') return false;
  return !LOOPBACK.test(hostOf(migrateUri));
}

/** `tcp:[::1]:4444`, `tcp://host2` */
function hostOf(uri: string): string {
  const rest = uri.replace(/^[a-z]+:(\/\/)?/, '');
  const bracketed = /^\[([^\]]*)\]/.exec(rest)?.[1];
  return bracketed ?? rest.replace(/[:/,].*$/, '');
}
