/** `switchover/client` on a service that listens, with simulated guests. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type JournalEntry, ServiceError, SwitchoverClient, UnreachableError } from '../src/client/index.ts';
import { type Listening, type Place, placeInWords, serveAt } from '../src/service/serve-at.ts';
import { ServiceBed } from '../src/service/testing/service-bed.ts';

let folder: string;
let bed: ServiceBed;
let listening: Listening;
const socketPath = () => path.join(folder, 's.sock');
beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-client-'));
  bed = new ServiceBed();
  listening = await listen({ kind: 'unix', path: socketPath() });
  return async () => {
    await listening.close();
    await bed[Symbol.asyncDispose]();
    fs.rmSync(folder, { recursive: true });
  };
});

const listen = async (place: Place) => await serveAt(place, bed.app.fetch);
const bySocket = () => new SwitchoverClient({ server: `unix:${socketPath()}` });

async function byTcp(token?: string): Promise<SwitchoverClient> {
  const tcp = await listen({ kind: 'tcp', host: '127.0.0.1', port: 0 });
  onTestFinished(async () => await tcp.close());
  return new SwitchoverClient({ server: placeInWords(tcp.place), token });
}

describe('a migration', () => {
  test('is started, followed to its end, and its outcome read', async () => {
    const client = bySocket();
    const { id } = await client.start({ vm: 'quick', destination: 'there', reason: 'maintenance' });
    const entries: JournalEntry[] = [];
    for await (const entry of client.follow(id)) entries.push(entry);
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, at) => at));
    const last = entries.at(-1);
    expect(last?.type === 'ended' && last.outcome).toMatchObject({ outcome: 'completed' });
    const { document, reason } = await client.ended(id);
    expect({ ...document, why: reason }).toMatchObject({
      outcome: 'completed',
      runsOn: 'destination',
      why: 'maintenance',
    });
    const { migrations } = client.answered(await client.api.GET('/v1/migrations'));
    expect(migrations).toMatchObject([{ id, outcome: 'completed' }]);
  });

  test('is given other limits, and cancelled', async () => {
    const client = bySocket();
    const { id } = await client.start({ vm: 'slow', destination: 'there', policy: 'stock' });
    expect(await client.setLimits(id, { maxDowntimeMs: 900 })).toMatchObject({ maxDowntimeMs: 900 });
    expect(await client.cancel(id, { reason: 'not today' })).toMatchObject({ outcome: 'cancelled' });
    expect(await client.ended(id)).toMatchObject({ final: true, runsOn: 'source' });
  });

  test('that is sent twice under one key begins once', async () => {
    const client = bySocket();
    const request = { vm: 'quick', destination: 'there' };
    const [one, other] = [await client.start(request, 'k'), await client.start(request, 'k')];
    expect(other.id).toBe(one.id);
    expect(bed.starts).toBe(1);
  });

  test('is planned', async () => {
    const plan = await bySocket().plan({ vm: 'web-1', probeMs: 100 });
    expect(plan).toMatchObject({ verdict: 'converges', text: expect.stringContaining('POLICY') });
  });
});

describe('following', () => {
  test('goes on where it was when the service comes back, and misses nothing', async () => {
    const client = bySocket();
    const { id } = await client.start({ vm: 'slow', destination: 'there', policy: 'stock' });
    const links: string[] = [];
    const seqs: number[] = [];
    for await (const { seq } of client.follow(id, { linkIs: ({ state }) => links.push(state) })) {
      seqs.push(seq);
      if (seq === 4) {
        await listening.close();
        listening = await listen({ kind: 'unix', path: socketPath() });
      }
      if (seq === 12) await client.cancel(id);
    }
    expect(seqs.length).toBeGreaterThan(12);
    expect(seqs).toEqual(seqs.map((_, at) => at));
    expect(links).toEqual(['connecting', 'live', 'lost', 'live', 'over']);
  });

  test('ends where it is told to, and where nobody answers for too long', async () => {
    const client = bySocket();
    const { id } = await client.start({ vm: 'slow', destination: 'there', policy: 'stock' });
    const leaving = new AbortController();
    for await (const { seq } of client.follow(id, { signal: leaving.signal })) if (seq === 3) leaving.abort();
    const lost = async () => {
      for await (const { seq } of client.follow(id, { reconnectForMs: 100 }))
        if (seq === 3) await listening.close();
    };
    await expect(lost()).rejects.toThrow(UnreachableError);
    await expect(client.follow('none', { reconnectForMs: 100 }).next()).rejects.toThrow(
      /nobody listens at unix:/,
    );
  });

  test('what is not there is refused in the words of the service', async () => {
    await expect(bySocket().follow('none').next()).rejects.toThrow(/there is no migration none/);
  });
});

describe('what goes wrong', () => {
  const refusal = async (doing: Promise<unknown>) =>
    await doing.then(
      () => 'nothing',
      (error: unknown) => error,
    );

  test('who may not is told what it takes', async () => {
    const [view, start] = [bed.access.add('grafana', 'view'), { vm: 'quick', destination: 'there' }];
    expect(await refusal((await byTcp()).get('x'))).toMatchObject({ status: 401, code: 'token-needed' });
    expect(await refusal((await byTcp('wrong')).get('x'))).toMatchObject({ code: 'token-unknown' });
    const refused = await refusal((await byTcp(view)).start(start));
    expect(refused).toBeInstanceOf(ServiceError);
    expect(refused).toMatchObject({ status: 403, message: expect.stringContaining('needs operate') });
  });

  test.each([
    [
      'unix:/nowhere/s.sock',
      /^nobody listens at unix:\/nowhere\/s\.sock: is `switchover serve` running there\?$/,
    ],
    ['http://127.0.0.1:1', /^nobody listens at http:\/\/127\.0\.0\.1:1:/],
    ['http://no-such-host.invalid:1', /is not found/],
  ])('%s', async (server, words) => {
    const error = await refusal(new SwitchoverClient({ server }).get('x'));
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error).toMatchObject({ message: expect.stringMatching(words), sent: false });
  });

  test.each([
    ['ftp://host', /is no address of a service/],
    ['unix:relative.sock', /from the root/],
    ['https://name:secret@host', /no name and no password/],
    ['https://host/v1', /is no address of a service/],
  ])('%s is no address', (server, words) => expect(() => new SwitchoverClient({ server })).toThrow(words));

  test('what is no service, or no HTTP, is told as that', async () => {
    const other = net.createServer((socket) => socket.end('220 mail.example.org ESMTP\r\n'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as net.AddressInfo;
    const at = (server: string) => refusal(new SwitchoverClient({ server }).get('x'));
    expect(await at(`http://127.0.0.1:${port}`)).toMatchObject({
      message: expect.stringMatching(/does not speak HTTP/),
    });
    expect(await at(`https://127.0.0.1:${port}`)).toMatchObject({
      message: expect.stringMatching(/speaks no TLS/),
    });
  });

  test('a certificate has to be trusted, and for that name', async () => {
    const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const made = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
    execFileSync('openssl', ['req', ...made, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const ca = fs.readFileSync(cert, 'utf8');
    const server = https.createServer({ key: fs.readFileSync(key), cert: ca }, (_, answer) =>
      answer.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>'),
    );
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as net.AddressInfo;
    const at = async (host: string, given?: string) =>
      (
        (await refusal(
          new SwitchoverClient({ server: `https://${host}:${port}`, ca: given }).get('x'),
        )) as Error
      ).message;
    expect(await at('localhost')).toMatch(/is not trusted here: .*--server-ca FILE/);
    expect(await at('localhost', ca)).toMatch(/is no service of switchover.*it said 502/);
    const { address } = server.address() as net.AddressInfo;
    expect(await at(address.includes(':') ? `[${address}]` : address, ca)).toMatch(/is for another name/);
  });
});
