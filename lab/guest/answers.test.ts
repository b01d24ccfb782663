import { expect, test } from 'vitest';
import { GuestAnswerError, parseStatus, parseVerification } from './answers.ts';

test('reads the status', () => {
  expect(parseStatus('STATUS workload=loop writes=187136 gen=5..6 uptime_ms=2690\r')).toEqual({
    workload: 'loop',
    writes: 187136,
    generationMin: 5,
    generationMax: 6,
    uptimeMs: 2690,
  });
});

test('reads a verification', () => {
  const line = 'VERIFIED pages=32768 bad=2 gen=525..526 writes=17208064 ledger=wrong uptime_ms=8815';
  expect(parseVerification(line)).toEqual({
    checked: 32768,
    of: 'pages',
    bad: 2,
    generationMin: 525,
    generationMax: 526,
    writes: 17208064,
    ledgerOk: false,
    uptimeMs: 8815,
  });
});

test('reads the verification of an application', () => {
  const line = 'VERIFIED records=256 bad=0 gen=3..4 writes=900 ledger=ok uptime_ms=8815';
  expect(parseVerification(line)).toMatchObject({ checked: 256, of: 'records', ledgerOk: true });
});

test.each([
  ['', 'expected VERIFIED'],
  ['STATUS workload=loop', 'expected VERIFIED'],
  ['VERIFIED pages=1 bad=', 'bad in the guest'],
  ['VERIFIED pages=1 bad=-1', 'bad in the guest'],
  ['VERIFIED pages=1 bad=0 gen=1', 'gen in the guest'],
  ['VERIFIED pages=1 bad=0 gen=1..2', 'has no writes'],
])('does not take "%s" for a verification', (line, why) => {
  expect(() => parseVerification(line)).toThrow(GuestAnswerError);
  expect(() => parseVerification(line)).toThrow(why);
});
