/** Who asks too often, or holds too much open, over real connections. */
import http from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { ServiceBed } from './testing/service-bed.ts';

async function serve() {
  const bed = new ServiceBed();
  onTestFinished(async () => await bed[Symbol.asyncDispose]());
  return { bed, port: await bed.listen() };
}

interface Answer {
  readonly status: number | undefined;
  readonly retryAfter: string | undefined;
  readonly code: string | undefined;
}

async function ask(port: number, place: string, token?: string, agent?: http.Agent): Promise<Answer> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return await new Promise((resolve, reject) => {
    http
      .get({ host: '127.0.0.1', port, path: place, headers, ...(agent ? { agent } : {}) }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.once('end', () =>
          resolve({
            status: response.statusCode,
            retryAfter: response.headers['retry-after'],
            code: /"code":"([a-z-]+)"/.exec(text)?.[1],
          }),
        );
      })
      .once('error', reject);
  });
}

function tally(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, code } of answers) {
    const key = `${status} ${code ?? ''}`.trim();
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

test('ten thousand requests in a minute: most are told when to come back, memory does not grow, a migration goes on', async () => {
  const { bed, port } = await serve();
  const token = bed.access.add('busy', 'view');
  const other = bed.access.add('other', 'view');
  const id = await bed.migrate('slow');
  const agent = new http.Agent({ keepAlive: true, maxSockets: 10 });
  onTestFinished(() => agent.destroy());
  let longestTurnMs = 0;
  let turn = performance.now();
  const timer = setInterval(() => {
    longestTurnMs = Math.max(longestTurnMs, performance.now() - turn);
    turn = performance.now();
  }, 5);
  const flood = async (count: number) =>
    await Promise.all(
      Array.from({ length: count }, async () => await ask(port, '/v1/migrations?limit=1', token, agent)),
    );
  // Fewer than an address may ask at once, so that the other token is not held up by that.
  const first = await flood(300);
  const heapBefore = process.memoryUsage().heapUsed;
  const answers = [...first, ...(await flood(600))];
  clearInterval(timer);
  const { '200': through = 0, '429 too-often': refused = 0 } = tally(answers);
  expect(through + refused).toBe(answers.length);
  expect(through).toBeGreaterThanOrEqual(200);
  expect(refused).toBeGreaterThan(answers.length / 2);
  const told = answers.find(({ status }) => status === 429);
  expect(Number(told?.retryAfter)).toBeGreaterThanOrEqual(1);
  expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(100e6);
  // A busy machine: it is only meant to find what stands still.
  expect(longestTurnMs).toBeLessThan(2000);
  expect((await bed.migrations.get(id)).view.outcome?.outcome ?? 'completed').toBe('completed');
  // Another token, and the owner by the socket, are not held up.
  expect((await ask(port, '/v1/session', other)).status).toBe(200);
  expect((await bed.ask('GET', '/v1/session')).status).toBe(200);
  expect(await (await bed.ask('GET', '/metrics')).text()).toMatch(
    /switchover_http_refused_total\{reason="rate"\} [1-9]/,
  );
});

test('acts have a bound of their own', async () => {
  const { bed, port } = await serve();
  const token = bed.access.add('ops', 'operate');
  const act = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/v1/migrations/none/cancel`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    return response.status;
  };
  const statuses: number[] = [];
  for (let at = 0; at < 80; at += 1) statuses.push(await act());
  expect(bed.said).toEqual([]);
  expect(statuses.slice(0, 60)).not.toContain(429);
  expect(statuses.at(-1)).toBe(429);
  expect((await ask(port, '/v1/session', token)).status).toBe(200);
});

test('who tries tokens is slowed down and told of, and shuts nobody out who has a right one', async () => {
  const { bed, port } = await serve();
  const token = bed.access.add('ops', 'view');
  const answers: Answer[] = [];
  for (let at = 0; at < 30; at += 1) answers.push(await ask(port, '/v1/session', `wrong-${at}`));
  expect(tally(answers)).toEqual({ '401 token-unknown': 10, '429 too-often': 20 });
  expect(bed.said).toEqual(['127.0.0.1 tries tokens that are not known or have expired, over and over']);
  expect((await ask(port, '/v1/session', token)).status).toBe(200);
});

test('so many event streams are open at once, and one that is closed makes room', async () => {
  const { port } = await serve();
  const streams: http.ClientRequest[] = [];
  const openOne = async () =>
    await new Promise<number | undefined>((resolve) => {
      const request = http.get({ host: '127.0.0.1', port, path: '/v1/events' }, (response) => {
        response.resume().on('error', () => {});
        resolve(response.statusCode);
      });
      request.on('error', () => {});
      streams.push(request);
    });
  const statuses = await Promise.all(Array.from({ length: 100 }, openOne));
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(await ask(port, '/v1/events')).toMatchObject({
    status: 429,
    code: 'too-many-open',
    retryAfter: '10',
  });
  streams[0]?.destroy();
  await expect.poll(openOne).toBe(200);
  for (const stream of streams) stream.destroy();
});

test('a URL that is too long is told', async () => {
  const { port } = await serve();
  expect(await ask(port, `/v1/migrations?q=${'x'.repeat(9000)}`)).toMatchObject({
    status: 414,
    code: 'url-too-long',
  });
});
