import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { installedFindings, type LockedPackage, lockFindings, parseLock, productionLock } from './lock.ts';
import { ROOT } from './npm.ts';

const HASH = `sha512-${'A'.repeat(86)}==`;
const SOUND: LockedPackage = { version: '1.2.3', integrity: HASH };

function locked(packages: Record<string, LockedPackage>) {
  return parseLock(JSON.stringify({ lockfileVersion: 3, packages: { '': {}, ...packages } }));
}

const ours = (file: string) => parseLock(readFileSync(path.join(ROOT, file), 'utf8'));

test.each(['package-lock.json', 'lab/node/package-lock.json'])('%s holds all of its packages', (file) => {
  const lock = ours(file);
  expect(Object.keys(lock.packages).length).toBeGreaterThan(2);
  expect(lockFindings(lock)).toEqual([]);
});

describe('a package is found', () => {
  const at = 'node_modules/@a/b';
  test.each<[string, string, LockedPackage, string]>([
    ['without a hash', at, { version: '1.2.3' }, 'has no sha512 hash (none is named)'],
    ['with a weak hash', at, { ...SOUND, integrity: 'sha1-AAAA' }, 'has no sha512 hash (sha1-AAAA)'],
    ['with a cut hash', at, { ...SOUND, integrity: HASH.slice(0, 40) }, 'has no sha512 hash ('],
    ['without a version', at, { integrity: HASH }, 'is locked to no version (none is named)'],
    ['with a range', at, { ...SOUND, version: '^1.2.3' }, 'is locked to no version (^1.2.3)'],
    [
      'from git',
      at,
      { ...SOUND, resolved: 'git+ssh://git@example.org/a/b.git#0123' },
      'is not from the registry but from git+ssh:',
    ],
    [
      'from an address',
      at,
      { ...SOUND, resolved: 'https://example.org/b.tgz' },
      'is not from the registry but from https:',
    ],
    ['from a file', at, { ...SOUND, version: 'file:../b.tgz' }, 'is locked to no version (file:../b.tgz)'],
    ['that is a link', at, { link: true, resolved: '../b' }, 'is a folder of this machine'],
    ['that is a folder', '../b', SOUND, 'is a folder of this machine'],
    [
      'that runs a script for users',
      at,
      { ...SOUND, hasInstallScript: true },
      'runs a script when switchover is installed',
    ],
  ])('%s', (_, place, entry, problem) => {
    const found = lockFindings(locked({ 'node_modules/sound': SOUND, [place]: entry }));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${place}: ${problem}`);
  });
});

test('what is bundled is held by the hash of its bundle, and what only we install may have a script', () => {
  const lock = locked({
    'node_modules/a/node_modules/b': { version: '1.0.0', inBundle: true },
    'node_modules/c': { ...SOUND, dev: true, hasInstallScript: true },
  });
  expect(lockFindings(lock)).toEqual([]);
});

test('a lock file of another form is not looked at as if it were one', () => {
  expect(() => parseLock('{"lockfileVersion":1,"dependencies":{}}')).toThrow(/lockfileVersion/);
});

describe('what is installed', () => {
  const lock = locked({ 'node_modules/a': SOUND, 'node_modules/for-macs': SOUND });

  test('may leave out what is for other machines', () => {
    expect(installedFindings(lock, locked({ 'node_modules/a': SOUND }))).toEqual([]);
  });

  test.each<[string, Record<string, LockedPackage>, RegExp]>([
    ['of another version', { 'node_modules/a': { ...SOUND, version: '1.2.4' } }, /installed as 1\.2\.4 /],
    [
      'of other bytes',
      { 'node_modules/a': { ...SOUND, integrity: HASH.replaceAll('A', 'B') } },
      /\(sha512-BBB.*locked as 1\.2\.3/,
    ],
    ['that nobody locked', { 'node_modules/d': SOUND }, /^node_modules\/d: .* not in the lock file$/],
  ])('is found where it is %s', (_, installed, sentence) => {
    expect(installedFindings(lock, locked(installed))).toEqual([expect.stringMatching(sentence)]);
  });
});

test('of our lock file those who install switchover get what it needs, and nothing of development', () => {
  const all = ours('package-lock.json');
  const production = productionLock(all);
  const { dependencies, optionalDependencies } = JSON.parse(
    readFileSync(path.join(ROOT, 'package.json'), 'utf8'),
  );
  const places = Object.keys(production.packages).filter((place) => place !== '');
  expect(places).toEqual(
    expect.arrayContaining(
      Object.keys({ ...dependencies, ...optionalDependencies }).map((name) => `node_modules/${name}`),
    ),
  );
  for (const place of places) {
    expect(production.packages[place]).toEqual(all.packages[place]);
    expect(production.packages[place]?.dev).toBeUndefined();
  }
  expect(production.packages['']).not.toHaveProperty('devDependencies');
  expect(production.packages['']).toMatchObject({ dependencies });
});
