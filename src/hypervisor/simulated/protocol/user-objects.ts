/**
 * The objects that a monitor has made in one simulated QEMU (`object-add`), as far as a migration uses them, and what
 * becomes of a TLS handshake by them. Of a certificate only the authority that signed it counts, and its names.
 */
import { SimulatedRefusal } from './monitor-server.ts';
import type { SimulatedProcess } from './simulated-process.ts';

/** What lies in a folder of certificates. */
export interface CertificateFolder {
  readonly authority: string;
  /** The host of a server's, and the distinguished name of a client's. */
  readonly name: string;
}

type Args = Readonly<Record<string, unknown>>;

export class UserObjects {
  private readonly folders: Readonly<Record<string, CertificateFolder>>;
  private readonly objects = new Map<string, Args>();

  constructor(folders: Readonly<Record<string, CertificateFolder>>) {
    this.folders = folders;
  }

  get ids(): string[] {
    return [...this.objects.keys()];
  }

  /** @throws {SimulatedRefusal} in QEMU's words */
  add(args: Args): void {
    const id = String(args['id']);
    if (this.objects.has(id))
      throw new SimulatedRefusal(`attempt to add duplicate property '${id}' to object (type 'container')`);
    const { dir } = args;
    if (args['qom-type'] === 'tls-creds-x509' && this.folders[String(dir)] === undefined)
      throw new SimulatedRefusal(
        `Unable to access credentials ${String(dir)}/ca-cert.pem: No such file or directory`,
      );
    this.objects.set(id, args);
  }

  /** @throws {SimulatedRefusal} */
  delete(id: string): void {
    if (!this.objects.delete(id)) throw new SimulatedRefusal(`object '${id}' not found`);
  }

  /** @throws {SimulatedRefusal} */
  property(path: string, name: string): unknown {
    const object = this.objects.get(path.replace('/objects/', ''));
    if (object === undefined) throw new SimulatedRefusal(`Device '${path}' not found`, 'DeviceNotFound');
    return name === 'type' ? object['qom-type'] : object[name];
  }

  folderOf(id: string): CertificateFolder | undefined {
    const object = this.objects.get(id);
    return object === undefined ? undefined : this.folders[String(object['dir'])];
  }

  /** Whom an authorization list names. */
  namesOf(id: string): string[] {
    const rules = this.objects.get(id)?.['rules'];
    return Array.isArray(rules) ? rules.map((rule: Args) => String(rule['match'])) : [];
  }
}

/** What the source says of a handshake that fails; undefined: it succeeds, or there is none. */
export function handshakeFailure(
  source: SimulatedProcess,
  destination: SimulatedProcess,
  host: string,
): string | undefined {
  const here = source.settings.text('tls-creds');
  const there = destination.settings.text('tls-creds');
  if (here === '' && there === '') return undefined;
  const client = source.objects.folderOf(here);
  const server = destination.objects.folderOf(there);
  if (here === '') return 'Channel error: Input/output error';
  if (!client) return `No TLS credentials with id '${here}'`;
  if (!server) return 'TLS handshake failed: The TLS connection was non-properly terminated.';
  if (server.authority !== client.authority) return "The certificate hasn't got a known issuer";
  const hostname = source.settings.text('tls-hostname') || host;
  if (server.name !== hostname) return `Certificate does not match the hostname ${hostname}`;
  const list = destination.settings.text('tls-authz');
  if (list !== '' && !destination.objects.namesOf(list).includes(client.name))
    return 'Unable to write to socket: Connection reset by peer';
  return undefined;
}
