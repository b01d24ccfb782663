import { describe, expect, test } from 'vitest';
import { despiteEmulation, hasHostState, isCrash } from './emulation-fault.ts';

const ended = (status: number) => ({ status, stdout: '', stderr: '' });

/** Runs that end so, one after the other. @returns the last status, how many ran, and how often it was said */
async function after(...statuses: number[]): Promise<[number, number, number]> {
  let runs = 0;
  const said: string[] = [];
  const { status } = await despiteEmulation(
    () => Promise.resolve(ended(statuses[runs++] ?? 0)),
    (line) => void said.push(line),
  );
  return [status, runs, said.length];
}

test('a run is repeated only when its Node crashed, twice at most, and that is said', async () => {
  expect(await after(139, 0)).toEqual([0, 2, 1]);
  expect(await after(139, 1)).toEqual([1, 2, 1]);
  expect(await after(139, 139, 0)).toEqual([0, 3, 2]);
  expect(await after(139, 139, 139, 0)).toEqual([139, 3, 2]);
  expect(await after(0)).toEqual([0, 1, 0]);
  expect(await after(1, 0)).toEqual([1, 1, 0]);
  // As timeout(1) ends: a guest that hangs by itself is a failure.
  expect(await after(124, 0)).toEqual([124, 1, 0]);
});

test('a signal that somebody sends is no crash', () => {
  expect(isCrash({ status: null, signal: 'SIGSEGV' })).toBe(true);
  expect(isCrash({ status: null, signal: 'SIGKILL' })).toBe(false);
  expect(isCrash({ status: 134, signal: null })).toBe(false);
});

describe('registers that are the host’s', () => {
  const MEMORY = 256 * 2 ** 20;
  const registers = (cr3: string) =>
    `RIP=ffffffffc048120c\r\nCR0=80050033 CR2=ffffffffc048120c CR3=${cr3} CR4=000006f0\r\n`;

  test('have their page tables where the guest has no memory', () => {
    // Of a guest of 256 MiB that hung, in a host of 4 GiB.
    expect(hasHostState(registers('000000012c2c6000'), MEMORY)).toBe(true);
    expect(hasHostState(registers('000000000f2c6000'), MEMORY)).toBe(false);
    expect(hasHostState('no registers', MEMORY)).toBe(false);
  });
});
