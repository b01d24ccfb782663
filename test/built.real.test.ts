/** What is published is compiled, and loads files by names that no compiler checks: it has to run. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = path.join(import.meta.dirname, '..');
const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'switchover-built-'));
  cpSync(path.join(ROOT, 'package.json'), path.join(folder, 'package.json'));
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  const tsc = path.join(ROOT, 'node_modules', '.bin', 'tsc');
  await run(tsc, ['-p', path.join(ROOT, 'tsconfig.build.json'), '--outDir', path.join(folder, 'dist')]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the built program simulates on threads, and draws', async () => {
  const svg = path.join(folder, 'fleet.svg');
  const scenario = path.join(ROOT, 'docs', 'examples', 'fleet.toml');
  const arguments_ = ['--policy', 'mp', '--migrations', '2000', '--json', '--svg', svg];
  const main = path.join(folder, 'dist', 'cli', 'main.js');
  const { stdout } = await run(process.execPath, [main, 'simulate', scenario, ...arguments_]);
  expect(JSON.parse(stdout)).toMatchObject({ results: [{ policy: 'mp', migrations: 2000 }] });
});
