import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Way } from './way.ts';

/** Answers every line with the same line. */
let monitor: net.Server;
let folder: string;
let way: Way;

beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'switchover-way-'));
  const monitorPath = path.join(folder, 'monitor');
  monitor = net.createServer((socket) => socket.on('error', () => {}).pipe(socket));
  await new Promise<void>((resolve) => monitor.listen(monitorPath, resolve));
  way = await Way.open(path.join(folder, 'way'), monitorPath);
});
afterEach(async () => {
  await way[Symbol.asyncDispose]();
  monitor.close();
  rmSync(folder, { recursive: true });
});

/** A client of the way. */
function call() {
  const socket = net.connect(way.path);
  let text = '';
  let closed = false;
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    closed = true;
  });
  return {
    say: (line: string) => socket.write(`${line}\n`),
    heard: () => text,
    closed: () => closed,
    hangUp: () => socket.destroy(),
  };
}

test('carries both directions', async () => {
  const client = call();
  client.say('hello');
  await expect.poll(client.heard).toBe('hello\n');
  client.hangUp();
});

test('far, it takes its time in each direction, and keeps the order', async () => {
  await way.moveAway(150);
  const client = call();
  const saidMs = performance.now();
  client.say('one');
  client.say('two');
  await expect.poll(client.heard).toBe('one\ntwo\n');
  expect(performance.now() - saidMs).toBeGreaterThanOrEqual(299);
  client.hangUp();
});

test.each([
  ['stale-socket', 'ECONNREFUSED'],
  ['nothing', 'ENOENT'],
] as const)('lost, it leaves %s, and comes back', async (leaves, code) => {
  const client = call();
  client.say('hello');
  await expect.poll(client.heard).toBe('hello\n');
  await way.lose(leaves);
  await expect.poll(client.closed).toBe(true);
  const refused = await new Promise((resolve) => net.connect(way.path).on('error', resolve));
  expect(refused).toMatchObject({ code });
  await way.restore();
  const again = call();
  again.say('again');
  await expect.poll(again.heard).toBe('again\n');
  again.hangUp();
});

test('silent, it accepts and passes nothing on until it speaks again', async () => {
  const [before, during] = [call(), call()];
  before.say('one');
  await expect.poll(before.heard).toBe('one\n');
  await way.fallSilent();
  before.say('two');
  during.say('three');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect([before.heard(), during.heard(), before.closed()]).toEqual(['one\n', '', false]);
  await way.speakAgain();
  await expect.poll(before.heard).toBe('one\ntwo\n');
  await expect.poll(during.heard).toBe('three\n');
  for (const client of [before, during]) client.hangUp();
});

test('holds at a line, which passes when it is let go', async () => {
  const client = call();
  let line: string | undefined;
  await way.holdAt('to-qemu', /secret/, (held) => {
    line = held;
  });
  client.say('first\nthe secret\nlast');
  await expect.poll(client.heard).toBe('first\n');
  await expect.poll(() => line).toBe('the secret\n');
  expect(client.heard()).toBe('first\n');
  await way.letGo('to-qemu');
  await expect.poll(client.heard).toBe('first\nthe secret\nlast\n');
  client.hangUp();
});
