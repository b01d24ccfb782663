/** The service on real QEMUs: who runs is asked from both, by connections of the test's own. */
import http from 'node:http';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Bed, LOOP } from '../lab/bed.ts';
import { Running, switchover } from '../lab/switchover-process.ts';
import { connectQmp } from '../src/hypervisor/qemu/qmp/client.ts';
import type { MigrationSummary } from '../src/service/migration-summary.ts';

let bed: Bed;
let headers: Record<string, string>;
const services: Running[] = [];
beforeEach(async () => {
  bed = await Bed.make(LOOP);
  const { stdout } = await switchover(
    'token',
    'add',
    'ops',
    '--role',
    'operate',
    '--state-dir',
    bed.stateDir,
  );
  headers = { authorization: `Bearer ${stdout.trim()}`, 'content-type': 'application/json' };
});
afterEach(async () => {
  for (const service of services.splice(0)) {
    service.process.kill('SIGTERM');
    await service.ended;
  }
  await bed?.[Symbol.asyncDispose]();
});

async function post(at: string, place: string, body: object, key?: string): Promise<Response> {
  return await fetch(`${at}${place}`, {
    method: 'POST',
    headers: { ...headers, ...(key === undefined ? {} : { 'idempotency-key': key }) },
    body: JSON.stringify(body),
  });
}

/** @returns it, and where it listens */
async function serve(): Promise<{ service: Running; at: string }> {
  const socket = path.join(bed.stateDir, 'serve.sock');
  const places = ['--listen', '127.0.0.1:0', '--listen', `unix:${socket}`];
  const service = new Running(['serve', ...places, '--no-watch', '--state-dir', bed.stateDir]);
  services.push(service);
  await service.prints(/^switchover .* follows no host/m);
  const [, at = ''] = /listens at (http:\S+)\//.exec(service.stdout) ?? [];
  return { service, at };
}

function startRequest(more: object = {}): object {
  return { vm: bed.source, destination: bed.destination, migrateUri: bed.pair.migrateUri, ...more };
}

async function start(at: string, more: object = {}, key?: string): Promise<MigrationSummary> {
  const response = await post(at, '/v1/migrations', startRequest(more), key);
  const told = await response.text();
  expect([response.status, told]).toEqual([202, told]);
  return JSON.parse(told);
}

async function seen(at: string, id: string): Promise<MigrationSummary> {
  return (await (await fetch(`${at}/v1/migrations/${id}`, { headers })).json()) as MigrationSummary;
}

async function ended(at: string, id: string): Promise<MigrationSummary> {
  return (await (await fetch(`${at}/v1/migrations/${id}?wait=90s`, { headers })).json()) as MigrationSummary;
}

test('a memory-intensive guest is moved by the API, and told as it goes', async () => {
  const { at } = await serve();
  const { id } = await start(at, { reason: 'maintenance', maxDowntimeMs: 5000 });
  // The stream ends with the migration.
  const told = await (await fetch(`${at}/v1/migrations/${id}/events`, { headers })).text();
  expect(told).toMatch(/"type":"boundary"[\s\S]*"type":"decision"[\s\S]*"type":"ended"[\s\S]*event: end/);
  const over = await ended(at, id);
  expect(over).toMatchObject({ outcome: 'completed', runsOn: 'destination', final: true });
  expect(over.pauseMs).toBeLessThanOrEqual(5000);
  await bed.verify('destination');
  expect(await bed.pair.source.runState()).not.toBe('running');

  const metrics = await (await fetch(`${at}/metrics`, { headers })).text();
  expect(metrics).toContain('switchover_migrations_total{outcome="completed",reason=""} 1');
  // By the socket as well, without a token.
  const socketPath = path.join(bed.stateDir, 'serve.sock');
  const listed = await new Promise<string>((resolve, reject) => {
    http
      .get({ socketPath, path: '/v1/migrations', headers: { host: 'localhost' } }, (response) => {
        response.setEncoding('utf8');
        let text = '';
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve(text));
      })
      .once('error', reject);
  });
  expect(JSON.parse(listed)).toMatchObject({ migrations: [{ id, outcome: 'completed' }] });
});

test('a service that is told to end, or is killed, leaves the migration alone, and the next goes on with it under its id', async () => {
  const first = await serve();
  const { id } = await start(first.at, { policy: 'stock' }, 'once');
  await expect.poll(async () => (await seen(first.at, id)).pass, { timeout: 60_000 }).toBeGreaterThan(0);
  first.service.process.kill('SIGTERM');
  expect((await first.service.ended).status).toBe(0);
  {
    await using source = await connectQmp(bed.pair.source.qmpPath);
    expect(await source.execute('query-migrate')).toMatchObject({ status: 'active' });
  }
  expect(await bed.pair.source.runState()).toBe('running');

  const second = await serve();
  await second.service.prints(new RegExp(`${id}: gone on with`));
  second.service.process.kill('SIGKILL');
  expect((await second.service.ended).signal).toBe('SIGKILL');

  const third = await serve();
  await third.service.prints(new RegExp(`${id}: gone on with`));
  // What is asked for again under its key is that migration, whichever service began it.
  expect((await start(third.at, { policy: 'stock' }, 'once')).id).toBe(id);
  const other = await post(third.at, '/v1/migrations', startRequest(), 'once');
  expect(await other.json()).toMatchObject({ status: 422, code: 'key-used' });
  expect((await post(third.at, `/v1/migrations/${id}/cancel`, {})).status).toBe(202);
  expect(await ended(third.at, id)).toMatchObject({ outcome: 'cancelled', runsOn: 'source' });
  await bed.verify('source');
});

test('what is refused is told with all that forbids it, and nothing is touched', async () => {
  const { at } = await serve();
  const body = JSON.stringify({
    vm: bed.source,
    destination: 'qmp:/nowhere.sock',
    migrateUri: bed.pair.migrateUri,
  });
  const response = await fetch(`${at}/v1/migrations`, { method: 'POST', headers, body });
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await response.json()).toMatchObject({
    status: 409,
    detail: expect.stringContaining('/nowhere.sock'),
  });
  expect((await (await fetch(`${at}/v1/migrations`, { headers })).json()) as object).toEqual({
    migrations: [],
    next: null,
  });
  await bed.verify('source');
});
