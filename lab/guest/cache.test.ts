import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { builtOnce } from './cache.ts';

const newKey = () => `test-${randomBytes(4).toString('hex')}`;

test('of two builders at once one wins, and neither sees half of anything', async () => {
  const key = newKey();
  let builds = 0;
  const build = async (folder: string) => {
    builds++;
    await writeFile(join(folder, 'one'), 'one');
    await sleep(50);
    await writeFile(join(folder, 'two'), 'two');
  };
  const folders = await Promise.all([builtOnce(key, build), builtOnce(key, build)]);
  expect(new Set(folders).size).toBe(1);
  expect(await readFile(join(folders[0], 'two'), 'utf8')).toBe('two');
  await builtOnce(key, build);
  expect(builds).toBe(2);
  await rm(folders[0], { recursive: true });
});

test('a build that fails leaves nothing, and can be tried again', async () => {
  const key = newKey();
  const failing = builtOnce(key, async () => await Promise.reject(new Error('no compiler')));
  await expect(failing).rejects.toThrow('no compiler');
  const folder = await builtOnce(key, async (target) => await writeFile(join(target, 'x'), 'x'));
  expect(await readFile(join(folder, 'x'), 'utf8')).toBe('x');
  await rm(folder, { recursive: true });
});
