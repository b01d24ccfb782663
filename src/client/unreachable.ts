/** Why no answer came, in a sentence that says what to do. */
import { type Server, serverInWords } from './server.ts';

/** No answer came. What was asked for may have been done all the same, unless `sent` is false. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  /** The request may have arrived. */
  readonly sent: boolean;

  constructor(message: string, sent: boolean, options?: ErrorOptions) {
    super(message, options);
    this.sent = sent;
  }
}

/** Nothing was sent yet where one of these is the reason. */
const BEFORE: Readonly<Record<string, (server: Server) => string>> = {
  ECONNREFUSED: nobodyListens,
  ENOENT: nobodyListens,
  ENOTFOUND: (server) => `${serverInWords(server)} is not found: there is no host of that name`,
  EAI_AGAIN: (server) => `${serverInWords(server)} is not found: no name server answers`,
  EHOSTUNREACH: (server) => `there is no way to ${serverInWords(server)} (EHOSTUNREACH)`,
  ENETUNREACH: (server) => `there is no way to ${serverInWords(server)} (ENETUNREACH)`,
  ETIMEDOUT: (server) => `${serverInWords(server)} does not answer (ETIMEDOUT)`,
  EACCES: (server) => `${serverInWords(server)} may not be opened by this user: its owner may, or root`,
  EPERM: (server) => `${serverInWords(server)} may not be opened by this user: its owner may, or root`,
  ENOTSOCK: (server) => `${serverInWords(server)} is no socket`,
  EPROTO: noTls,
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
  CERT_HAS_EXPIRED: (server) =>
    `the certificate of ${serverInWords(server)} has expired: it has to be renewed there`,
  CERT_NOT_YET_VALID: (server) =>
    `the certificate of ${serverInWords(server)} does not hold yet: look at both clocks`,
  ERR_TLS_CERT_ALTNAME_INVALID: (server) =>
    `the certificate of ${serverInWords(server)} is for another name: call the service as its certificate does`,
  DEPTH_ZERO_SELF_SIGNED_CERT: notTrusted,
  SELF_SIGNED_CERT_IN_CHAIN: notTrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: notTrusted,
  UNABLE_TO_GET_ISSUER_CERT: notTrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: notTrusted,
  CERT_SIGNATURE_FAILURE: notTrusted,
};

export function unreachable(server: Server, cause: unknown): UnreachableError {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const words = BEFORE[code]?.(server);
  if (words !== undefined) return new UnreachableError(words, false, { cause });
  // What is no HTTP at all is mostly TLS.
  if (code.startsWith('HPE_'))
    return new UnreachableError(
      `${serverInWords(server)} does not speak HTTP: is it https://, or another service?`,
      false,
      { cause },
    );
  return new UnreachableError(
    `the connection to ${serverInWords(server)} was lost: ${code || message}`,
    true,
    { cause },
  );
}

function nobodyListens(server: Server): string {
  return `nobody listens at ${serverInWords(server)}: is \`switchover serve\` running there?`;
}

function noTls(server: Server): string {
  return `${serverInWords(server)} speaks no TLS: is it http://, or a port of another service?`;
}

function notTrusted(server: Server): string {
  return `the certificate of ${serverInWords(server)} is not trusted here: give the certificate of who issued it (--server-ca FILE; \`ca\` in a program)`;
}
