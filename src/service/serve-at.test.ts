import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Arrival } from './route-parts.ts';
import { isThisMachineOnly, type Listening, parsePlace, placeInWords, serveAt } from './serve-at.ts';

describe('places', () => {
  test.each([
    ['127.0.0.1:8686', 'http://127.0.0.1:8686/', true],
    ['localhost:1', 'http://localhost:1/', true],
    ['[::1]:8686', 'http://[::1]:8686/', true],
    ['0.0.0.0:80', 'http://0.0.0.0:80/', false],
    ['[::]:80', 'http://[::]:80/', false],
    ['unix:/run/a b.sock', 'unix:/run/a b.sock', true],
  ])('%s', (text, words, here) => {
    expect(placeInWords(parsePlace(text))).toBe(words);
    expect(isThisMachineOnly(parsePlace(text))).toBe(here);
  });

  test.each(['8686', '127.0.0.1', '127.0.0.1:99999', 'host.example:80', 'unix:run.sock', '::1:80', ''])(
    'not %s',
    (text) => expect(() => parsePlace(text)).toThrow(/write it like|from the root/),
  );
});

test('a socket in a folder that is not there', async () =>
  await expect(serveAt(parsePlace('unix:/no/such/folder/serve.sock'), () => new Response())).rejects.toThrow(
    'cannot listen at unix:/no/such/folder/serve.sock: there is no folder /no/such/folder: make it first',
  ));

describe('listening', () => {
  let folder: string;
  const open: Listening[] = [];
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-serve-'));
    return () => fs.rmSync(folder, { recursive: true });
  });
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
  });
  const tellArrival = (_: Request, { bySocket }: Arrival) => new Response(String(bySocket));
  const serve = async (text: string) => {
    const listening = await serveAt(parsePlace(text), tellArrival);
    open.push(listening);
    return listening;
  };
  const get = async (options: http.RequestOptions) =>
    await new Promise<string>((resolve, reject) => {
      http
        .get({ ...options, path: '/' }, (response) => response.setEncoding('utf8').on('data', resolve))
        .once('error', reject);
    });

  test('by a port and by a socket that its owner alone may use: which one it was is known of each request', async () => {
    const file = path.join(folder, 'a.sock');
    const { place } = await serve('127.0.0.1:0');
    await serve(`unix:${file}`);
    expect(await get({ host: '127.0.0.1', port: place.kind === 'tcp' ? place.port : 0 })).toBe('false');
    expect(await get({ socketPath: file })).toBe('true');
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  });

  test('a socket that a killed service left is replaced; one at which a service listens, and any other file, are not', async () => {
    const file = path.join(folder, 'a.sock');
    const dead = net.createServer().listen(file);
    await new Promise((resolve) => dead.once('listening', resolve));
    fs.renameSync(file, `${file}.kept`);
    dead.close();
    fs.renameSync(`${file}.kept`, file);
    await serve(`unix:${file}`);
    await expect(serve(`unix:${file}`)).rejects.toThrow(/already/);
    const text = path.join(folder, 'notes.txt');
    fs.writeFileSync(text, 'mine');
    await expect(serve(`unix:${text}`)).rejects.toThrow(/cannot listen/);
    expect(fs.readFileSync(text, 'utf8')).toBe('mine');
  });
});
