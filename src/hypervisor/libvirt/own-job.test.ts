import { expect, test } from 'vitest';
import { ownerOf } from './own-job.ts';
import { parseJobInfo } from './virsh/job-info.ts';

const job = (elapsedMs: number, type = 2, operation = 5) =>
  parseJobInfo(`Job type: ${type}\noperation: ${operation}\ntime_elapsed: ${elapsedMs}`);
const owner = (elapsedMs: number) => ownerOf({ job: job(elapsedMs), askedMs: 1100, answeredMs: 1110 }, 1000);

test.each([
  [5000, 'somebody-else'],
  [111, 'somebody-else'],
  [110, 'unclear'],
  [100, 'unclear'],
  [99, 'ours'],
  [0, 'ours'],
] as const)('%i ms old, 100 to 110 ms after virsh was started: %s', (elapsedMs, whose) =>
  expect(owner(elapsedMs)).toBe(whose),
);

test('no job, one that is over, or one that comes here is nobody’s', () => {
  for (const none of [job(1, 0), job(1, 3), job(1, 2, 4), parseJobInfo('')])
    expect(ownerOf({ job: none, askedMs: 1100, answeredMs: 1110 }, 1000)).toBe('nobody');
});

test('a libvirt that tells no time is believed', () =>
  expect(ownerOf({ job: parseJobInfo('Job type: 2'), askedMs: 1, answeredMs: 2 }, 1000)).toBe('ours'));
