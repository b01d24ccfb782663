/** `switchover serve --database`, as a process: its own PostgreSQL, its end, and the journals of the command line. */
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Running, switchover } from '../lab/switchover-process.ts';
import { FolderJournals } from '../src/journal/folder/folder-journals.ts';
import { recordInto } from '../src/journal/postgres/testing/record-into.ts';
import type { Page } from '../src/service/migrations-page.ts';

const SOON = { timeout: 50_000, interval: 50 };

let stateDir: string;
const services: Running[] = [];
beforeEach(() => {
  stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-serve-'));
});
afterEach(async () => {
  for (const service of services.splice(0)) {
    service.process.kill('SIGTERM');
    await service.ended;
  }
  fs.rmSync(stateDir, { recursive: true });
}, 60_000);

function serve(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const listen = ['--listen', `unix:${path.join(stateDir, 'serve.sock')}`];
  const service = new Running(['serve', ...listen, '--no-watch', '--state-dir', stateDir, ...args], env);
  services.push(service);
  return service;
}

async function get(place: string): Promise<string> {
  const socketPath = path.join(stateDir, 'serve.sock');
  return await new Promise((resolve, reject) => {
    http
      .get({ socketPath, path: place, headers: { host: 'localhost' } }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve(text));
      })
      .once('error', reject);
  });
}

const serverRuns = () => fs.existsSync(path.join(stateDir, 'postgres', 'data', 'postmaster.pid'));

test('its own is started and stopped with it, has the journals of the command line, and outlives a kill -9', async () => {
  const id = await recordInto(new FolderJournals(stateDir));
  const first = serve(['--database', 'embedded']);
  await first.prints(/the store in .*postgres has all journals in .*journal$/m);
  expect(await get('/readyz')).toBe('ready\n');
  first.process.kill('SIGKILL');
  await first.ended;
  expect(serverRuns()).toBe(true);

  const later = await recordInto(new FolderJournals(stateDir));
  fs.rmSync(path.join(stateDir, 'journal', `${id}.jsonl`));
  const second = serve(['--database', 'embedded']);
  await expect.poll(async () => await get('/readyz').catch(() => ''), SOON).toBe('ready\n');
  const { migrations } = JSON.parse(await get('/v1/migrations')) as Page;
  expect(migrations.map((each) => each.id)).toEqual([later, id]);
  second.process.kill('SIGTERM');
  expect((await second.ended).status).toBe(0);
  expect(serverRuns()).toBe(false);
});

/** As it would be had it been written so long ago. */
function age(id: string, days: number): void {
  const at = new Date(Date.now() - days * 24 * 3600e3);
  for (const name of fs.readdirSync(path.join(stateDir, 'journal')).filter((each) => each.startsWith(id))) {
    const file = path.join(stateDir, 'journal', name);
    const text = fs.readFileSync(file, 'utf8').replace(/"time":"[^"]*"/g, `"time":"${at.toISOString()}"`);
    fs.writeFileSync(file, text);
    fs.utimesSync(file, at, at);
  }
}

test('what is older than --keep-for goes from the folder, and with a database from both', async () => {
  const folder = new FolderJournals(stateDir);
  const [old, young] = [await recordInto(folder), await recordInto(folder)];
  age(old, 40);
  age(young, 20);
  const alone = serve(['--keep-for', '30d']);
  await alone.prints(/^removed 1 old journal of [\d.]+ kB from the folder; 1 left$/m);
  expect(await folder.list()).toEqual([young]);
  alone.process.kill('SIGTERM');
  await alone.ended;

  const both = serve(['--database', 'embedded', '--keep-for', '1d']);
  await both.prints(/^removed 1 old journals from the database$/m);
  await both.prints(/^removed 1 old journal of [\d.]+ kB from the folder; 0 left$/m);
  expect(JSON.parse(await get('/v1/migrations'))).toEqual({ migrations: [], next: null });

  const refused = await switchover('serve', '--keep-size', '5');
  expect([refused.status, refused.stderr]).toEqual([
    2,
    expect.stringContaining('write it like 500MB or 10GB'),
  ]);
});

test('a state folder that is not there yet is made, closed to others; one that cannot be made is refused', async () => {
  const [parent, taken] = [stateDir, path.join(stateDir, 'file')];
  stateDir = path.join(parent, 'new', 'state');
  const service = serve([]);
  await service.prints(/^switchover .* follows no host/m);
  expect(fs.statSync(stateDir).mode & 0o777).toBe(0o700);
  // It says that it serves before it has looked for what another one left.
  await expect.poll(() => get('/readyz'), SOON).toBe('ready\n');
  stateDir = parent;

  fs.writeFileSync(taken, '');
  expect(await switchover('serve', '--no-watch', '--state-dir', path.join(taken, 'state'))).toMatchObject({
    ...{ status: 2, stdout: '' },
    stderr: expect.stringMatching(
      /^switchover: the state folder \S+ cannot be made .*: choose another with --state-dir\n$/,
    ),
  });
});

test('one that cannot be reached is told, and the service serves; one that is none is refused', async () => {
  const service = serve([], { SWITCHOVER_DATABASE: 'postgres://a:geheim@127.0.0.1:1/x' });
  await service.prints(
    /WARNING: the database postgres:\/\/a@127\.0\.0\.1:1\/x cannot be reached \(nothing listens there\); migrations go on/,
  );
  await expect.poll(() => get('/readyz'), SOON).toMatch(/nothing listens there/);
  expect(await get('/v1/migrations')).toMatch(
    /"migrations":\[\],"next":null,"problem":".*nothing listens there/,
  );
  service.process.kill('SIGTERM');
  const { status, stdout } = await service.ended;
  expect([status, stdout.includes('geheim')]).toEqual([0, false]);

  expect(
    await switchover('serve', '--database', 'geheim', '--no-watch', '--state-dir', stateDir),
  ).toMatchObject({
    ...{ status: 3, stdout: '' },
    stderr: expect.stringMatching(/^switchover: --database takes the address of a PostgreSQL, .*\n$/),
  });
  expect(
    await switchover('serve', '--database', 'postgres://a/b', '--data-dir', '/x', '--state-dir', stateDir),
  ).toMatchObject({ status: 2, stderr: expect.stringMatching(/exclude each other/) });
});
