import { expect, test } from 'vitest';
import { PauseMeter } from './pause-meter.ts';

test('from the stop to the resumption, on whichever side', () => {
  const meter = new PauseMeter();
  meter.stop(1000);
  meter.resume(1340);
  expect(meter.pause).toEqual({ kind: 'measured', ms: 340 });
});

test('a resumption before its stop was dated by a clock that was set in between: nothing was measured', () => {
  const meter = new PauseMeter();
  meter.stop(1000);
  meter.resume(932);
  expect(meter.pause).toEqual({ kind: 'unseen' });
});
