/** The service's own TLS, with real certificates, by Node's client and by curl. */
import { execFile } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { OpenAPIHono } from '@hono/zod-openapi';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeAuthority, makeCertificates } from '../../lab/certificates.ts';
import { Access } from './access.ts';
import { addGuard } from './guard.ts';
import { type Problem, problemResponse } from './problem.ts';
import { Rates } from './rates.ts';
import type { Env } from './route-parts.ts';
import { type Listening, serveAt } from './serve-at.ts';
import { Tls } from './tls.ts';
import { loadTls, type TlsPaths } from './tls-files.ts';

const run = promisify(execFile);
let made: string;
const at = (...parts: string[]) => path.join(made, ...parts);
beforeAll(async () => {
  made = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-tls-'));
  const authority = await makeAuthority(at('ca'), 'Lab');
  for (const folder of ['first', 'second'])
    await makeCertificates({
      authority,
      folder: at(folder),
      hosts: ['localhost', '127.0.0.1'],
      clientName: 'O=Lab,CN=host1',
    });
});
afterAll(() => fs.rmSync(made, { recursive: true }));

let paths: TlsPaths;
let said: string[];
const listening: (Listening | Tls)[] = [];
beforeEach(() => {
  const folder = fs.mkdtempSync(at('in-force-'));
  paths = { cert: path.join(folder, 'cert.pem'), key: path.join(folder, 'key.pem') };
  install('first');
  said = [];
});
afterEach(async () => {
  for (const each of listening.splice(0)) {
    if (each instanceof Tls) each[Symbol.dispose]();
    else await each.close();
  }
});

function install(from: 'first' | 'second', key: 'first' | 'second' = from): void {
  fs.copyFileSync(at(from, 'server-cert.pem'), paths.cert);
  fs.copyFileSync(at(key, 'server-key.pem'), paths.key);
  fs.chmodSync(paths.key, 0o600);
}

async function serve(more: Partial<TlsPaths> = {}) {
  const app = new OpenAPIHono<Env>();
  const rates = new Rates({ say: () => {}, refused: () => {} });
  addGuard(app, { access: new Access(at('tokens.json')), rates, hostNames: [], demo: false });
  app.onError((error, c) => problemResponse(c, error as Problem));
  app.get('/healthz', (c) => c.text('ok\n'));
  const own = new Tls({ ...paths, ...more }, (sentence) => said.push(sentence), 20);
  const socket = await serveAt({ kind: 'tcp', host: '127.0.0.1', port: 0 }, app.fetch, own);
  listening.push(socket, own);
  const port = socket.place.kind === 'tcp' ? socket.place.port : 0;
  return { own, port };
}

/** @returns the fingerprint of the certificate that is in force */
async function fingerprint(port: number, options: tls.ConnectionOptions = {}): Promise<string> {
  const ca = fs.readFileSync(at('ca', 'ca-cert.pem'));
  const socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca, ...options });
  return await new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      expect(['TLSv1.2', 'TLSv1.3']).toContain(socket.getProtocol());
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
  });
}

test('curl and Node are answered by TLS, and told to come by it only; older TLS and plain HTTP are not spoken', async () => {
  const { port } = await serve();
  const curl = async (...args: string[]) =>
    (await run('curl', ['--silent', '--include', '--cacert', at('ca', 'ca-cert.pem'), ...args])).stdout;
  const answer = await curl(`https://localhost:${port}/healthz`);
  expect(answer).toMatch(/^HTTP\/1.1 200/);
  expect(answer).toMatch(/strict-transport-security: max-age=15552000\r/i);
  expect(answer).toMatch(/\r\nok\n$/);
  expect(await curl('--header', 'Host: evil.example', `https://localhost:${port}/healthz`)).toMatch(
    /^HTTP\/1.1 421/,
  );
  await fingerprint(port, { maxVersion: 'TLSv1.2' });
  await expect(
    fingerprint(port, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }),
  ).rejects.toThrow(/protocol version|unsupported protocol/i);
  await expect(curl(`http://localhost:${port}/healthz`)).rejects.toMatchObject({ code: 52 });
});

test('a certificate that changes is in force for the next connection; a bad one leaves the old one, and is told', async () => {
  const { own, port } = await serve();
  const first = await fingerprint(port);
  install('second');
  await expect.poll(async () => await fingerprint(port)).not.toBe(first);
  const second = await fingerprint(port);
  expect(said.at(-1)).toMatch(/^the certificate was read again: CN=server, until /);

  said = [];
  fs.copyFileSync(at('first', 'server-cert.pem'), paths.cert);
  await expect.poll(() => said.at(-1)).toMatch(/^the old certificate stays in force: .* is not the one of/);
  expect(await fingerprint(port)).toBe(second);
  // Told once, however often it is looked at.
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(said).toHaveLength(1);

  // As SIGHUP has it done, whether anything changed or not.
  install('first');
  own.readAgain();
  expect(await fingerprint(port)).toBe(first);
});

test('a change right after the start is seen, too', async () => {
  const slow = vi.spyOn(fs.promises, 'stat').mockImplementation(async (file) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return fs.statSync(file, { bigint: true });
  });
  listening.push(new Tls(paths, (sentence) => said.push(sentence), 20));
  install('second');
  await expect.poll(() => said.at(-1)).toMatch(/^the certificate was read again/);
  slow.mockRestore();
});

test('until when they hold is known of those in force', async () => {
  const end = (file: string) => new X509Certificate(fs.readFileSync(file)).validToDate.getTime();
  const { own } = await serve({ clientCa: at('ca', 'ca-cert.pem') });
  expect(own.expiries).toEqual({
    server: end(at('first', 'server-cert.pem')),
    'client-authority': end(at('ca', 'ca-cert.pem')),
  });
  const { expiries } = loadTls(paths);
  expect(expiries).toEqual({ server: end(paths.cert) });
});

test('with an authority for clients, one without its certificate is not let in', async () => {
  const { port } = await serve({ clientCa: at('ca', 'ca-cert.pem') });
  const url = `https://localhost:${port}/healthz`;
  const common = ['--silent', '--cacert', at('ca', 'ca-cert.pem')];
  await expect(run('curl', [...common, url])).rejects.toThrow();
  const own = ['--cert', at('first', 'client-cert.pem'), '--key', at('first', 'client-key.pem')];
  expect((await run('curl', [...common, ...own, url])).stdout).toBe('ok\n');
});

describe('what cannot be used gets one sentence', () => {
  test.each<[string, () => void, RegExp]>([
    [
      'no certificate',
      () => fs.rmSync(paths.cert),
      /^the certificate .*cert\.pem cannot be read: no such file$/,
    ],
    ['no PEM', () => fs.writeFileSync(paths.cert, 'hello'), /cert\.pem is no certificate in PEM form/],
    ['no key', () => fs.writeFileSync(paths.key, 'hello'), /key\.pem is no key in PEM form/],
    ['a key of another', () => install('first', 'second'), /is not the one of the certificate/],
    [
      'a key that all may read',
      () => fs.chmodSync(paths.key, 0o644),
      /can be read by every user of this machine: chmod 600/,
    ],
    [
      'a key with a passphrase',
      () => {
        const key = createPrivateKey(fs.readFileSync(paths.key));
        const cipher = { cipher: 'aes-256-cbc', passphrase: 'secret' };
        fs.writeFileSync(paths.key, key.export({ type: 'pkcs8', format: 'pem', ...cipher }));
        fs.chmodSync(paths.key, 0o600);
      },
      /is encrypted with a passphrase/,
    ],
  ])('%s', (_, spoil, words) => {
    spoil();
    expect(() => loadTls(paths)).toThrow(words);
  });

  test('a certificate that has expired, or does not hold yet', () => {
    const in3Days = new Date(Date.now() + 3 * 24 * 3600e3);
    expect(() => loadTls(paths, in3Days)).toThrow(/cert\.pem expired at .*: put a new one there/);
    expect(() => loadTls(paths, new Date(0))).toThrow(/holds from .* on only/);
    expect(loadTls(paths).names).toEqual(['DNS:localhost', 'IP Address:127.0.0.1']);
  });
});
