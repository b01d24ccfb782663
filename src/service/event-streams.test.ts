/** A stream to one who does not read. */
import http from 'node:http';
import net from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { expect, onTestFinished, test } from 'vitest';
import { streamMigrations } from './event-streams.ts';
import { ServiceBed } from './testing/service-bed.ts';

test('who reads nothing is let go of after a time, with what was kept for him; who reads is not', async () => {
  const bed = new ServiceBed();
  onTestFinished(async () => await bed[Symbol.asyncDispose]());
  const ids = await Promise.all(
    [1, 2, 3].map(async () => await bed.migrate('slow', { reason: 'x'.repeat(1024) })),
  );
  // Something is new as fast as it can be told, so that what the system keeps for a socket fills up.
  const { live } = bed;
  const timer = setInterval(() => {
    for (const listener of Reflect.get(live, 'listeners') as Set<(id: string) => void>)
      for (const id of ids) listener(id);
  }, 1);
  onTestFinished(() => clearInterval(timer));
  let streams = 0;
  const app = new Hono();
  app.get('/', (c) => {
    streams += 1;
    return streamMigrations(c, bed.migrations, { readWithinMs: 400, toldEveryMs: 0 });
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
