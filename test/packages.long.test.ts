/**
 * Both packages as users get them, each installed in a Debian 12 that has nothing but QEMU: a guest is migrated there by what was
 * installed, and where it runs both QEMUs are asked by connections of the test's own.
 */
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { DebianRoot, SHARED } from '../lab/debian-root.ts';
import { guestImage } from '../lab/guest/image.ts';
import { runState } from '../lab/monitor.ts';
import { type GuestPaths, guestPaths, qemuCommand } from '../lab/qemu-command.ts';
import { memoryOffFastPath } from '../lab/qemu-version.ts';
import { run } from '../lab/run.ts';
import { waitFor } from '../lab/wait.ts';
import { makePackage } from '../supply/make-package.ts';
import { npm, ROOT } from '../supply/npm.ts';

let folder: string;
let files: readonly string[];
let root: DebianRoot;
let shared: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'switchover-packages-'));
  files = await makePackage(path.join(folder, 'release'));
}, 900_000);
afterAll(async () => await rm(folder, { recursive: true, force: true }));

beforeEach(async () => {
  const own = await mkdtemp(path.join(folder, 'root-'));
  shared = path.join(own, 'shared');
  root = await DebianRoot.make(own);
}, 900_000);
afterEach(async () => await root?.[Symbol.asyncDispose]());

test('the package of Debian: installed by apt, without any other Node, it migrates, and is purged without a rest', async () => {
  const file = await bring('.deb');
  await root.run('apt-get', '-qq', '-y', 'install', '--no-install-recommends', file);
  await expect(root.run('sh', '-c', 'command -v node || command -v npm')).rejects.toThrow();
  // Nothing to say: every file is the one that was packed.
  expect(await root.run('dpkg', '--verify', 'switchover')).toBe('');
  expect(await root.run('switchover', 'config', 'check')).toBe(
    '/etc/switchover/switchover.toml is right: 0 domain entries, hosts qemu:///system\n',
  );
  const completed = '. /usr/share/bash-completion/completions/switchover && complete -p switchover';
  expect(await root.run('bash', '-c', completed)).toMatch(/^complete -F \w+ switchover$/m);
  expect(await root.run('zcat', '/usr/share/man/man1/switchover-migrate.1.gz')).toContain('.SH NAME');

  await migrates(['switchover']);
  await serves();
  await draws();

  await root.run('apt-get', '-qq', '-y', 'purge', 'switchover');
  const home = await homeOfRoot();
  const ofHome = ['.cache/switchover', '.local/state/switchover'].map((place) => path.join(home, place));
  const own = [...ofHome, SHARED, '/proc', '/sys', '/dev'];
  const pruned = own.flatMap((place) => ['-path', place, '-prune', '-o']);
  expect(await root.run('find', '/', ...pruned, '-name', '*switchover*', '-print')).toBe('');
});

test('lintian finds nothing in the package of Debian but what its overrides give reasons for', async () => {
  expect(await run(['lintian', '--allow-root', '--fail-on', 'error', made('.deb')])).toBe('');
});

test('the package of npm: installed without a network on a Node of its own, it migrates', async () => {
  const file = await bring('.tgz');
  const node = path.join(shared, 'node');
  for (const each of ['package.json', 'package-lock.json'])
    await cp(path.join(ROOT, 'lab', 'node', each), path.join(node, each));
  expect(await npm(['ci', '--ignore-scripts', '--prefer-offline'], node, 300_000)).toMatchObject({
    status: 0,
  });
  const modules = `${SHARED}/node/node_modules`;
  const bin = `${modules}/node-linux-${process.arch}/bin`;
  const npmThere = [`${bin}/node`, `${modules}/npm/bin/npm-cli.js`];
  await root.run(...npmThere, 'install', '--global', '--prefix', '/usr/local', '--offline', file);
  await migrates(['env', `PATH=${bin}:/usr/bin:/bin`, '/usr/local/bin/switchover']);
});

/** Where it was installed. */
async function homeOfRoot(): Promise<string> {
  return (await root.run('sh', '-c', 'echo ~root')).trim();
}

/**
 * As its unit starts it: the page is in the package, and so is a PostgreSQL that root may run, which takes in what was migrated
 * above.
 */
async function serves(): Promise<void> {
  const place = 'http://127.0.0.1:8686';
  const journals = path.join(await homeOfRoot(), '.local/state/switchover');
  const serve = ['switchover', 'serve', '--no-watch', '--database', 'embedded', '--state-dir', journals];
  const [command = '', ...words] = root.command(serve);
  const service = spawn(command, words, { stdio: 'ignore' });
  const ended = new Promise((resolve) => service.once('exit', resolve));
  const asked = async (path: string) =>
    await root.run(
      ...['/usr/lib/switchover/node', '-e'],
      `fetch('${place}${path}').then(async (a) => console.log(a.status, await a.text()))`,
    );
  await waitFor(
    'the service with its database',
    async () => ((await asked('/readyz').catch(() => '')) === '200 ready\n\n' ? true : undefined),
    { timeoutMs: 60_000 },
  );
  expect(await asked('/')).toMatch(/^200 <!doctype html>/i);
  expect(JSON.parse((await asked('/v1/migrations')).slice('200 '.length))).toMatchObject({
    migrations: [{ outcome: 'completed' }],
  });
  await root.run('sh', '-c', 'kill $(pidof -s /usr/lib/switchover/node)');
  await ended;
}

/** What draws is not in the package: it says in a sentence what to do, and that is done. */
async function draws(): Promise<void> {
  const fleet = '/usr/share/doc/switchover/docs/examples/fleet.toml';
  const simulate = ['switchover', 'simulate', fleet, '--migrations', '10', '--svg', '/tmp/picture.svg'];
  const refused = await root.run(...simulate).catch(({ message }: Error) => message);
  const [, command] = /are not installed: .* `npm (install [^`]*)`/.exec(refused) ?? [];
  const words = (command ?? '').replace('--prefix /usr', `--prefix ${path.join(shared, 'usr')}`).split(' ');
  expect(await npm([...words, '--ignore-scripts'], shared, 300_000)).toMatchObject({ status: 0 });
  await root.run('cp', '-r', `${SHARED}/usr/lib/node_modules`, '/usr/lib/');
  await root.run(...simulate);
  expect(await root.run('cat', '/tmp/picture.svg')).toMatch(/<svg [\s\S]*<\/svg>/);
  await root.run('rm', '-r', '/usr/lib/node_modules');
}

function made(ending: string): string {
  return files.find((each) => each.endsWith(ending)) ?? '';
}

/** @returns where the package with that ending is seen in the root */
async function bring(ending: string): Promise<string> {
  const file = made(ending);
  await cp(file, path.join(shared, path.basename(file)));
  return `${SHARED}/${path.basename(file)}`;
}

/** @param switchover the words that run it in the root */
async function migrates(switchover: readonly string[]): Promise<void> {
  const image = await guestImage('loop');
  await mkdir(path.join(shared, 'vm'));
  const seen = { kernelPath: `${SHARED}/vm/vmlinuz`, initramfsPath: `${SHARED}/vm/initramfs` };
  await cp(image.kernelPath, path.join(shared, 'vm/vmlinuz'));
  await cp(image.initramfsPath, path.join(shared, 'vm/initramfs'));
  const start = async (name: string, incoming: string | undefined): Promise<GuestPaths> => {
    const command = qemuCommand({
      vmName: 'vm1',
      paths: guestPaths(`${SHARED}/vm`, name),
      image: seen,
      workload: { kind: 'loop', wssMiB: 16, pagesPerSecond: 2000, beatMs: 200 },
      // Debian 12's QEMU is older than 9.0, and would lose writes of another size of memory.
      memoryBytes: memoryOffFastPath(256 * 2 ** 20),
      binary: 'qemu-system-x86_64',
      machine: 'pc',
      accel: 'tcg',
      incoming,
      extraArgs: ['-daemonize'],
    });
    // The test asks its monitor, whoever runs the test.
    await root.run('sh', '-c', 'umask 0; exec "$@"', 'sh', ...command);
    return guestPaths(path.join(shared, 'vm'), name);
  };
  const source = await start('source', undefined);
  const destination = await start('destination', 'defer');
  await beats(source);
  expect(await statesOf(source, destination)).toEqual(['running', 'inmigrate']);

  const [from, to] = ['source', 'destination'].map(
    (name) => `qmp:${guestPaths(`${SHARED}/vm`, name).qmpPath}`,
  );
  const words = ['migrate', from ?? '', to ?? '', '--migrate-uri', 'unix:/run/migrate.sock', '--json'];
  // What it warns of with --force is that QEMU's bug, which this size of memory does not touch.
  const printed = await root.run(...switchover, ...words, '--force');
  expect(JSON.parse(printed)).toMatchObject({ outcome: 'completed', runsOn: 'destination' });
  expect(await statesOf(source, destination)).toEqual(['postmigrate', 'running']);
  await beats(destination);
  expect(await root.run(...switchover, 'explain', 'last')).toContain('completed');
}

async function statesOf(...sides: readonly GuestPaths[]): Promise<(string | undefined)[]> {
  return await Promise.all(sides.map(async ({ monitor2Path }) => await runState(monitor2Path, 10_000)));
}

/** The guest's own word that it runs there. */
async function beats({ consolePath }: GuestPaths): Promise<void> {
  await waitFor(
    `a beat in ${consolePath}`,
    async () => (/beat \d+/.test(await readFile(consolePath, 'utf8')) ? true : undefined),
    { timeoutMs: 120_000 },
  );
}
