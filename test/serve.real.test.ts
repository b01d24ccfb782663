/** The service on real QEMUs: who runs is asked from both, by connections of the test's own. */
import http from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Bed, LOOP } from '../lab/bed.ts';
import { Running, switchover } from '../lab/switchover-process.ts';
import { connectQmp } from '../src/hypervisor/qemu/qmp/client.ts';
import type { MigrationSummary } from '../src/service/migration-summary.ts';
import { ask } from './service-load/asking.ts';

/** Nobody listens, or whoever did has ended. */
const GONE = ['ECONNREFUSED', 'ECONNRESET', 'UND_ERR_SOCKET', 'EPIPE'];

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

/** @param listen of one that was there before; else it has a port of its own @returns it, and where it listens */
async function serve(listen = '127.0.0.1:0'): Promise<{ service: Running; at: string }> {
  const socket = path.join(bed.stateDir, 'serve.sock');
  const places = ['--listen', listen, '--listen', `unix:${socket}`];
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

test('under load it ends and starts again as else, and each who asks is answered, or finds nobody', async () => {
  const first = await serve();
  const { id } = await start(first.at, { policy: 'stock' });
  const answered = new Map<number, number>();
  const strange: string[] = [];
  let isOver = false;
  const asker = async (places: readonly string[]) => {
    for (let turn = 0; !isOver; turn += 1)
      try {
        const response = await fetch(`${first.at}${places[turn % places.length]}`, { headers });
        const text = await response.text();
        answered.set(response.status, (answered.get(response.status) ?? 0) + 1);
        await sleep(1000 * Number(response.headers.get('retry-after') ?? 0));
        // Nobody has to guess what came of it.
        if (response.status === 200 ? text === '' : !('detail' in (JSON.parse(text) as object)))
          strange.push(text);
      } catch (error) {
        const { code } = (error as { cause?: { code?: string } }).cause ?? {};
        if (!GONE.includes(code ?? '')) strange.push(String(error));
        // Who finds nobody does not ask at once again.
        await sleep(20);
      }
  };
  const places = [
    '/v1/migrations',
    `/v1/migrations/${id}`,
    `/v1/migrations/${id}?wait=2s`,
    '/metrics',
    '/v1/hosts',
  ];
  const askers = Array.from({ length: 12 }, (_, at) =>
    asker([...places.slice(at % 5), ...places.slice(0, at % 5)]),
  );
  await expect.poll(() => answered.get(200) ?? 0).toBeGreaterThan(50);
  first.service.process.kill('SIGTERM');
  expect((await first.service.ended).status).toBe(0);
  expect(await bed.pair.source.runState()).toBe('running');

  const before = answered.get(200) ?? 0;
  const second = await serve(new URL(first.at).host);
  await second.service.prints(new RegExp(`${id}: gone on with`));
  await expect.poll(() => answered.get(200) ?? 0).toBeGreaterThan(before + 50);
  expect((await post(second.at, `/v1/migrations/${id}/cancel`, {})).status).toBe(202);
  const { text } = await ask(second.at, `/v1/migrations/${id}?wait=90s`, { headers });
  expect(JSON.parse(text)).toMatchObject({ outcome: 'cancelled', runsOn: 'source' });
  isOver = true;
  await Promise.all(askers);
  expect(strange).toEqual([]);
  expect([...answered.keys()].filter((status) => ![200, 429, 503].includes(status))).toEqual([]);
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
