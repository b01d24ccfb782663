/** Why a migration under TLS did not come about, as far as the source's QEMU can tell. Pure. */

/**
 * The destination's words go to its own standard error only, so what its refusal looks like from the source has to do.
 * @param desc the source's error-desc
 * @param neverTaken the destination still waits: no stream has come past its handshake
 */
export function handshakeWords(desc: string, neverTaken: boolean): string {
  const hint = hintOf(desc, neverTaken);
  return hint === undefined ? desc : `${desc.replace(/\.$/, '')}: ${hint}`;
}

/** Not one that could not be opened at all: that says itself what is wrong. */
const OF_A_BROKEN_STREAM = /TLS|channel|write to socket|read from|reset by peer|broken pipe|input\/output/i;

function hintOf(desc: string, neverTaken: boolean): string | undefined {
  if (/hasn't got a known issuer|certificate is not trusted/i.test(desc))
    return "the destination's certificate is not signed by an authority that the source's ca-cert.pem names";
  if (/does not match the hostname/i.test(desc))
    return "the destination's certificate is for another name; say with --tls-hostname which it has, if that is the host it should be";
  if (/no hostname/i.test(desc)) return 'say with --tls-hostname which name its certificate has';
  if (/expired|not yet activated/i.test(desc))
    return "the destination's certificate is not valid now: renew it, or set the source's clock right";
  if (/revoked|insecure algorithm/i.test(desc)) return "the destination's certificate has to be made anew";
  if (!neverTaken || !OF_A_BROKEN_STREAM.test(desc)) return undefined;
  return "the destination did not take the stream: it refuses the source's certificate (none in the folder, of an authority that its ca-cert.pem does not name, or not in --tls-authz), or speaks no TLS; its QEMU says which on its standard error";
}
