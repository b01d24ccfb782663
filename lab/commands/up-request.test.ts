import { expect, test } from 'vitest';
import { UsageError } from '../usage-error.ts';
import { readGuestChoice } from './up-request.ts';

const DEFAULTS = { workload: 'loop', memory: '512M' };

test('fills in what nobody said, for each kind of workload its own', () => {
  expect(readGuestChoice(DEFAULTS)).toEqual({
    workload: { kind: 'loop', wssMiB: 128, pagesPerSecond: 0, page: 'full', busySeconds: 5, calmSeconds: 5 },
    memoryMiB: 512,
  });
  expect(readGuestChoice({ ...DEFAULTS, workload: 'redis' }).workload).toEqual({ kind: 'redis', wssMiB: 96 });
  expect(readGuestChoice({ ...DEFAULTS, workload: 'stress-ng', method: 'ror', wss: '64M' }).workload).toEqual(
    { kind: 'stress-ng', wssMiB: 64, method: 'ror' },
  );
});

test.each([
  [{ workload: 'mysql' }, '--workload mysql: choose one of idle, loop, '],
  [
    { workload: 'redis', rate: '5' },
    '--rate is for idle, loop, random, hotcold, phases: redis goes at its own pace',
  ],
  [{ workload: 'redis', method: 'ror' }, '--method is for stress-ng, not for redis'],
  [{ workload: 'stress-ng', method: 'gently' }, '--method gently: choose one of all, '],
  [
    { workload: 'redis', wss: '300M' },
    "--wss 300M does not fit into --memory 512M: leave 256M to the guest's kernel and to redis",
  ],
  [{ wss: '480M' }, "leave 96M to the guest's kernel"],
])('refuses %o in one sentence', (values, sentence) => {
  const read = () => readGuestChoice({ ...DEFAULTS, ...values });
  expect(read).toThrow(UsageError);
  expect(read).toThrow(sentence);
});
