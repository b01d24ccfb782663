import { expect, test } from 'vitest';
import { OUTCOME } from './testing/happenings.ts';
import { isUnfinished } from './unfinished.ts';

test('unfinished is what nobody saw end, and what was let go', () => {
  expect(isUnfinished({ outcome: undefined })).toBe(true);
  expect(isUnfinished({ outcome: { ...OUTCOME, outcome: 'detached' } })).toBe(true);
  for (const outcome of ['completed', 'aborted', 'cancelled', 'failed'] as const)
    expect(isUnfinished({ outcome: { ...OUTCOME, outcome } })).toBe(false);
});
