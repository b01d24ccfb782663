/** A stream to one who does not read. */
import http from 'node:http';
import net from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { expect, onTestFinished, test } from 'vitest';
import { streamMigrations } from './event-streams.ts';
import { Rounds } from './rounds.ts';

test('who reads nothing is let go of after a time, with what was kept for him; who reads is not', async () => {
  // Much is new as often as it can be told, so that what the system keeps for a socket fills up.
  const listeners: ((id: string, isNews: boolean) => void)[] = [];
  const live = {
    all: () => [],
    subscribe: (listener: (id: string, isNews: boolean) => void) => {
      listeners.push(listener);
      return () => {};
    },
  };
  const rounds = new Rounds(live, () => `data: ${'x'.repeat(1e6)}\n\n`);
  const timer = setInterval(() => {
    for (const listener of listeners) listener('one', true);
  }, 10);
  onTestFinished(() => clearInterval(timer));
  let streams = 0;
  const app = new Hono();
  app.get('/', (c) => {
    streams += 1;
    return streamMigrations(c, { rounds }, 400);
  });
  const server = http.createServer(
    getRequestListener(async (request, env) => await app.fetch(request, { incoming: env.incoming })),
  );
  server.listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as net.AddressInfo;
  const connect = () => {
    const socket = net.connect(port, '127.0.0.1').on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    return socket;
  };
  const [deaf, reading] = [connect(), connect()];
  let read = 0;
  reading.on('data', (chunk) => {
    read += chunk.length;
  });
  const open = async () =>
    await new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
  await expect.poll(open).toBe(2);
  deaf.pause();
  await expect.poll(open, { timeout: 30_000 }).toBe(1);
  expect(streams).toBe(2);
  const before = read;
  await expect.poll(() => read).toBeGreaterThan(before);
  expect(reading.closed).toBe(false);
});
