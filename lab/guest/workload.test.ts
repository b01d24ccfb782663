/** The guest's program, run natively: the same code, asked over a pipe instead of a serial line. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseStatus, parseVerification } from './answers.ts';
import { compile, WORKLOAD_SOURCES } from './compile.ts';
import { MEMORY_KINDS, type Workload, workloadArguments } from './workload.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchover-workload-'));
  await compile(join(folder, 'workload'), WORKLOAD_SOURCES);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

test.each(
  MEMORY_KINDS.flatMap((kind) => [[kind, 'word'] as const, [kind, 'text'] as const, [kind, 'full'] as const]),
)('%s with %s pages keeps every page right, and finds a spoilt one exactly once', async (kind, page) => {
  await using guest = start({ kind, page, wssMiB: 2, busySeconds: 1, calmSeconds: 1 });
  expect(await guest.ask('')).toBe('READY');
  const early = parseStatus(await guest.ask('STATUS'));
  expect(early).toMatchObject({ workload: kind });
  const sound = parseVerification(await guest.ask('VERIFY'));
  expect(sound).toMatchObject({ checked: 512, bad: 0, ledgerOk: true });
  if (kind !== 'idle') expect(sound.writes).toBeGreaterThanOrEqual(512);

  expect(await guest.ask('CORRUPT 0')).toBe('CORRUPTED page=0 how=stale');
  expect(parseVerification(await guest.ask('VERIFY')).bad).toBe(1);
  expect(await guest.ask('CORRUPT 511 flip')).toBe('CORRUPTED page=511 how=flip');
  expect(parseVerification(await guest.ask('VERIFY')).bad).toBe(2);
});

test('writes at the rate asked for', async () => {
  await using guest = start({ kind: 'loop', wssMiB: 2, pagesPerSecond: 5_000 });
  await guest.ask('');
  const begin = parseStatus(await guest.ask('STATUS'));
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const end = parseStatus(await guest.ask('STATUS'));
  const rate = (1000 * (end.writes - begin.writes)) / (end.uptimeMs - begin.uptimeMs);
  expect(rate).toBeGreaterThan(4_000);
  expect(rate).toBeLessThan(6_000);
});

test('beats on its console, each number once, whether it is busy or waits', async () => {
  for (const kind of ['loop', 'idle'] as const) {
    await using guest = start({ kind, wssMiB: 1, beatMs: 20 });
    const lines: string[] = [];
    while (lines.filter((line) => line.startsWith('beat')).length < 5) lines.push(await guest.ask(''));
    expect(lines.filter((line) => line.startsWith('beat')).slice(0, 5)).toEqual(
      [1, 2, 3, 4, 5].map((number) => `beat ${number}`),
    );
  }
});

test('answers what it does not understand with an error, and goes on', async () => {
  await using guest = start({ kind: 'idle', wssMiB: 1 });
  await guest.ask('');
  expect(await guest.ask('FLY\u0007 t=7')).toBe('ERROR unknown request: FLY? t=7');
  expect(await guest.ask('x'.repeat(1_000))).toBe('ERROR the line is longer than 255 bytes');
  expect(await guest.ask('CORRUPT')).toMatch(/^ERROR unknown request/);
  expect(await guest.ask('CORRUPT one')).toMatch(/^ERROR expected CORRUPT/);
  expect(await guest.ask('CORRUPT 256')).toBe('ERROR there is no page 256, the last one is 255');
  expect(await guest.ask('CORRUPT 3 melt')).toBe('ERROR expected stale or flip');
  expect(await guest.ask('STATUS t=abc')).toMatch(/^STATUS workload=idle .* t=abc$/);
});

test.each([
  [['wss_mib=many'], 'wss_mib=many is not a whole number'],
  [['page=half'], 'page=half is none of word, text and full'],
  [['workload=dance'], 'workload=dance is not one of'],
  [['wss_mib=99999999'], 'does not fit'],
])('refuses %s', async (choices, why) => {
  const child = spawn(join(folder, 'workload'), ['-'], { env: environment(choices) });
  child.stdin.end();
  expect(await text(child.stderr)).toContain(why);
});

function start(workload: Workload) {
  const child = spawn(join(folder, 'workload'), ['-'], { env: environment(workloadArguments(workload)) });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    async ask(request: string): Promise<string> {
      child.stdin.write(`${request}\n`);
      return String((await lines.next()).value);
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

function environment(choices: readonly string[]): Record<string, string> {
  return Object.fromEntries(choices.map((choice) => choice.split('=', 2)));
}
