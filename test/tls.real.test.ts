/** Memory that is encrypted on its way, on real QEMUs with certificates that are made here. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Bed } from '../lab/bed.ts';
import { makeAuthority, makeCertificates } from '../lab/certificates.ts';
import type { LabGuest } from '../lab/lab-guest.ts';
import { documentFrom, Running, switchover } from '../lab/switchover-process.ts';
import { connectQmp } from '../src/hypervisor/qemu/qmp/client.ts';
import type { Reply } from '../src/hypervisor/qemu/qmp/replies.ts';
import { expectEnd, expectRefused, expectSourceRuns } from './expectations.ts';

const SOURCE_NAME = 'O=Lab,CN=host1';
/** Names of memory that head every plain stream, too long to come up among random bytes. */
const BLOCKS = ['pc.ram', 'pc.bios'];
const OURS = /^switchover-tls-[0-9a-f]{8}$/;
const NOTHING = { creds: '', hostname: '', objects: [] };

let bed: Bed;
let folder: string;
const right = () => path.join(folder, 'right');
const wrong = () => path.join(folder, 'wrong');
/** What both ends need for a migration that goes well. */
const tls = () => ['--tls', '--tls-dir', right()];

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'switchover-tls-'));
  const hosts = ['10.77.0.1', '10.77.0.2', 'host2.lab'];
  for (const each of [right(), wrong()]) {
    const authority = await makeAuthority(`${each}-authority`, `the authority of ${path.basename(each)}`);
    await makeCertificates({ authority, folder: each, hosts, clientName: SOURCE_NAME });
  }
  // Small, and never done under stock QEMU.
  bed = await Bed.make({ kind: 'loop', wssMiB: 32 }, { memoryMiB: 128 });
});
afterAll(async () => {
  await bed?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** What switchover reads of an object, and its name. */
type NamedObject = Reply<'qom-list'>[number] & { readonly name: string };

/** What is left of TLS at a QEMU, asked at its second monitor. */
async function tlsOf(guest: LabGuest) {
  await using monitor = await connectQmp(guest.monitor2Path);
  const parameters = await monitor.execute('query-migrate-parameters');
  const objects = (await monitor.execute('qom-list', { path: '/objects' })) as readonly NamedObject[];
  return {
    creds: parameters['tls-creds'],
    hostname: parameters['tls-hostname'],
    objects: objects.map(({ name }) => name).filter((name) => name.startsWith('switchover')),
  };
}

describe('what does not come about leaves the guest on the source, and nothing of TLS', () => {
  beforeEach(async () => void (await bed.pair.startDestination()));
  afterEach(async () => {
    await expectSourceRuns(bed);
    expect(await tlsOf(bed.pair.source)).toEqual(NOTHING);
    if (bed.pair.destination.alive()) expect(await tlsOf(bed.pair.destination)).toEqual(NOTHING);
  });

  test('a folder that is not there is refused before anything is touched', async () => {
    const args = ['--tls', '--tls-dir', right(), '--tls-destination-dir', '/nonexistent'];
    expectRefused(
      await (await bed.migrate(...args)).ended,
      /QEMU at qmp:.* cannot use the certificates in \/nonexistent of its host: .*No such file.*server-cert\.pem.*--tls-destination-dir/,
    );
    const dry = await (await bed.migrate(...args, '--dry-run')).ended;
    expect(dry).toMatchObject({ status: 3, stdout: expect.stringContaining('cannot use the certificates') });
    // It could not listen any more if it had been told to before.
    expect(bed.pair.destination.alive()).toBe(true);
  });

  test('an authority that the source does not know', async () => {
    const args = [...tls(), '--tls-destination-dir', wrong(), '--json'];
    const ran = await (await bed.migrate(...args)).ended;
    expectEnd(ran, 4, 'failed', 'source', /known issuer: the destination's certificate is not signed by/);
  });

  test('a certificate for another host', async () => {
    const ran = await (await bed.migrate(...tls(), '--tls-hostname', 'host3.lab', '--json')).ended;
    expectEnd(ran, 4, 'failed', 'source', /does not match the hostname host3\.lab: .*--tls-hostname/);
  });

  test('a source that the destination does not let in', async () => {
    const ran = await (await bed.migrate(...tls(), '--tls-authz', 'O=Lab,CN=host9', '--json')).ended;
    expectEnd(ran, 4, 'failed', 'source', /the destination did not take the stream: .*--tls-authz/);
  });

  test('a source that speaks no TLS is not let in by a destination that does', async () => {
    {
      await using monitor = await connectQmp(bed.pair.destination.monitor2Path);
      const creds = { 'qom-type': 'tls-creds-x509', id: 'tls0', dir: right(), endpoint: 'server' } as const;
      await monitor.execute('object-add', { ...creds, 'verify-peer': true });
      await monitor.execute('migrate-set-parameters', { 'tls-creds': 'tls0' });
    }
    expectRefused(await (await bed.migrate()).ended, /tls-creds is set at .* and not at .*--tls/);
    {
      await using destination = await connectQmp(bed.pair.destination.monitor2Path);
      await destination.execute('migrate-incoming', { uri: bed.pair.migrateUri });
      await using source = await connectQmp(bed.pair.source.monitor2Path);
      await source.execute('migrate', { uri: bed.pair.migrateUri });
      const status = async () => (await source.execute('query-migrate')).status;
      await expect.poll(status, { timeout: 60_000 }).toBe('failed');
      await destination.execute('migrate-set-parameters', { 'tls-creds': '' });
    }
    expect(await bed.pair.destination.runState()).toBe('inmigrate');
  });
});

/** Everything that a source sent through here to a destination. */
class Relay {
  private readonly seen: Buffer[] = [];
  private readonly server: net.Server;

  constructor(from: string, to: string) {
    this.server = net.createServer((here) => {
      const there = net.connect(to);
      here.on('data', (bytes) => this.seen.push(bytes));
      here.on('error', () => there.destroy()).pipe(there);
      there.on('error', () => here.destroy()).pipe(here);
    });
    this.server.listen(from);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.seen);
  }

  async close(): Promise<void> {
    this.server.close();
    await once(this.server, 'close');
  }
}

test('what goes over the wire cannot be read, and could without', async () => {
  const through = async (...args: string[]) => {
    await bed.pair.startDestination();
    const [from, to] = [path.join(folder, 'relay'), path.join(folder, 'listen')];
    const relay = new Relay(from, to);
    const ran = await new Running([
      ...['migrate', bed.source, bed.destination, '--state-dir', bed.stateDir, '--json'],
      ...['--migrate-uri', `unix:${from}`, '--listen-uri', `unix:${to}`, ...args],
    ]).ended;
    await relay.close();
    return { document: documentFrom(ran), bytes: relay.bytes };
  };
  const plain = await through('--policy', 'stock', '--bandwidth', '120mbit', '--timeout', '500ms');
  expect(plain.document).toMatchObject({ outcome: 'aborted', encrypted: false });
  expect(plain.bytes.subarray(0, 4).toString()).toBe('QEVM');
  for (const block of BLOCKS) expect(plain.bytes.includes(block)).toBe(true);

  const sealed = await through(
    ...[...tls(), '--tls-hostname', 'host2.lab', '--tls-authz', SOURCE_NAME],
    ...['--bandwidth', '480mbit', '--downtime', '2s'],
  );
  expect(sealed.document).toMatchObject({ outcome: 'completed', runsOn: 'destination', encrypted: true });
  expect(sealed.bytes.length).toBeGreaterThan(10e6);
  // A handshake of TLS: a record of type 22, of version 3.x.
  expect([...sealed.bytes.subarray(0, 2)]).toEqual([22, 3]);
  for (const block of BLOCKS) expect(sealed.bytes.includes(block)).toBe(false);
  await bed.verify('destination');
  expect(await tlsOf(bed.pair.source)).toEqual(NOTHING);
  expect(await tlsOf(bed.pair.destination)).toEqual(NOTHING);
});

test('kill -9 in the middle: attach takes away what was made, and puts back what was set', async () => {
  // Where the test before has left it.
  if (!bed.pair.source.alive() || (await bed.pair.source.runState()) !== 'running') await bed.turnAround();
  const running = await bed.migrate(...tls(), '--policy', 'stock');
  await running.says(/^pass 2/m);
  running.process.kill('SIGKILL');
  await running.ended;
  const under = await Promise.all([tlsOf(bed.pair.source), tlsOf(bed.pair.destination)]);
  const id = under[0]?.creds;
  expect(id).toMatch(OURS);
  expect(under).toEqual([
    { creds: id, hostname: '', objects: [id] },
    { creds: id, hostname: '', objects: [id] },
  ]);
  const ran = await switchover(
    ...['attach', bed.source, '--downtime', '2s', '--state-dir', bed.stateDir, '--json'],
  );
  expect(documentFrom(ran)).toMatchObject({ outcome: 'completed', runsOn: 'destination', encrypted: true });
  await bed.verify('destination');
  expect(await tlsOf(bed.pair.source)).toEqual(NOTHING);
  expect(await tlsOf(bed.pair.destination)).toEqual(NOTHING);
});
