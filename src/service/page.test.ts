import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { OpenAPIHono } from '@hono/zod-openapi';
import { expect, onTestFinished, test } from 'vitest';
import { addPage, readPage } from './page.ts';
import { type Problem, problemResponse } from './problem.ts';
import type { Env } from './route-parts.ts';

function served(files: Readonly<Record<string, string>>): OpenAPIHono<Env> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-page-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), content);
  }
  const app = new OpenAPIHono<Env>();
  app.onError((error, c) => problemResponse(c, error as Problem));
  addPage(app, readPage(folder));
  return app;
}

test('is served as it was built: the index anew each time, what has its hash in its name for good', async () => {
  const app = served({ 'index.html': '<p>', 'assets/a-1f.js': 'let a', 'assets/secret.pem': 'x' });
  const index = await app.request('/');
  expect(await index.text()).toBe('<p>');
  expect(index.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(index.headers.get('cache-control')).toBe('no-cache');
  const script = await app.request('/assets/a-1f.js');
  expect(await script.text()).toBe('let a');
  expect(script.headers.get('cache-control')).toContain('immutable');
  expect((await app.request('/assets/secret.pem')).status).toBe(404);
  expect((await app.request('/../package.json')).status).toBe(404);
});

test('says so where it was not built', async () => {
  const app = served({});
  expect(await (await app.request('/')).json()).toMatchObject({ status: 404, code: 'no-page' });
});
