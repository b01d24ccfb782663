import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Problem } from './problem.ts';
import { StartedKeys } from './started-keys.ts';
import { StartedOnce } from './started-once.ts';

const CHILD = path.join(import.meta.dirname, '../../test/testing/start-and-die.ts');

let folder: string;
let file: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-keys-'));
  file = path.join(folder, 'started.jsonl');
  return () => fs.rmSync(folder, { recursive: true });
});

/** As a service that is started anew has it. */
function startedOnce(there: readonly string[] = ['m-1']): StartedOnce {
  return new StartedOnce(new StartedKeys(file), async (id) => there.includes(id));
}

describe('a service that is killed with SIGKILL', () => {
  /** @returns what it printed, or the signal that ended it */
  const startedIn = async (when: string) =>
    await new Promise<string>((resolve, reject) => {
      execFile(process.execPath, [CHILD, file, folder, 'key', when], (error, stdout, stderr) => {
        if (error && !error.signal) reject(new Error(stderr));
        else resolve(error?.signal ?? stdout);
      });
    });
  const begun = () => {
    const list = path.join(folder, 'begun');
    return fs.existsSync(list) ? fs.readFileSync(list, 'utf8').trim().split('\n') : [];
  };

  test('before its key is written down has begun nothing, and the same request starts it', async () => {
    expect(await startedIn('journal open')).toBe('SIGKILL');
    expect(begun()).toEqual([]);
    expect(await startedIn('never')).toMatch(/^m-\d+$/);
    expect(begun()).toHaveLength(1);
  });

  test('after it: the next answers with that migration, and starts none', async () => {
    expect(await startedIn('written down')).toBe('SIGKILL');
    const [journal] = fs.readdirSync(folder).filter((name) => name.startsWith('m-'));
    expect(await startedIn('never')).toBe(journal);
    expect(begun()).toEqual([]);
  });
});

test('after a restart a key is known, another request under it is refused, and a journal that has gone is told', async () => {
  await startedOnce().once('ops/k', 'a', async (begins) => {
    await begins('m-1');
    return 'm-1';
  });
  const start = vi.fn(async () => 'm-2');
  const next = startedOnce();
  expect(await next.once('ops/k', 'a', start)).toBe('m-1');
  await expect(next.once('ops/k', 'b', start)).rejects.toMatchObject({ status: 422, code: 'key-used' });
  await expect(startedOnce([]).once('ops/k', 'a', start)).rejects.toMatchObject({
    status: 409,
    code: 'journal-gone',
    message: expect.stringContaining('m-1'),
  });
  expect(start).not.toHaveBeenCalled();
  // Another caller's key is another.
  expect(await next.once('grafana/k', 'b', start)).toBe('m-2');
});

test('what was refused may be tried again under its key, after a restart too', async () => {
  const refused = async (begins: (id: string) => Promise<void>) => {
    await begins('m-9');
    throw new Problem(409, 'no-memory', 'no room');
  };
  await expect(startedOnce().once('k', 'a', refused)).rejects.toThrow('no room');
  expect(await startedOnce().once('k', 'a', async () => 'm-1')).toBe('m-1');
});

test('a key is forgotten after a day, and with it its line', async () => {
  const now = Date.now();
  const line = (key: string, hoursAgo: number) =>
    `${JSON.stringify({ key, request: 'a', id: 'm-1', time: new Date(now - hoursAgo * 3600e3).toISOString() })}\n`;
  fs.writeFileSync(file, `${line('old', 25)}${line('young', 23)}{"key":"half`);
  const start = vi.fn(async () => 'm-2');
  const once = startedOnce();
  expect(await once.once('young', 'a', start)).toBe('m-1');
  expect(await once.once('old', 'other', start)).toBe('m-2');
  expect(await once.once('half', 'other', start)).toBe('m-2');
  expect(fs.readFileSync(file, 'utf8')).toBe(line('young', 23));
});

test('a file that is written anew now and then keeps every key that is added meanwhile', async () => {
  const once = new StartedOnce(new StartedKeys(file, 20), async () => true);
  const keys = Array.from({ length: 90 }, (_, at) => `k${at}`);
  await Promise.all(
    keys.map(
      async (key) =>
        await once.once(key, 'a', async (begins) => {
          await begins('m-1');
          return 'm-1';
        }),
    ),
  );
  expect((await new StartedKeys(file).read(Date.now())).size).toBe(keys.length);
});

test('where the key cannot be written down nothing is begun', async () => {
  fs.mkdirSync(file);
  const start = vi.fn(async () => 'm-1');
  await expect(startedOnce().once('k', 'a', start)).rejects.toMatchObject({
    status: 503,
    code: 'keys-unusable',
  });
  expect(start).not.toHaveBeenCalled();
});
