/** What users get: the package, what it brings with it, and whether it is the same whoever makes it. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { billOfMaterials } from './bill.ts';
import { makePackage } from './make-package.ts';
import { npmCommand, ROOT } from './npm.ts';

const json = (file: string) => JSON.parse(fs.readFileSync(file, 'utf8'));
const manifest = json(path.join(ROOT, 'package.json'));
const lock = json(path.join(ROOT, 'package-lock.json'));
const NAME = `${manifest.name}-${manifest.version}`;

let folder: string;
const made = (run: string, file: string) => path.join(folder, run, file);
beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-made-'));
  // The second is made at another time, and one after the other: both take a core.
  await makePackage(path.join(folder, 'first'));
  await makePackage(path.join(folder, 'second'));
  const unpacked = path.join(folder, 'unpacked');
  fs.mkdirSync(unpacked);
  execFileSync('tar', ['-xzf', made('first', `${NAME}.tgz`), '-C', unpacked, '--strip-components=1']);
}, 240_000);
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const FILES = [`${NAME}.tgz`, `${NAME}.cdx.json`, 'SHA256SUMS'];

test.each(FILES)('%s is the same, byte for byte, when it is made again', (file) => {
  expect(fs.readFileSync(made('first', file)).equals(fs.readFileSync(made('second', file)))).toBe(true);
});

test('the hashes are those of the files beside them', () => {
  const sums = FILES.slice(0, 2).map((file) => {
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
    expect(needed.map(([place]) => place.replace('node_modules/', ''))).toEqual(
      expect.arrayContaining(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })),
    );
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
        'SECURITY.md',
        'LICENSE',
      ]),
    );
    const ours = names.filter((name) => !name.startsWith('node_modules'));
    expect(ours.filter((name) => /\.test\.|\/testing\b|^(?:src|lab|supply)\b/.test(name))).toEqual([]);
    expect(names.filter((name) => /^node_modules\/(?:vitest|typescript|@types)\b/.test(name))).toEqual([]);
  });

  test('is installed without a registry, and works', { timeout: 120_000 }, () => {
    const prefix = path.join(folder, 'installed');
    const [program, ...words] = npmCommand();
    const place = ['--global', '--prefix', prefix, '--offline', '--cache', path.join(folder, 'no-cache')];
    execFileSync(program, [...words, 'install', ...place, made('first', `${NAME}.tgz`)], { stdio: 'ignore' });
    const installed = path.join(prefix, 'bin', 'switchover');
    // Its first line asks for a node on the path.
    const env = { ...process.env, PATH: `${path.dirname(process.execPath)}:${process.env['PATH']}` };
    expect(execFileSync(installed, ['--version'], { encoding: 'utf8', env })).toContain(manifest.version);
  });
});
