/** Commands that go through a service, as a user types them: the same texts, documents and exit statuses as without. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { documentFrom, type Ran, Running } from '../lab/switchover-process.ts';
import type { MigrationSummary } from '../src/service/migration-summary.ts';
import { type Listening, placeInWords, serveAt } from '../src/service/serve-at.ts';
import { ServiceBed } from '../src/service/testing/service-bed.ts';

let folder: string;
let bed: ServiceBed;
let listening: Listening[];
let server: string;
beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-by-server-'));
  bed = new ServiceBed();
  // Where `follow`, `cancel` and `limits` look for this machine's own.
  const socket = { kind: 'unix', path: path.join(folder, 'serve.sock') } as const;
  const tcp = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
  listening = [await serveAt(socket, bed.app.fetch), await serveAt(tcp, bed.app.fetch)];
  server = `unix:${socket.path}`;
  return async () => {
    for (const each of listening) await each.close();
    await bed[Symbol.asyncDispose]();
    fs.rmSync(folder, { recursive: true });
  };
});

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  return new Running(args, { SWITCHOVER_STATE_DIR: folder, ...env });
}
const ran = async (...args: string[]): Promise<Ran> => await start(args, { SWITCHOVER_SERVER: server }).ended;

test('a guest is migrated, listed and explained as by the command itself', async () => {
  const given = ['--max-downtime', '4s', '--reason', 'maintenance', '--json'];
  const migrated = await ran('migrate', 'quick', 'qemu:///there', ...given);
  expect(migrated.status).toBe(0);
  const document = documentFrom(migrated);
  expect(document).toMatchObject({
    outcome: 'completed',
    initiatorReason: 'maintenance',
    limits: { maxDowntimeMs: 4000 },
  });
  expect(migrated.stderr).toMatch(
    /policy forecast;[\s\S]*\npass 2 [\s\S]*the guest resumed on the destination/,
  );
  const [explained, listed] = await Promise.all([ran('explain', 'last', '--json'), ran('list')]);
  expect(JSON.parse(explained.stdout)).toEqual(document);
  expect(listed.stdout).toMatch(new RegExp(`\\n${document.id} +quick +forecast +completed +destination `));
});

test('Ctrl-C cancels, as it does without a service', async () => {
  const running = start(['migrate', 'slow', 'qemu:///there', '--policy', 'stock'], {
    SWITCHOVER_SERVER: server,
  });
  await running.says(/the first pass begins|stock QEMU decides/);
  running.process.kill('SIGINT');
  const { status, stdout } = await running.ended;
  expect({ status, stdout }).toMatchObject({
    status: 5,
    stdout: expect.stringMatching(/^cancelled: cancelled by local: .*; the guest runs on the source\n/),
  });
});

test('SIGTERM lets go with a sentence; this machine’s own service is found for the rest', async () => {
  const running = start(['migrate', 'slow', 'qemu:///there', '--policy', 'stock'], {
    SWITCHOVER_SERVER: server,
  });
  await running.says(/stock QEMU decides/);
  running.process.kill('SIGTERM');
  expect(await running.ended).toMatchObject({
    status: 130,
    stdout: '',
    stderr: expect.stringMatching(
      /\ndetaching: the service goes on with the migration; `switchover follow` /,
    ),
  });
  const limits = await start(['limits', 'last', '--max-downtime', '900ms']).ended;
  expect(limits).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/ 300ms is always fine, 900ms the longest/),
  });
  expect(await start(['limits', 'last', '--bandwidth', '80mbit']).ended).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/; passes are capped at 80mbit\n$/),
  });
  const following = start(['follow', 'last', '--output', 'jsonl']);
  await following.prints(/"type":"decision"/);
  const cancelled = await start(['cancel', 'last', '--reason', 'not today']).ended;
  expect(cancelled).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('not today; the guest runs on the source'),
  });
  const followed = await following.ended;
  expect(followed.status).toBe(5);
  expect(
    followed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).type)
      .at(-1),
  ).toBe('ended');
});

test('a switchover now: what does not fit goes on copying, what fits goes over, and what is over is refused', async () => {
  const id = await bed.migrate('slow', { policy: 'stock', maxDowntimeMs: 400 });
  const summary = async () =>
    (await (await bed.ask('GET', `/v1/migrations/${id}`)).json()) as MigrationSummary;
  await expect.poll(async () => (await summary()).forecastPauseMs, { timeout: 20_000 }).toBeGreaterThan(400);
  const little = await ran('now', id, '--reason', 'end of the window');
  expect(little).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(
      / fits a pause of 400ms, the longest allowed; at the last boundary it was [\d.]+ s, so it goes on copying: `switchover limits \S+ --max-downtime` allows a longer one\n$/,
    ),
  });
  expect((await summary()).final).toBe(false);
  expect((await ran('limits', id, '--max-downtime', '5s')).status).toBe(0);
  const enough = await ran('now', id, '--json');
  expect(enough.status).toBe(0);
  expect(JSON.parse(enough.stdout)).toMatchObject({ id, downtimeMs: 5000, maxDowntimeMs: 5000 });
  expect((await ran('follow', id)).status).toBe(0);
  expect(await ran('now', id)).toMatchObject({
    status: 3,
    stdout: '',
    stderr: expect.stringMatching(
      /^switchover: refused: the migration \S+ cannot be switched over here: it has ended: .*\n$/,
    ),
  });
});

test('a plan', async () => {
  const { stdout } = await ran('plan', 'web-1', '--probe', '100ms', '--max-downtime', '500ms', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ schema: 1, vm: 'web-1', limits: { maxDowntimeMs: 500 } });
  expect(stdout).not.toContain('"text"');
});

describe('one sentence, and the status that the command has without a service', () => {
  test.each<[string, string[], number, RegExp]>([
    ['a refusal', ['migrate', 'nope', 'qemu:///there'], 3, /^switchover: refused: there is no guest nope\n$/],
    [
      'an option that stays here',
      ['migrate', 'quick', 'qemu:///there', '--persistent'],
      2,
      /--persistent does not go through/,
    ],
    [
      'a command that stays here',
      ['attach', 'vm1'],
      2,
      /`switchover attach` goes through no service: .*unset/,
    ],
    [
      'one that has subcommands',
      ['config', 'show', '--server', 'x'],
      2,
      /`switchover config show` goes through no/,
    ],
  ])('%s', async (_, args, status, words) => {
    expect(await ran(...args)).toMatchObject({ status, stdout: '', stderr: expect.stringMatching(words) });
  });

  test('a token from a file or the environment', async () => {
    const place = placeInWords(listening[1]?.place ?? { kind: 'unix', path: '' });
    const file = path.join(folder, 'token');
    fs.writeFileSync(file, `${bed.access.add('grafana', 'view')}\n`);
    const by = (args: string[], env: NodeJS.ProcessEnv = {}) =>
      start([...args, '--server', place], env).ended;
    const [wrong, little] = await Promise.all([
      by(['list'], { SWITCHOVER_TOKEN: 'wrong' }),
      by(['migrate', 'quick', 'qemu:///there', '--token-file', file]),
    ]);
    expect(wrong).toMatchObject({ status: 3, stderr: expect.stringMatching(/this token is not known here/) });
    expect(little).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/may view only: this needs operate/),
    });
  });

  test('nobody listens', async () => {
    for (const each of listening.splice(0)) await each.close();
    const words = `switchover: nobody listens at ${server}: is \`switchover serve\` running there?\n`;
    expect(await start(['follow', 'last']).ended).toMatchObject({ status: 3, stdout: '', stderr: words });
  });
});
