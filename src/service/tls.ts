/** The TLS of the service's ports: its certificate is read again when its file changes, and on SIGHUP; a bad one leaves the old one in force. */
import type { Server, TlsOptions } from 'node:tls';
import {
  loadTls,
  TlsFilesError,
  type TlsLoaded,
  type TlsPaths,
  tlsVersion,
  tlsVersionNow,
} from './tls-files.ts';

const LOOKED_EVERY_MS = 10_000;
const HANDSHAKE_WITHIN_MS = 10_000;

export class Tls implements Disposable {
  private readonly paths: TlsPaths;
  private readonly say: (sentence: string) => void;
  private readonly servers = new Set<Pick<Server, 'setSecureContext'>>();
  private readonly timer: NodeJS.Timeout;
  private loaded: TlsLoaded;
  /** Of the files that were looked at last, good or bad. */
  private version: string;

  /** @throws {TlsFilesError} */
  constructor(paths: TlsPaths, say: (sentence: string) => void, lookedEveryMs = LOOKED_EVERY_MS) {
    this.paths = paths;
    this.say = say;
    this.version = tlsVersionNow(paths);
    this.loaded = loadTls(paths);
    this.timer = setInterval(() => void this.look(), lookedEveryMs).unref();
  }

  get serverOptions(): TlsOptions {
    return {
      ...this.loaded.options,
      minVersion: 'TLSv1.2',
      handshakeTimeout: HANDSHAKE_WITHIN_MS,
      requestCert: this.paths.clientCa !== undefined,
      rejectUnauthorized: this.paths.clientCa !== undefined,
    };
  }

  /** For the log. */
  get words(): string {
    return this.loaded.words;
  }

  get names(): readonly string[] {
    return this.loaded.names;
  }

  /** Of those in force. */
  get expiries(): TlsLoaded['expiries'] {
    return this.loaded.expiries;
  }

  /** @returns what ends that */
  follow(server: Pick<Server, 'setSecureContext'>): () => void {
    this.servers.add(server);
    return () => this.servers.delete(server);
  }

  /** Connections that are open go on with the old one. */
  readAgain(): void {
    try {
      this.loaded = loadTls(this.paths);
      for (const server of this.servers)
        server.setSecureContext({ ...this.loaded.options, minVersion: 'TLSv1.2' });
      this.say(`the certificate was read again: ${this.words}`);
    } catch (error) {
      // What it is made of may be good in each part and no context for TLS.
      const why = error instanceof TlsFilesError ? error.message : `no TLS with it: ${String(error)}`;
      this.say(`the old certificate stays in force: ${why}`);
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    const version = await tlsVersion(this.paths);
    const before = this.version;
    this.version = version;
    if (before !== version) this.readAgain();
  }
}
