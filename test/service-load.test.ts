/**
 * A real `serve`, asked what it should not be asked and more than it should be: each answer is a clear one, its memory stays
 * bounded and no decision is late. Much more of it is in `service-load.long.test.ts`.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { journalsOf } from '../bench/service/journals-of.ts';
import { decisionsLateMs } from '../bench/service/lateness.ts';
import { Served } from '../bench/service/served.ts';
import type { MigrationSummary } from '../src/service/migration-summary.ts';
import { ask, flood, problemIn } from './service-load/asking.ts';
import { readSlowly, sendRaw } from './service-load/raw-request.ts';

/** On a machine that does other work too; a service that is held up by its clients is so for much longer. */
const DECIDED_WITHIN_MS = 2000;
const GROWN_BY_BYTES = 200e6;

let served: Served;
beforeAll(async () => {
  served = await Served.start('--demo', '--guests', '20');
});
afterAll(async () => await served?.[Symbol.asyncDispose]());

const JSON_TYPE = { 'content-type': 'application/json' };
const post = (body: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit => ({
  method: 'POST',
  headers: { ...JSON_TYPE, ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const START = { vm: 'web-1', destination: 'there' };
const EVIL_IDS = [
  'nothing',
  '..%2F..%2Ftokens',
  '%00',
  'a'.repeat(900),
  '%F0%9F%92%A5',
  '%22%3E%3Cscript%3E',
  '*',
];

async function running(): Promise<MigrationSummary> {
  let found: MigrationSummary | undefined;
  await expect
    .poll(
      async () => {
        const { text } = await ask(served.at, '/v1/migrations?state=running');
        const { migrations } = JSON.parse(text) as { migrations: MigrationSummary[] };
        found = migrations.find(({ vm, actions }) => vm.startsWith('db-primary') && actions.length > 0);
        return found;
      },
      { timeout: 30_000 },
    )
    .toBeDefined();
  return found as MigrationSummary;
}

describe('what is wrong is told in a problem document:', () => {
  test.each(EVIL_IDS)('no migration is called %s', async (id) => {
    for (const place of ['', '/events', '/cancel', '/limits', '/replay']) {
      const init = ['', '/events'].includes(place) ? {} : post(place === '/limits' ? { downtimeMs: 1 } : {});
      const answer = await ask(served.at, `/v1/migrations/${id}${place}`, init);
      expect([place, answer.status]).toEqual([place, 404]);
      expect(problemIn(answer)).toBe('no-such-migration');
    }
  });

  const CASES: readonly (readonly [
    what: string,
    place: string,
    init: RequestInit,
    status: number,
    code: string,
  ])[] = [
    ['a place that is not there', '/v2/migrations', {}, 404, 'no-such-place'],
    ['a file of ours', '/../../etc/passwd', {}, 404, 'no-such-place'],
    ['a method that it has not', '/v1/migrations', { method: 'DELETE' }, 405, 'no-such-method'],
    ['a method that it has not, of one', '/v1/migrations/x/cancel', { method: 'PUT' }, 405, 'no-such-method'],
    ['no JSON', '/v1/migrations', post('{"vm":'), 400, 'no-json'],
    ['a list', '/v1/migrations', post([]), 422, 'not-understood'],
    ['null', '/v1/migrations', post(null), 422, 'not-understood'],
    ['nothing of what is needed', '/v1/migrations', post({}), 422, 'not-understood'],
    ['more than there is', '/v1/migrations', post({ ...START, force: true }), 422, 'not-understood'],
    ['a pause below zero', '/v1/migrations', post({ ...START, maxDowntimeMs: -1 }), 422, 'not-understood'],
    [
      'a pause that is a word',
      '/v1/plans',
      post({ vm: 'web-1', maxDowntimeMs: '1s' }),
      422,
      'not-understood',
    ],
    ['a program to run', '/v1/migrations', post({ ...START, migrateUri: 'exec:id' }), 422, 'not-understood'],
    ['a long name', '/v1/migrations', post({ ...START, vm: 'x'.repeat(5000) }), 422, 'not-understood'],
    ['a guest that is not there', '/v1/migrations', post({ ...START, vm: 'mail' }), 409, 'no-domain'],
    ['a body of 70 KB', '/v1/migrations', post(`"${'x'.repeat(70_000)}"`), 413, 'too-large'],
    ['a limit of 0', '/v1/migrations?limit=0', {}, 422, 'not-understood'],
    ['a limit of a million', '/v1/migrations?limit=1000000', {}, 422, 'not-understood'],
    ['a state that is none', '/v1/migrations?state=asleep', {}, 422, 'not-understood'],
    ['a question that is none', '/v1/migrations?order=size', {}, 422, 'not-understood'],
    ['a wait of a day', '/v1/migrations/x?wait=86400s', {}, 422, 'not-understood'],
    [
      'events after none',
      '/v1/migrations/x/events',
      { headers: { 'last-event-id': 'all' } },
      422,
      'not-understood',
    ],
    [
      'another page',
      '/v1/migrations',
      post(START, { origin: 'https://evil.example' }),
      403,
      'another-origin',
    ],
  ];
  test.each(CASES)('%s', async (_, place, init, status, code) => {
    const answer = await ask(served.at, place, init);
    expect([answer.status, answer.text]).toEqual([status, answer.text]);
    expect(problemIn(answer)).toBe(code);
    if (status === 405) expect(answer.headers.get('allow')).toMatch(/GET|POST/);
  });

  test('a body of any size in pieces, without its length', async () => {
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(16_384).fill(120)),
    });
    const init = { method: 'POST', headers: JSON_TYPE, body, duplex: 'half' } as RequestInit;
    // Answered, or cut while it still sends.
    const answer = await ask(served.at, '/v1/migrations', init).catch(() => undefined);
    if (answer) expect([answer.status, problemIn(answer)]).toEqual([413, 'too-large']);
  });

  test('limits for how it was before', async () => {
    const { id } = await running();
    const place = `/v1/migrations/${id}/limits`;
    const stale = await ask(served.at, place, post({ maxDowntimeMs: 3000 }, { 'if-match': '"1"' }));
    expect([stale.status, problemIn(stale)]).toEqual([412, expect.stringMatching(/\w/)]);
    const nonsense = await ask(served.at, place, post({ maxDowntimeMs: 3000 }, { 'if-match': 'yesterday' }));
    expect([412, 422]).toContain(nonsense.status);
    problemIn(nonsense);
  });

  test.each([
    ['of somebody else', 'Host: evil.example\r\n'],
    ['of an address', 'Host: 169.254.169.254\r\n'],
    ['that looks like ours', 'Host: localhost.evil.example\r\n'],
    ['with a port and somebody else', 'Host: evil.example:80\r\n'],
  ])('a Host %s', async (_, host) => {
    const answered = await sendRaw(served.at, `GET /v1/session HTTP/1.1\r\n${host}Connection: close\r\n\r\n`);
    expect(answered).toMatch(/^HTTP\/1\.1 (421|429) /);
    if (answered.includes(' 421 ')) expect(answered).toContain('"code":"another-host"');
  });

  test.each([
    ['no Host at all', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n'],
    ['no HTTP', 'hello\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['a header of 100 KB', `GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ${'a'.repeat(100_000)}\r\n\r\n`],
    [
      'two lengths',
      'POST /v1/migrations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\n{}',
    ],
    [
      'a length beside pieces',
      'POST /v1/migrations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
  ])('%s is not taken, and the service goes on', async (_, text) => {
    const answered = await sendRaw(served.at, text);
    if (answered !== '') expect(answered).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect((await ask(served.at, '/healthz')).text).toBe('ok\n');
  });
});

test('hundreds of requests and readers that do not read hold up no decision, and take no memory for good', async () => {
  const beforeBytes = served.memoryBytes();
  const stuck = Array.from({ length: 40 }, (_, at) =>
    readSlowly(served.at, '/v1/events', at % 2 === 0 ? 0 : 4000),
  );
  const { id } = await running();
  const places = [
    '/v1/migrations',
    `/v1/migrations/${id}`,
    '/v1/hosts',
    '/metrics',
    '/',
    '/v1/migrations/none',
  ];
  const { statuses } = await flood(served.at, places, { count: 800, atOnce: 20 });
  expect([...statuses.keys()].filter((status) => ![200, 404, 429].includes(status))).toEqual([]);
  expect(statuses.get(200)).toBeGreaterThan(0);
  expect(served.memoryBytes() - beforeBytes).toBeLessThan(GROWN_BY_BYTES);
  for (const each of stuck) each.end();
  let late: number[] = [];
  // Those that have ended tell how late everything of them was.
  await expect
    .poll(
      async () => {
        late = [...(await journalsOf(served)).values()].flatMap(decisionsLateMs);
        return late.length;
      },
      { timeout: 50_000, interval: 2000 },
    )
    .toBeGreaterThan(100);
  expect(Math.max(...late)).toBeLessThan(DECIDED_WITHIN_MS);
});
