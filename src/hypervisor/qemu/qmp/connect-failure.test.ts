import { link, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectQmp } from './client.ts';
import { explainConnectFailure } from './connect-failure.ts';
import { QmpConnectError, QmpNegotiationError } from './errors.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qmp-connect-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The error of an attempt to connect, with the system's own as its cause. */
const failure = (path: string) =>
  connectQmp(path).then(
    () => expect.unreachable('connected'),
    (error: unknown) => error as QmpConnectError,
  );

describe('on the real system', () => {
  test('no file: no-socket', async () => {
    const error = await failure(join(folder, 'missing'));
    expect(error).toBeInstanceOf(QmpConnectError);
    expect(error).toMatchObject({ code: 'no-socket', name: 'QmpConnectError', cause: { code: 'ENOENT' } });
    expect(error.message).toContain(join(folder, 'missing'));
    expect(error.message).toContain('-qmp unix:');
  });

  test('a file on the way that is no folder: no-socket', async () => {
    const file = join(folder, 'way');
    await writeFile(file, '');
    expect(await failure(join(file, 'qmp.sock'))).toMatchObject({ code: 'no-socket' });
  });

  test('a file or a folder: not-a-socket, although Linux says refused', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    for (const path of [file, folder]) {
      expect(await failure(path)).toMatchObject({ code: 'not-a-socket', cause: { code: 'ECONNREFUSED' } });
    }
  });

  test('a path of 108 bytes: path-too-long, and 107 are tried', async () => {
    const long = `${folder}/${'x'.repeat(107 - Buffer.byteLength(folder))}`;
    expect(Buffer.byteLength(long)).toBe(108);
    expect(await failure(long)).toMatchObject({ code: 'path-too-long' });
    expect(await failure(long.slice(0, 107))).toMatchObject({ code: 'no-socket' });
  });

  test('a path is measured in bytes, not in characters', async () => {
    const path = `${folder}/${'é'.repeat(53)}`;
    expect(path.length).toBeLessThan(107);
    expect(await failure(path)).toMatchObject({ code: 'path-too-long' });
  });

  test('a socket whose server has gone: refused', async () => {
    const path = join(folder, 'gone.sock');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    // Node removes the file when it closes a server; a QEMU that was killed leaves it behind.
    const kept = join(folder, 'kept.sock');
    await link(path, kept);
    await new Promise((resolve) => server.close(resolve));
    expect(await failure(kept)).toMatchObject({ code: 'refused', cause: { code: 'ECONNREFUSED' } });
  });
});

describe('by the errno', () => {
  test.each([
    ['EACCES', 'permission'],
    ['EPERM', 'permission'],
    ['ENOTSOCK', 'not-a-socket'],
    ['EPROTOTYPE', 'not-a-socket'],
    ['EMFILE', 'other'],
  ])('%s: %s', async (errno, code) => {
    const cause = Object.assign(new Error(`connect ${errno} /run/vm.sock`), { code: errno });
    const error = await explainConnectFailure('/run/vm.sock', cause);
    expect(error).toBeInstanceOf(QmpConnectError);
    expect(error).toMatchObject({ code, cause });
    expect(error.message).toContain('/run/vm.sock');
  });

  test('EAGAIN, the queue of waiting clients is full: busy', async () => {
    const cause = Object.assign(new Error('connect EAGAIN'), { code: 'EAGAIN' });
    const error = await explainConnectFailure('/run/vm.sock', cause);
    expect(error).toBeInstanceOf(QmpNegotiationError);
    expect(error).toMatchObject({ code: 'busy', cause });
  });
});
