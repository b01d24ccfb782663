import { expect, test } from 'vitest';
import type { RefusalCode } from '../hypervisor/refusal.ts';
import type { Outcome } from '../journal/outcome.ts';
import { attendedOf, failureOfRefusal } from './migration-end.ts';

test.each<[RefusalCode, string]>([
  ['different-cpu', 'refused'],
  ['name-taken', 'refused'],
  ['no-memory', 'capacity'],
  ['unreachable', 'transient'],
  ['already-migrating', 'transient'],
  ['held', 'transient'],
])('a refusal for %s is %s', (code, kind) => {
  expect(failureOfRefusal({ code, message: 'no' })).toEqual({ class: kind, code, words: 'no' });
});

const OUTCOME: Outcome = {
  ...{ outcome: 'failed', runsOn: 'source', reason: 'the connection was reset', pauseMs: null, totalMs: 1 },
  ...{ sentBytes: 0, memoryIntensive: null, neededPauseMs: null, reportedDowntimeMs: null },
};

test.each<[string, Partial<Outcome>, object]>([
  ['that failed is tried again', {}, { failure: { class: 'transient', code: 'migration-failed' } }],
  [
    'for which no pause fits needs a person, and says which would, with some room',
    { outcome: 'aborted', neededPauseMs: 2400 },
    {
      failure: {
        class: 'no-pause-fits',
        remedy:
          'with --max-downtime 3s there is room for the pause of 2.4 s that it needs; or move it by hand',
      },
    },
  ],
  [
    'for which none fits says so of short ones, too',
    { outcome: 'aborted', neededPauseMs: 584.2 },
    { failure: { remedy: expect.stringContaining('with --max-downtime 740ms there is') } },
  ],
  ['that ran out of time is not begun anew', { outcome: 'aborted' }, { failure: { class: 'permanent' } }],
  ['that was cancelled by hand neither', { outcome: 'cancelled' }, { failure: { code: 'cancelled' } }],
  ['of which nobody knows the side is left to a person', { runsOn: 'unknown' }, { unknown: OUTCOME.reason }],
])('a migration %s', (_, given, attended) => {
  expect(attendedOf({ ...OUTCOME, ...given })).toMatchObject(attended);
});

test('one that arrived, or that was let go of, has not failed', () => {
  expect(attendedOf({ ...OUTCOME, outcome: 'completed', runsOn: 'destination' })).toEqual({});
  expect(attendedOf({ ...OUTCOME, outcome: 'detached', runsOn: 'unknown' })).toEqual({});
});
