/** Certificate and key of the service itself: read, looked through, and read again when they change. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import type { SecureContextOptions } from 'node:tls';
import { errnoWords } from '../journal/errno-words.ts';

export interface TlsPaths {
  readonly cert: string;
  readonly key: string;
  /** Who signs the certificates of clients; undefined: clients need none. */
  readonly clientCa?: string | undefined;
}

export interface TlsLoaded {
  readonly options: SecureContextOptions;
  /** Whose it is, and until when: for the log. */
  readonly words: string;
  /** As the certificate says it: `DNS:host1.example.org`. */
  readonly names: readonly string[];
  /** When each expires, in milliseconds since 1970: its own, and the authority of its clients. */
  readonly expiries: { readonly server: number; readonly 'client-authority'?: number };
}

/** One sentence: which file, what is wrong, what to do. */
export class TlsFilesError extends Error {
  override readonly name = 'TlsFilesError';
}

/** Every user of this machine, in whichever group. A group of its own (`ssl-cert`) is usual. */
const BY_OTHERS = 0o007;

/** @throws {TlsFilesError} */
export function loadTls({ cert, key, clientCa }: TlsPaths, now = new Date()): TlsLoaded {
  const certPem = read(cert, 'certificate');
  const certificate = certificateIn(certPem, cert);
  assertHolds(certificate, cert, now);
  const keyPem = read(key, 'key');
  if ((fs.statSync(key).mode & BY_OTHERS) !== 0)
    throw new TlsFilesError(`the key ${key} can be read by every user of this machine: chmod 600 ${key}`);
  if (!certificate.checkPrivateKey(keyIn(keyPem, key)))
    throw new TlsFilesError(
      `the key ${key} is not the one of the certificate ${cert}: give the two that were made together`,
    );
  const ca = clientCa === undefined ? undefined : read(clientCa, 'authority of the clients');
  const authority = ca === undefined || clientCa === undefined ? undefined : certificateIn(ca, clientCa);
  if (authority !== undefined && clientCa !== undefined) assertHolds(authority, clientCa, now);
  return {
    options: { cert: certPem, key: keyPem, ...(ca === undefined ? {} : { ca }) },
    words: `${certificate.subject.replaceAll('\n', ', ') || 'no subject'}, until ${certificate.validToDate.toISOString()}`,
    names: certificate.subjectAltName?.split(', ') ?? [],
    expiries: {
      server: certificate.validToDate.getTime(),
      ...(authority === undefined ? {} : { 'client-authority': authority.validToDate.getTime() }),
    },
  };
}

/** Tells one state of the files from another. */
export async function tlsVersion(paths: TlsPaths): Promise<string> {
  const stats = filesOf(paths).map((file) => fs.promises.stat(file, { bigint: true }).catch(() => undefined));
  return versionOf(await Promise.all(stats));
}

/** The same, without giving others a turn: what is read right after it is not older. */
export function tlsVersionNow(paths: TlsPaths): string {
  return versionOf(filesOf(paths).map((file) => fs.statSync(file, { bigint: true, throwIfNoEntry: false })));
}

function filesOf({ cert, key, clientCa }: TlsPaths): readonly string[] {
  return [cert, key, ...(clientCa === undefined ? [] : [clientCa])];
}

function versionOf(stats: readonly (fs.BigIntStats | undefined)[]): string {
  return stats
    .map((each) => (each ? [each.dev, each.ino, each.size, each.mtimeNs].join() : 'none'))
    .join(' ');
}

function read(file: string, what: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (cause) {
    throw new TlsFilesError(`the ${what} ${file} cannot be read: ${errnoWords(cause)}`, { cause });
  }
}

function certificateIn(pem: string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new TlsFilesError(
      `${file} is no certificate in PEM form: it begins with -----BEGIN CERTIFICATE-----`,
      { cause },
    );
  }
}

function assertHolds({ validFromDate, validToDate }: X509Certificate, file: string, now: Date): void {
  if (now > validToDate)
    throw new TlsFilesError(
      `the certificate ${file} expired at ${validToDate.toISOString()}: put a new one there`,
    );
  if (now < validFromDate)
    throw new TlsFilesError(
      `the certificate ${file} holds from ${validFromDate.toISOString()} on only: look at the clock of this machine, or put another one there`,
    );
}

function keyIn(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    const words = /ENCRYPTED/.test(pem)
      ? 'is encrypted with a passphrase, which nobody could type: keep it in plain in a file that its owner alone reads'
      : 'is no key in PEM form: it begins with -----BEGIN PRIVATE KEY-----';
    // Not what the library says of it: that may have parts of the key.
    throw new TlsFilesError(`the key ${file} ${words}`, { cause });
  }
}
