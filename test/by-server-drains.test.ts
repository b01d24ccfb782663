/** Drains through a service, as a user types them: the same texts, documents and exit statuses as without. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Running } from '../lab/switchover-process.ts';
import { drainDocumentSchema } from '../src/drain/document.ts';
import { drainStatusSchema } from '../src/fleet/drain-status.ts';
import { FleetServer } from '../src/fleet/testing/fleet-database.ts';
import { SimulatedHosts } from '../src/fleet/testing/simulated-hosts.ts';
import { serveAt } from '../src/service/serve-at.ts';
import { DrainServiceBed } from '../src/service/testing/drain-service-bed.ts';

let server: FleetServer;
beforeAll(async () => {
  server = await FleetServer.start(process.env['SWITCHOVER_TEST_DATABASE']);
}, 120_000);
afterAll(async () => await server?.[Symbol.asyncDispose](), 120_000);

const [A, B] = ['a', 'b'].map((name) => `qemu+tcp://${name}/system`) as [string, string];

test('a host is planned, emptied, decided of, returned to and released by what a service does', async () => {
  const hosts = new SimulatedHosts(
    {
      [A]: [
        { uuid: 'near' },
        { uuid: 'stuck', obstacles: [{ code: 'not-shared', words: 'its disk is local' }] },
      ],
    },
    { [A]: 64, [B]: 64 },
  );
  await using bed = await DrainServiceBed.make(server, 'by_server', hosts);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-by-server-'));
  const socket = { kind: 'unix', path: path.join(folder, 'serve.sock') } as const;
  const listening = await serveAt(socket, bed.service.app.fetch);
  const ran = async (...args: string[]) => {
    const env = { SWITCHOVER_STATE_DIR: folder, SWITCHOVER_SERVER: `unix:${socket.path}` };
    return await new Running(args, env).ended;
  };
  try {
    const to = ['--to', B, '--reserve', '0'];
    const planned = await ran('drain', A, ...to, '--plan', '--json');
    expect(planned).toMatchObject({ status: 3 });
    expect(drainDocumentSchema.parse(JSON.parse(planned.stdout))).toMatchObject({
      ...{ host: A, verdict: 'some-stay', held: [{ name: 'stuck' }] },
    });
    expect(hosts.migrations).toEqual([]);

    await bed.engine.runner();
    const emptied = await ran(
      'drain',
      A,
      ...to,
      '--for',
      '2h',
      '--reason',
      'kernel',
      '--link-budget',
      '1gbit',
      '--priority',
      '7',
      '--start-when',
      'calm',
    );
    expect(emptied).toMatchObject({
      status: 4,
      stderr: expect.stringMatching(/^drain: near: .*\n[\s\S]*drain: blocked: 1 VM left/m),
      stdout: expect.stringMatching(
        new RegExp(`^${A.replace(/[+]/g, '\\+')}: blocked[\\s\\S]*\n1 of 2 moved\n`),
      ),
    });
    const [settings] = await bed.engine.database.query<{ settings: object; priority: number }>(
      'select settings, priority from fleet.drain',
    );
    expect(settings?.settings).toMatchObject({
      reserveBytes: 0,
      linkBudgetBytesPerSecond: 125_000_000,
      startWhen: 'calm',
    });
    expect(settings?.priority).toBe(7);

    const decided = await ran('drain', 'decide', A, 'stuck', 'leave', '--json');
    expect(drainStatusSchema.parse(JSON.parse(decided.stdout)).vms).toContainEqual(
      expect.objectContaining({ name: 'stuck', state: 'left' }),
    );
    const listed = await ran('drains');
    expect(listed.stdout).toContain(A);
    expect(listed.stdout).toContain('PRIORITY');
    for (const at of [
      ['--migrateuri', 'tcp://c'],
      ['--to', B, '--migrateuri', 'tcp://c', '--migrateuri', 'tcp://d'],
    ])
      expect(await ran('drain', 'return', A, ...at)).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('--migrateuri'),
      });
    const back = await ran('drain', 'return', A, '--json');
    expect(back, back.stderr).toMatchObject({ status: 0 });
    expect(JSON.parse(back.stdout)).toMatchObject({ kind: 'return', outcome: 'returned' });
    expect(hosts.on(A).toSorted()).toEqual(['near', 'stuck']);

    const cordoned = await ran('cordon', B, '--reason', 'bad memory');
    expect(cordoned).toMatchObject({ status: 0, stdout: `${B} is cordoned: no drain moves a VM there\n` });
    expect((await ran('uncordon', B)).stdout).toBe(`${B} may be moved to again\n`);
  } finally {
    await listening.close();
    fs.rmSync(folder, { recursive: true });
  }
}, 120_000);

test.each([
  [['drain', A, '--to', B, '--plan'], /as one document only: add --json/],
  [['drain', A, '--to', B, '--before-vm', '/bin/true'], /--before-vm does not go through a service/],
  [['drain', A, '--to', B, '--force'], /--force does not go through a service/],
  [['drain', 'show', 'nobody'], /nobody listens at unix:\/no\/such\/socket/],
])('%j is refused in one sentence', async (args, words) => {
  const env = { SWITCHOVER_SERVER: 'unix:/no/such/socket', SWITCHOVER_STATE_DIR: '/no/such' };
  const ran = await new Running(args, env).ended;
  expect(ran.stderr).toMatch(words);
  expect(ran.status).toBeGreaterThan(1);
});
