/** The page as it is built: small, of plain files, and with nothing that a strict Content-Security-Policy forbids. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';

const MOST_BYTES = 70_000;

let folder: string;
beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-page-'));
  const configFile = path.join(import.meta.dirname, 'vite.config.ts');
  await build({ configFile, logLevel: 'error', build: { outDir: folder } });
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const files = () => fs.readdirSync(folder, { recursive: true, encoding: 'utf8' });
const read = (file: string) => fs.readFileSync(path.join(folder, file));

test('scripts and styles are under 70 KB, compressed', () => {
  const sizes = files()
    .filter((file) => /\.(js|css)$/.test(file))
    .map((file) => gzipSync(read(file)).length);
  expect(sizes.length).toBeGreaterThanOrEqual(2);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  expect(total).toBeGreaterThan(20_000);
  expect(total).toBeLessThan(MOST_BYTES);
});

test('index.html names its own files only, and holds no script and no style', () => {
  const html = read('index.html').toString();
  const named = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address = '']) => address);
  expect(named.length).toBeGreaterThanOrEqual(3);
  for (const address of named) expect(files()).toContain(address.replace('./', ''));
  expect(html).not.toMatch(/<style|style=|<script(?![^>]*\bsrc=)|\son[a-z]+=/);
});

test('nothing is fetched from elsewhere', () => {
  const text = files()
    .filter((file) => /\.(js|css|html)$/.test(file))
    .map((file) => read(file).toString())
    .join('\n');
  // Names of XML namespaces are no addresses.
  const addresses = [...text.matchAll(/(?:https?:)?\/\/[\w-]+\.[\w.-]+[^\s"'`)]*/g)].map(
    ([address]) => address,
  );
  expect(addresses.filter((address) => !address.startsWith('http://www.w3.org/'))).toEqual([]);
  expect(text).not.toContain('@import');
});
