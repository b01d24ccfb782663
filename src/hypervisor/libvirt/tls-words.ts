/** Why a migration under TLS did not come about, by libvirt's words for it. Pure. */
import { certificateHint, handshakeHint, type Taken, type TlsRemedies } from '../tls-hints.ts';

const REMEDIES: TlsRemedies = {
  nameOption: '--tls-destination',
  notLetIn: 'none in the folder, or of an authority that its ca-cert.pem does not name',
  saidIn: "in the domain's log there",
};

/** libvirt does not say on which host it was, and names the folder and the file itself. */
const FILES =
  "QEMU's user has to be able to read ca-cert.pem there on both hosts, client-cert.pem and client-key.pem on the source, server-cert.pem and server-key.pem on the destination; migrate_tls_x509_cert_dir in qemu.conf of each host names another folder";

/** libvirt loads the certificates as objects into both QEMUs. */
const OF_CERTIFICATES = /'object-add'.*(certificate|credentials|GNUTLS|x509|dh-params)/is;

/** With the words of the source's QEMU behind it: libvirt's connections and monitors break in the same words. */
const OF_THE_STREAM = /job 'migration out' failed: /;

/** Linux's sockets, of both ends (tcp_wmem and tcp_rmem, 4 and 6 MiB at the most unless somebody sets them). */
const SOCKETS_HOLD_BYTES = 10 * 2 ** 20;

/** @param sentBytes of the memory, as far as is known */
export function tlsWords(words: string, sentBytes: number | undefined): string {
  const hint = OF_CERTIFICATES.test(words)
    ? certificateHint(words, FILES)
    : handshakeHint(words, OF_THE_STREAM.test(words) ? takenOf(sentBytes) : 'some', REMEDIES);
  return hint === undefined ? words : `${words.replace(/\.$/, '')}; ${hint}`;
}

function takenOf(sentBytes: number | undefined): Taken {
  if (!sentBytes) return 'nothing';
  return sentBytes <= SOCKETS_HOLD_BYTES ? 'perhaps-nothing' : 'some';
}
