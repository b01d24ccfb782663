/** The command as it is called, and seeds that nobody has explored before: other ones at each run. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { assertThere, DEFECTS } from './defects.ts';
import { PLAIN, type Schedule } from './schedule.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('2000 new seeds violate no safety property', { timeout: 240_000 }, () => {
  const { status, stdout, stderr } = run('--seeds', '2000');
  // A seed that fails is told with what it violated: `./dev explore --seed N` is its story.
  expect(stderr.match(/^explore: seed .*$/gm) ?? []).toEqual([]);
  expect(stdout).toContain('0 of them violated a safety property');
  expect(stdout).toMatch(/^2000 migrations explored/);
  expect(status).toBe(0);
});

test('what is planted has a place in the code as it is', () => {
  expect(DEFECTS.length).toBeGreaterThanOrEqual(12);
  for (const defect of DEFECTS) assertThere(defect);
});

test('each planted defect is told of in docs/safety.md', () => {
  const page = readFileSync(new URL('../docs/safety.md', import.meta.url), 'utf8');
  for (const { name } of DEFECTS) expect(page).toContain(name);
});

test('one seed is told with its schedule and its story', () => {
  const { status, stdout } = run('--seed', '57');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^seed 57:\n {2}\S.*\nwhat happened:\n/s);
  expect(run('--seed', '57').stdout).toBe(stdout);
});

test('with --json it is told with the schedule that a case of its own is made of', () => {
  const { status, stdout } = run('--seed', '57', '--json');
  expect(status).toBe(0);
  const { schedule, ...told } = JSON.parse(stdout) as { readonly schedule: Schedule };
  expect(told).toMatchObject({
    seed: 57,
    violations: [],
    story: expect.arrayContaining([expect.any(String)]),
  });
  expect(Object.keys(schedule).toSorted()).toEqual(Object.keys(PLAIN).toSorted());
});

test('a seed that is told can be explored again: new ones have as many digits as the time', () => {
  const [, from = ''] = /seeds (\d+)\.\./.exec(run('--seeds', '1').stdout) ?? [];
  expect(run('--seed', from).stdout).toContain(`seed ${from}`);
  expect(run('--seeds', `${from}..${from}`).stdout).toMatch(/^1 migrations explored/);
});

test.each([
  [['--seeds', 'many'], /--seeds many: give a whole number/],
  [['--seeds', '9..1'], /--seeds 9\.\.1: give a whole number/],
  [['--seed', '-1'], /--seed/],
  [['--for', 'ever'], /--for: .*ever/],
  [['--drains', '--prove'], /--prove is of migrations/],
  [['--everything'], /--everything/],
])('%j is refused in one sentence', (args, words) => {
  const { status, stderr } = run(...args);
  expect(status).toBe(2);
  expect(stderr).toMatch(words);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

test('--help has examples', () => {
  const { status, stdout } = run('--help');
  expect(status).toBe(0);
  expect(stdout).toContain('./dev explore --seed 47071');
});
