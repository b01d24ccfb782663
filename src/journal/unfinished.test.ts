import { describe, expect, test } from 'vitest';
import { OUTCOME } from './testing/happenings.ts';
import { isJournalOf, isUnfinished } from './unfinished.ts';

test('unfinished is what nobody saw end, and what was let go', () => {
  expect(isUnfinished({ outcome: undefined })).toBe(true);
  expect(isUnfinished({ outcome: { ...OUTCOME, outcome: 'detached' } })).toBe(true);
  for (const outcome of ['completed', 'aborted', 'cancelled', 'failed'] as const)
    expect(isUnfinished({ outcome: { ...OUTCOME, outcome } })).toBe(false);
});

describe('whether a journal is of the migration that is found', () => {
  const startedAt = '2026-11-22T12:00:00.000Z';
  const openedMs = Date.parse(startedAt);

  // Audit 19: a step of the clock made watch disown its own journal, or adopt a stale one.
  test.each([-3_600_000, -5000, 0, 5000, 3_600_000])(
    'the hypervisor’s mark decides, whatever the clock says (%i ms)',
    (stepMs) => {
      const view = { mark: 'a', origin: 'attach', startedAt } as const;
      expect(isJournalOf(view, { mark: 'a', beganAtMs: openedMs + stepMs })).toBe(true);
      expect(isJournalOf(view, { mark: 'b', beganAtMs: openedMs + stepMs })).toBe(false);
    },
  );

  test.each([
    ['attach', 900, true],
    ['attach', 1100, false],
    ['migrate', 29_000, true],
    ['migrate', 31_000, false],
  ] as const)('without a mark, one of %s that was opened %i ms before: %s', (origin, ms, is) =>
    expect(isJournalOf({ mark: null, origin, startedAt }, { mark: 'a', beganAtMs: openedMs + ms })).toBe(is),
  );
});
