/** Why a migration under TLS did not come about, as far as the source's QEMU can tell. Pure. */
import { handshakeHint, type TlsRemedies } from '../../tls-hints.ts';

const REMEDIES: TlsRemedies = {
  nameOption: '--tls-hostname',
  notLetIn: 'none in the folder, of an authority that its ca-cert.pem does not name, or not in --tls-authz',
  saidIn: 'on its standard error',
};

/**
 * @param desc the source's error-desc
 * @param neverTaken the destination still waits: no stream has come past its handshake
 */
export function handshakeWords(desc: string, neverTaken: boolean): string {
  const hint = handshakeHint(desc, neverTaken ? 'nothing' : 'some', REMEDIES);
  return hint === undefined ? desc : `${desc.replace(/\.$/, '')}: ${hint}`;
}
