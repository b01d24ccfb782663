import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listenerOf, listeningQemu, readQuietly } from './listening-process.ts';

let folder: string;
let server: Server;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'listening-'));
  server = createServer();
  await new Promise<void>((resolve) => server.listen(path.join(folder, 'qmp.sock'), resolve));
});

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

test('a process that is no QEMU proves nothing, though it listens there: it may be the near end of a tunnel', () => {
  const socket = path.join(folder, 'qmp.sock');
  expect(listenerOf(socket)).toBeUndefined();
  expect(listeningQemu(socket)).toBeUndefined();
});

test('nor does a socket at which nobody listens', () =>
  expect(listeningQemu(path.join(folder, 'nobody.sock'))).toBeUndefined());

test('a file that is not there, or not ours, reads as nothing', () => {
  expect(readQuietly(path.join(folder, 'nothing'))).toBe('');
  expect(readQuietly(folder)).toBe('');
});

/** Listens there under QEMU's name, by which one is found. */
const LIKE_QEMU = `process.title = 'qemu-test'; require('node:net').createServer().listen(process.argv[1], () => console.log('listens'))`;

test('a QEMU that listens there is found, and its end is seen', async () => {
  const socket = path.join(folder, 'qemu.sock');
  const child = spawn(process.execPath, ['-e', LIKE_QEMU, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(child.stdout, 'data');
    const found = listeningQemu(socket);
    expect(found?.words).toBe(`its process ${child.pid}`);
    expect(found?.isRunning()).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(found?.isRunning()).toBe(false);
  } finally {
    child.kill('SIGKILL');
  }
});
