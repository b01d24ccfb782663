import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { entriesOf } from './tree.ts';

test('lists folders before their files, with links as links and owners as told', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'switchover-tree-'));
  await mkdir(join(folder, 'data/deep'), { recursive: true });
  await writeFile(join(folder, 'data/deep/file'), 'content');
  await chmod(join(folder, 'data/deep/file'), 0o640);
  await symlink('data', join(folder, 'alias'));
  const entries = await entriesOf(folder, (path) => (path.startsWith('data') ? 70 : 0));
  await rm(folder, { recursive: true });
  expect(entries.map(({ kind, path }) => [kind, path])).toEqual([
    ['link', 'alias'],
    ['folder', 'data'],
    ['folder', 'data/deep'],
    ['file', 'data/deep/file'],
  ]);
  expect(entries[0]).toMatchObject({ target: 'data' });
  expect(entries[3]).toMatchObject({ permissions: 0o640, owner: 70, content: Buffer.from('content') });
});
