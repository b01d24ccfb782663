/** The alerts, as Prometheus itself reads them, where Debian's package prometheus is there. What they name is held in `app.test.ts`. */
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ServiceBed } from './testing/service-bed.ts';

const PROGRAM = process.env['PROMTOOL'] ?? 'promtool';
const isThere = spawnSync(PROGRAM, ['--version']).status === 0;
const cwd = fileURLToPath(new URL('../../contrib/prometheus/', import.meta.url));

describe.skipIf(!isThere)('promtool', () => {
  test('takes the alerts, and each is raised by what it is for, and by nothing else', () => {
    const run = (...args: string[]) => execFileSync(PROGRAM, args, { cwd, encoding: 'utf8' });
    expect(run('check', 'rules', 'switchover-alerts.yml')).toMatch(/SUCCESS: \d+ rules found/);
    expect(run('test', 'rules', 'switchover-alerts.test.yml')).toContain('SUCCESS');
  });

  test('takes what /metrics answers', async () => {
    await using bed = new ServiceBed();
    await bed.migrated();
    await bed.migrate('slow');
    const input = await (await bed.ask('GET', '/metrics')).text();
    const { status, stderr } = spawnSync(PROGRAM, ['check', 'metrics'], { input, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });
});
