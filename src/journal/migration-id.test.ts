import { describe, expect, test } from 'vitest';
import { newMigrationId, sortIds, stampMs } from './migration-id.ts';

const NOW_MS = Date.parse('2026-11-22T19:57:48.123Z');

test.each(['vm1', '../../etc/passwd', 'a b;rm -rf', '', 'ñandú', '-x', 'x'.repeat(300)])(
  'an id made of the name %j is a plain file name',
  (name) => {
    const id = newMigrationId(name, undefined, NOW_MS, () => 0.5);
    expect(id).toMatch(/^20261122T195748\.123-[A-Za-z0-9_-]{1,40}-8000$/);
  },
);

describe('the order', () => {
  // Audit 19, review B22: after a step back `last` and the orphan were the wrong journal.
  test.each([1, 2000, 3_600_000])('holds when the wall clock steps back by %i ms', (backMs) => {
    const first = newMigrationId('vm1', undefined, NOW_MS, () => 0.99);
    const second = newMigrationId('vm1', first, NOW_MS - backMs, () => 0);
    const third = newMigrationId('a', second, NOW_MS - backMs, () => 0);
    expect(sortIds([third, first, second])).toEqual([first, second, third]);
  });

  test('is the clock’s where that goes on', () => {
    const first = newMigrationId('vm1', undefined, NOW_MS);
    expect(stampMs(newMigrationId('vm1', first, NOW_MS + 5000))).toBe(NOW_MS + 5000);
  });

  test('puts what somebody named by hand before all others', () =>
    expect(sortIds(['zzz', '20260101T000000-vm1-aaaa', '20260101-vm1'])).toEqual([
      '20260101-vm1',
      'zzz',
      '20260101T000000-vm1-aaaa',
    ]));

  test('a stamp that is no date is none', () => {
    expect(stampMs('20269999T000000.000-vm1-aaaa')).toBeUndefined();
    expect(newMigrationId('vm1', '20269999T000000.000-vm1-aaaa', NOW_MS)).toMatch(/^20261122T/);
  });
});

// Found by the fuzzer: the year 10000 has a sign before it, and its id was no name of a file.
test('after a file of the end of the year 9999 an id is an id still', () =>
  expect(newMigrationId('vm1', '99991231T235959.999-vm1-aaaa', NOW_MS)).toMatch(
    /^99991231T235959\.999-vm1-[0-9a-f]{4}$/,
  ));
