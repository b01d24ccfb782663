import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Ran, Running } from '../lab/switchover-process.ts';

const EXAMPLE = path.join(import.meta.dirname, '..', 'packaging', 'switchover.toml');

let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-config-'));
  return () => fs.rmSync(folder, { recursive: true });
});

/** Without the configuration of whoever runs the tests. */
async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  return await new Running(args, { SWITCHOVER_CONFIG: '/dev/null', ...env }).ended;
}

function write(toml: string): string {
  const file = path.join(folder, 'switchover.toml');
  fs.writeFileSync(file, toml);
  return file;
}

describe('config check', () => {
  test('the one in the usual place', async () => {
    const usual = path.join(folder, 'switchover', 'switchover.toml');
    fs.mkdirSync(path.dirname(usual));
    fs.writeFileSync(usual, '[[domain]]\nname = "a"\n');
    expect(await run(['config', 'check'], { XDG_CONFIG_HOME: folder, SWITCHOVER_CONFIG: '' })).toMatchObject({
      status: 0,
      stdout: `${usual} is right: 1 domain entry, hosts qemu:///system\n`,
    });
  });

  test('what is right', async () => {
    expect(await run(['config', 'check', EXAMPLE])).toMatchObject({
      status: 0,
      stdout: `${EXAMPLE} is right: 4 domain entries, hosts qemu:///system\n`,
      stderr: '',
    });
  });

  test('every problem on a line of its own, exit 2', async () => {
    const file = write('[defaults]\ndowntime = "soon"\n[watch]\nconect = "a"\n');
    const ran = await run(['config', 'check'], { SWITCHOVER_CONFIG: file });
    expect(ran).toMatchObject({ status: 2, stdout: '' });
    expect(ran.stderr.trimEnd().split('\n')).toEqual([
      expect.stringContaining(`switchover: ${file}:2: downtime: "soon" is not a duration`),
      `switchover: ${file}:4: conect: it is not known here: did you mean connect?`,
    ]);
  });

  test('a file that is not there', async () => {
    expect(await run(['config', 'check', '/no/such/file'])).toMatchObject({
      status: 2,
      stderr: 'switchover: the configuration /no/such/file cannot be read: no such file or directory\n',
    });
  });
});

describe('config show', () => {
  test('what holds for a domain, and where each comes from', async () => {
    const ran = await run(['config', 'show', '--domain', 'db-1', '--config', EXAMPLE], {
      SWITCHOVER_TIMEOUT: '10m',
    });
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(ran.stdout).toMatch(/^policy-option +exchange-rate=5 +\[defaults\]$/m);
    expect(ran.stdout).toMatch(/^max-downtime +1 s +\[\[domain\]\] 1 \(name db-\*\)$/m);
    expect(ran.stdout).toMatch(/^timeout +10 min 0 s +SWITCHOVER_TIMEOUT$/m);
    expect(ran.stdout).toMatch(/^line-rate +as measured +built in$/m);
  });

  test('how far metadata is heeded, of which --class is a part', async () => {
    const batch = '[[domain]]\nclass = "batch"\nmax-downtime = "30s"\n';
    const show = async (toml: string) =>
      await run(['config', 'show', '--domain', 'a', '--class', 'batch', '--config', write(toml + batch)]);
    const trusted = await show('[ceilings]\nmax-downtime = "8s"\nover-budget = ["abort", "leave"]\n');
    expect(trusted.stdout).toContain(
      "a domain's metadata is trusted with every setting\nit may go up to max-downtime 8 s, over-budget abort or leave ([ceilings])\n",
    );
    expect(trusted.stdout).toMatch(/^max-downtime +30 s +\[\[domain\]\] 1 \(class batch\)$/m);
    const ignored = await show('[watch]\nmetadata = "ignored"\n');
    expect(ignored.stdout).toContain("a domain's metadata is ignored\n");
    expect(ignored.stdout).toMatch(/^max-downtime +5 s +built in$/m);
  });

  test('as a document', async () => {
    const ran = await run([
      ...['config', 'show', '--domain', 'db-1', '--class', 'batch', '--json'],
      ...['--config', EXAMPLE],
    ]);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      schema: 1,
      file: EXAMPLE,
      domain: 'db-1',
      watch: { connect: ['qemu:///system'], stateDir: '/var/lib/switchover' },
      settings: {
        maxDowntimeMs: { value: 30_000, from: '[[domain]] 2 (class batch)' },
        timeoutMs: { value: null, from: 'built in' },
        ignore: { value: false, from: 'built in' },
      },
    });
  });

  test('a pause that gives way to the other says so', async () => {
    const ran = await run(['config', 'show'], { SWITCHOVER_MAX_DOWNTIME: '100ms' });
    expect(ran.stdout).toMatch(/^downtime +100 ms +no longer than max-downtime$/m);
  });

  test.each([
    [{ SWITCHOVER_MAX_DOWNTIME: '0s' }, [], /SWITCHOVER_MAX_DOWNTIME: it must be above zero/],
    [{}, ['--class', 'batch'], /--class .* name it with --domain/],
    [{}, ['--no-such-flag'], /unknown option '--no-such-flag'/],
  ])('%j %j: exit 2', async (env, args, sentence) => {
    const ran = await run(['config', 'show', ...args], env);
    expect(ran).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(sentence) });
  });
});

describe('migrate and attach read it', () => {
  const MIGRATE = ['migrate', 'qmp:/no/a', 'qmp:/no/b', '--migrate-uri', 'tcp:h:1'];

  test.each([[MIGRATE], [['attach', 'qmp:/no/a']]])('%j: a wrong one is exit 2', async (args) => {
    const file = write('[defaults]\ndowntime = "soon"\n');
    expect(await run([...args, '--config', file])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`${file}:2: downtime`),
    });
  });

  test('what a flag says against it is refused, naming both', async () => {
    const file = write('[defaults]\nmax-downtime = "1s"\n');
    expect(await run([...MIGRATE, '--config', file, '--downtime', '2s'])).toMatchObject({
      status: 2,
      stderr:
        'switchover: --downtime 2 s is longer than max-downtime 1 s of [defaults]: lower the one or raise the other\n',
    });
  });

  test('a right one goes on to the guests, which are not there', async () => {
    expect(await run([...MIGRATE, '--config', EXAMPLE])).toMatchObject({ status: 3 });
  });
});
