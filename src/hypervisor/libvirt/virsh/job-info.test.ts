import { expect, test } from 'vitest';
import { parseJobInfo } from './job-info.ts';

/** `virsh domjobinfo --rawstats` of libvirt 11.3, five seconds into a migration. */
const UNDER_WAY = `Job type: 2

operation: 5
time_elapsed: 5006
downtime: 350
setup_time: 1
data_total: 537264128
data_processed: 21574505
data_remaining: 512077824
memory_total: 537264128
memory_processed: 21574505
memory_remaining: 512077824
memory_bps: 59077486
memory_iteration: 1
`;

test('a migration under way', () => {
  expect(parseJobInfo(UNDER_WAY)).toEqual({
    type: 'active',
    migration: 'out',
    timeElapsedMs: 5006,
    downtimeMs: 350,
    dataProcessedBytes: 21_574_505,
    memoryTotalBytes: 537_264_128,
    memoryRemainingBytes: 512_077_824,
    memoryBytesPerSecond: 59_077_486,
    memoryIteration: 1,
    autoConvergeThrottlePercent: undefined,
    errorMessage: undefined,
  });
});

test.each(['Job type: 0\n', '', 'garbage', 'Job type: -1', 'Job type: 99'])('no job: %j', (text) => {
  expect(parseJobInfo(text)).toMatchObject({
    type: 'none',
    migration: undefined,
    memoryIteration: undefined,
  });
});

test.each([
  [0, 'none'],
  [1, 'active'],
  [2, 'active'],
  [3, 'completed'],
  [4, 'failed'],
  [5, 'cancelled'],
])('virDomainJobType %i is %s', (type, word) => expect(parseJobInfo(`Job type: ${type}`).type).toBe(word));

test('of the operations only 4 and 5 are migrations', () => {
  const ways = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((each) => parseJobInfo(`operation: ${each}`).migration);
  expect(ways.map((way, operation) => [operation, way]).filter(([, way]) => way !== undefined)).toEqual([
    [4, 'in'],
    [5, 'out'],
  ]);
});

test('a figure that is no whole number is taken for none', () => {
  expect(parseJobInfo('downtime: -1\nmemory_bps: 1e9\nmemory_total:\nmemory_iteration: 0')).toMatchObject({
    downtimeMs: undefined,
    memoryBytesPerSecond: undefined,
    memoryTotalBytes: undefined,
    memoryIteration: 0,
  });
});

test('the words of a failure may hold a colon', () => {
  const { errorMessage } = parseJobInfo('Job type: 4\nerrmsg: operation failed: job: unexpectedly failed');
  expect(errorMessage).toBe('operation failed: job: unexpectedly failed');
});

test('digits without end are no figure (found by the fuzzer)', () => {
  const endless = '9'.repeat(400);
  expect(parseJobInfo(`downtime: ${endless}\nmemory_bps: 18446744073709551615`)).toMatchObject({
    downtimeMs: undefined,
    memoryBytesPerSecond: 2 ** 64,
  });
});
