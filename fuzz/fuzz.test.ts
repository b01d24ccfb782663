/**
 * Every parser on inputs that are the same each time, some thousands together: a minute each would be half an hour of the
 * 25 minutes that all tests may take. More are a person's to try: `./dev fuzz`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { Random } from '../src/simulate/random.ts';
import { assertThere, DEFECTS } from './defects.ts';
import { hold } from './hold.ts';
import { draw } from './mutate.ts';
import { failureOf } from './run-input.ts';
import { shrink } from './shrink.ts';
import type { Target } from './target.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
/** It reads and writes files, which takes a hundred times as long as to read a text. */
const COSTLY = 'journal/folder';

function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

const names = () =>
  run('--list')
    .stdout.split('\n')
    .flatMap((line) => /^\S+/.exec(line) ?? []);

test('no parser fails on its inputs', { timeout: 120_000 }, () => {
  const all = names();
  expect(all.length).toBeGreaterThanOrEqual(30);
  const { status, stdout } = run('--inputs', '80', '--seed', '1', ...all.filter((name) => name !== COSTLY));
  expect(stdout).toMatch(new RegExp(`\\d+ inputs to ${all.length - 1} parsers in .*: 0 of them failed\n$`));
  expect(status).toBe(0);
  expect(run('--inputs', '20', '--seed', '1', COSTLY)).toMatchObject({ status: 0 });
});

test('what is planted has a place in the code as it is, and stands in docs/safety.md', () => {
  const page = readFileSync(new URL('../docs/safety.md', import.meta.url), 'utf8');
  expect(DEFECTS.length).toBeGreaterThanOrEqual(6);
  for (const defect of DEFECTS) {
    assertThere(defect);
    expect(page).toContain(defect.name);
  }
});

test('a planted defect is found', () => {
  const { status, stdout } = run('--prove', 'text/units', 'journal/destination');
  expect(stdout).toMatch(/^input \d+ .*\ninput \d+ .*\n2 of 2 planted defects were found\n$/);
  expect(status).toBe(0);
});

test('the same seed gives the same inputs', () => {
  const source = { corpus: [Buffer.from('{"a": [1, "b"]}\nc=2')], words: ['word'], mostBytes: 500 };
  const inputs = (seed: number) => {
    const random = new Random(seed);
    return Array.from({ length: 300 }, () => draw(random, source).toString('hex'));
  };
  expect(inputs(7)).toEqual(inputs(7));
  expect(new Set(inputs(7)).size).toBeGreaterThan(250);
  expect(inputs(7).every((input) => input.length <= 1000)).toBe(true);
});

/** A parser of ours that fails as it is told to. */
function target(check: Target['check']): Target {
  return { name: 'test/test', reads: 'nothing', seeds: [], words: [], check };
}

/** By this thread's own time: others may have the processor meanwhile. */
const busyFor = (ms: number) => {
  const before = process.threadCpuUsage();
  while (process.threadCpuUsage(before).user < 1000 * ms);
};

test.each<[string, Target['check'], RegExp | undefined]>([
  ['what holds', () => hold(true, 'a rule'), undefined],
  ['what does not hold', () => hold(false, 'a rule', 7), /^a rule: 7$/],
  ['a TypeError', () => (null as unknown as () => void)(), /^TypeError, which nothing allows/],
  ['a rejection', async () => hold(false, 'a late rule'), /^a late rule$/],
  ['what takes too long for its length', () => busyFor(150), /^it took \d+ ms for 3 bytes$/],
  ['what changes every object', () => void Object.assign(Object.prototype, { found: 1 }), /has "found" now/],
])('%s', async (_, check, words) => {
  onTestFinished(() => void Reflect.deleteProperty(Object.prototype, 'found'));
  const failure = await failureOf(target(check), Buffer.from('abc'));
  if (words) expect(failure?.words).toMatch(words);
  else expect(failure).toBeUndefined();
});

test('an input that fails is made as small as it still fails in the same way', async () => {
  const failing = target((input) => {
    hold(input.length < 30, 'it is not long');
    hold(!/x.*y/s.test(input.toString()), 'x does not come before y');
  });
  const input = Buffer.from('ab x cd y ef');
  const failure = await failureOf(failing, input);
  expect((await shrink(failing, input, failure ?? { kind: '', words: '' })).toString()).toBe('xy');
});

test('one input is tried again', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'switchover-fuzz-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'input');
  writeFileSync(file, '300ms');
  expect(run('--try', file, 'text/units')).toMatchObject({ status: 0, stdout: 'text/units: all held\n' });
  expect(run('--try', file, 'text')).toMatchObject({ status: 2, stdout: '' });
});

test.each([
  [['no/such'], /there is no target no\/such/],
  [['--inputs', 'many'], /--inputs many: give a whole number/],
  [['--for', 'ever'], /--for: .*ever/],
  [['--everything'], /--everything/],
  [['--try', '/no/such/file', 'text/units'], /\/no\/such\/file/],
])('%j is refused in one sentence', (args, words) => {
  const { status, stderr } = run(...args);
  expect(status).toBe(2);
  expect(stderr).toMatch(words);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});
