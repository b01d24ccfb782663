/** Certificates for migrations under TLS, as QEMU wants them in a folder. They hold for two days. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { run } from './run.ts';

/** An authority that signs them: its certificate and its key are in its folder. */
export interface Authority {
  readonly folder: string;
}

export interface CertificateWish {
  readonly authority: Authority;
  /** Made where it is not there: ca-cert.pem, and certificate and key of a server and of a client. */
  readonly folder: string;
  /** The names and addresses of the host, in the certificate of the server. */
  readonly hosts: readonly string[];
  /** Of the client, in QEMU's order: `O=Lab,CN=host1`. */
  readonly clientName: string;
}

/** Keys that are made in a moment. */
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const DAYS = ['-days', '2'];

export async function makeAuthority(folder: string, name: string): Promise<Authority> {
  await mkdir(folder, { recursive: true });
  await run([
    ...['openssl', 'req', '-x509', ...KEY, ...DAYS, '-subj', `/CN=${name}`],
    ...['-keyout', path.join(folder, 'ca-key.pem'), '-out', path.join(folder, 'ca-cert.pem')],
    ...extension('basicConstraints=critical,CA:TRUE'),
    ...extension('keyUsage=critical,keyCertSign'),
  ]);
  return { folder };
}

export async function makeCertificates(wish: CertificateWish): Promise<void> {
  const { authority, folder, hosts, clientName } = wish;
  await mkdir(folder, { recursive: true });
  await run(['cp', path.join(authority.folder, 'ca-cert.pem'), folder]);
  const names = hosts.map((host) => `${/^[\d.:]+$/.test(host) ? 'IP' : 'DNS'}:${host}`);
  await sign(wish, 'server', '/CN=server', extension(`subjectAltName=${names.join(',')}`));
  await sign(wish, 'client', `/${clientName.replaceAll(',', '/')}`, []);
}

async function sign(
  { authority, folder }: CertificateWish,
  kind: 'server' | 'client',
  subject: string,
  extensions: readonly string[],
): Promise<void> {
  await run([
    ...['openssl', 'req', '-x509', ...KEY, ...DAYS, '-subj', subject],
    ...[
      '-CA',
      path.join(authority.folder, 'ca-cert.pem'),
      '-CAkey',
      path.join(authority.folder, 'ca-key.pem'),
    ],
    ...['-keyout', path.join(folder, `${kind}-key.pem`), '-out', path.join(folder, `${kind}-cert.pem`)],
    ...extension('basicConstraints=critical,CA:FALSE'),
    ...extension('keyUsage=critical,digitalSignature,keyEncipherment'),
    ...extension(`extendedKeyUsage=critical,${kind}Auth`),
    ...extensions,
  ]);
}

function extension(text: string): string[] {
  return ['-addext', text];
}
