import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { switchover } from '../../lab/switchover-process.ts';
import { manPages } from './pages.ts';

let pages: ReadonlyMap<string, string>;
beforeAll(async () => {
  pages = await manPages(Date.UTC(2026, 10, 29));
});

test('every command that --help knows has a page, and one that it has below it too', async () => {
  const { stdout } = await switchover('--help');
  const commands = [...(stdout.split('Commands:')[1] ?? '').matchAll(/^ {2}([a-z]+)/gm)].map(
    ([, name]) => name,
  );
  expect(commands.length).toBeGreaterThan(8);
  const expected = commands.filter((name) => name !== 'help').map((name) => `switchover-${name}.1`);
  expect([...pages.keys()]).toEqual(
    expect.arrayContaining(['switchover.1', ...expected, 'switchover-config-show.1']),
  );
});

test('a page tells what --help does: every option, the statuses and the examples', async () => {
  const { stdout } = await switchover('migrate', '--help');
  const options = [
    ...(stdout.split('Global Options')[0] ?? '').matchAll(/^ {2}(?:-\w, )?(--[a-z0-9-]+)/gm),
  ].map(([, option = '']) => option);
  expect(options.length).toBeGreaterThan(30);
  const page = pages.get('switchover-migrate.1') ?? '';
  for (const option of options) expect(page).toContain(`\\fB${option.replaceAll('-', '\\-')}\\fR`);
  for (const status of ['0', '1', '2', '3', '4', '5', '6', '130'])
    expect(page).toContain(`\\fB${status}\\fR\n`);
  expect(page).toContain('\\&$ switchover migrate vm1 qemu+ssh://root@host2/system\n');
});

// What is read by is there on the machines of most developers, and not on every one.
describe.runIf(spawnSync('groff', ['--version']).status === 0)('groff', () => {
  test('has nothing to say against any page', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-man-'));
    try {
      for (const [name, page] of pages) {
        fs.writeFileSync(path.join(folder, name), page);
        const read = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-z', name], {
          cwd: folder,
          encoding: 'utf8',
        });
        expect(read).toMatchObject({ status: 0, stderr: '' });
      }
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
