import { expect, test } from 'vitest';
import { despiteEmulation, EMULATION_FAULT_STATUS, isCrash } from './emulation-fault.ts';

const ended = (status: number) => ({ status, stdout: '', stderr: '' });

/** Runs that end so, one after the other. @returns the last status, and how many ran */
async function after(...statuses: number[]): Promise<[number, number]> {
  let runs = 0;
  const { status } = await despiteEmulation(() => Promise.resolve(ended(statuses[runs++] ?? 0)));
  return [status, runs];
}

test('a run is repeated only when the machine failed it, and once', async () => {
  expect(await after(139, 0)).toEqual([0, 2]);
  expect(await after(EMULATION_FAULT_STATUS, 1)).toEqual([1, 2]);
  expect(await after(124, 0)).toEqual([0, 2]);
  expect(await after(139, 139, 0)).toEqual([139, 2]);
  expect(await after(0)).toEqual([0, 1]);
  expect(await after(1, 0)).toEqual([1, 1]);
});

test('a signal that somebody sends is no crash', () => {
  expect(isCrash({ status: null, signal: 'SIGSEGV' })).toBe(true);
  expect(isCrash({ status: null, signal: 'SIGKILL' })).toBe(false);
  expect(isCrash({ status: 134, signal: null })).toBe(false);
});
