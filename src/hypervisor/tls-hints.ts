/** What is probably wrong where a migration under TLS does not come about, by QEMU's words for it. Pure. */

/** What the remedies are called where the migration was asked for. */
export interface TlsRemedies {
  /** The option that says which name the destination's certificate has. */
  readonly nameOption: string;
  /** The reasons for which a destination refuses the source's certificate. */
  readonly notLetIn: string;
  /** Where the destination's QEMU says for which of them. */
  readonly saidIn: string;
}

/** Not one that could not be opened at all: that says itself what is wrong. */
const OF_A_BROKEN_STREAM = /TLS|channel|write to socket|read from|reset by peer|broken pipe|input\/output/i;

/**
 * What the destination has taken of the stream. `perhaps-nothing`: no more was sent than sockets hold. The source of a TLS 1.3
 * sends before it hears that its certificate is refused.
 */
export type Taken = 'nothing' | 'perhaps-nothing' | 'some';

/**
 * Of a handshake that failed. The destination keeps its words to itself, so what its refusal looks like from the source has to do.
 * @param desc what the source's QEMU says
 */
export function handshakeHint(
  desc: string,
  taken: Taken,
  { nameOption, notLetIn, saidIn }: TlsRemedies,
): string | undefined {
  if (/hasn't got a known issuer|certificate is not trusted/i.test(desc))
    return "the destination's certificate is not signed by an authority that the source's ca-cert.pem names";
  if (/does not match the hostname/i.test(desc))
    return `the destination's certificate is for another name; say with ${nameOption} which it has, if that is the host it should be`;
  if (/no hostname/i.test(desc)) return `say with ${nameOption} which name its certificate has`;
  if (/expired|not yet activated/i.test(desc))
    return "the destination's certificate is not valid now: renew it, or set the source's clock right";
  if (/revoked|insecure algorithm/i.test(desc)) return "the destination's certificate has to be made anew";
  if (taken === 'some' || !OF_A_BROKEN_STREAM.test(desc)) return undefined;
  return taken === 'nothing'
    ? `the destination did not take the stream: it refuses the source's certificate (${notLetIn}), or speaks no TLS; its QEMU says which ${saidIn}`
    : `it broke at its very beginning, as it does where the destination refuses the source's certificate (${notLetIn}), or speaks no TLS; its QEMU says which ${saidIn}, if it was that`;
}

/**
 * Of certificates that a QEMU does not take (crypto/tlscredsx509.c).
 * @param otherwise which files have to be there, and how another folder is named
 */
export function certificateHint(desc: string, otherwise: string): string {
  if (/requires? GNUTLS|invalid parameter|does not accept value|invalid object type/i.test(desc))
    return 'that QEMU was built without GnuTLS: use one that has it, or leave --tls out';
  if (/expired|not yet active/i.test(desc)) return "renew it, or set that host's clock right";
  if (/own certificate .* failed validation/i.test(desc))
    return 'ca-cert.pem there has to be of the authority that has signed it';
  return otherwise;
}
