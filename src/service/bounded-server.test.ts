/** What one may cost who is slow, or sends what is no request. */
import http from 'node:http';
import net from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { BOUNDS, bound } from './bounded-server.ts';

let server: http.Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const QUICK = { headersTimeout: 200, requestTimeout: 200, connectionsCheckingInterval: 20 };

async function listen(
  listener: http.RequestListener = (_, response) => void response.end('ok'),
): Promise<number> {
  server = http.createServer({ ...BOUNDS, ...QUICK }, listener);
  bound(server, { answerWithinMs: 300, mostOfAnAddress: 3 });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return (server.address() as net.AddressInfo).port;
}

/** @returns all that it answered, once it closed the connection */
async function answerTo(port: number, send: (socket: net.Socket) => void): Promise<string> {
  const socket = net.connect(port, '127.0.0.1').setEncoding('utf8');
  socket.on('error', () => {});
  let answer = '';
  socket.on('data', (text) => {
    answer += text;
  });
  socket.once('connect', () => send(socket));
  await new Promise((resolve) => socket.once('close', resolve));
  return answer;
}

const get = (more = '') => `GET / HTTP/1.1\r\nHost: localhost\r\n${more}`;

test.each<[string, (socket: net.Socket) => void, RegExp]>([
  ['nothing', () => {}, /^HTTP\/1.1 408 .*"code":"too-slow"/s],
  [
    'a header line now and then',
    (socket) => {
      socket.write(get());
      const timer = setInterval(() => socket.write('X-A: b\r\n'), 20);
      socket.once('close', () => clearInterval(timer));
    },
    /^HTTP\/1.1 408 .*within 10 s/s,
  ],
  [
    'a body that does not come',
    (socket) => socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{'),
    /408|ok/,
  ],
  [
    'headers without end',
    (socket) => socket.write(get(`X-A: ${'b'.repeat(20_000)}\r\n\r\n`)),
    /431 .*16384 bytes/s,
  ],
  ['what is no HTTP', (socket) => socket.write('hello\r\n\r\n'), /^HTTP\/1.1 400 .*"code":"no-http"/s],
])('who sends %s is told so, and let go of', async (_, send, words) => {
  const started = performance.now();
  expect(await answerTo(await listen(), send)).toMatch(words);
  expect(performance.now() - started).toBeLessThan(5000);
});

test('who does not read his answer is let go of, and the answer with him', async () => {
  const port = await listen((_, response) => void response.end('x'.repeat(50e6)));
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(get('\r\n'));
  await expect.poll(async () => await open(), { timeout: 5000 }).toBe(1);
  socket.pause();
  await expect.poll(async () => await open(), { timeout: 5000 }).toBe(0);
  socket.destroy();
});

test('one address has no more connections than it may', async () => {
  const port = await listen();
  const sockets = Array.from({ length: 6 }, () => net.connect(port, '127.0.0.1').on('error', () => {}));
  await expect.poll(() => sockets.filter(({ closed }) => closed).length).toBe(3);
  for (const socket of sockets) socket.destroy();
  await expect.poll(async () => await open()).toBe(0);
  expect(await answerTo(port, (socket) => socket.write(get('Connection: close\r\n\r\n')))).toMatch(/ok$/);
});

async function open(): Promise<number> {
  return await new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
}
