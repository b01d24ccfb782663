import { describe, expect, test } from 'vitest';
import type { MigrationView } from '../journal/view.ts';
import { DEFAULT_LIMITS } from '../policy/policy.ts';
import { ownerOfLimit, withStarterLimit } from './starter-limit.ts';

const OURS = { ...DEFAULT_LIMITS, downtimeMs: 400, maxDowntimeMs: 800 };

/** A journal of schema 1 that was left unfinished after these effects. */
function left(...did: string[]): MigrationView {
  return { limits: OURS, effects: did.map((each) => ({ atMs: 0, did: each })) } as unknown as MigrationView;
}

describe('the limit that is in force', () => {
  test('is nobody’s where it is QEMU’s default, or is not told', () => {
    expect(ownerOfLimit(300, undefined)).toEqual({ owner: 'nobody' });
    expect(ownerOfLimit(undefined, undefined)).toEqual({ owner: 'nobody' });
  });

  test.each([1, 299, 301, 2_000_000])('%i ms is the starter’s', (downtimeMs) =>
    expect(ownerOfLimit(downtimeMs, undefined)).toEqual({ owner: 'starter', downtimeMs }),
  );

  test('is ours where a watch before us set it last', () => {
    const view = left('migrate-setmaxdowntime 250', 'migrate-setmaxdowntime 2770', 'domjobabort');
    expect(ownerOfLimit(2770, view)).toEqual({ owner: 'us', limits: OURS });
  });

  test('is ours by what was set, whatever the words of the effect are', () => {
    const effects = [
      { atMs: 0, did: 'downtime limit set to 2.77 s', set: { downtimeLimitMs: 2770 } },
      { atMs: 1, did: 'migrate-setmaxdowntime 5', set: { bandwidthBytesPerSecond: 1 } },
    ];
    const view = { ...left(), effects };
    expect(ownerOfLimit(2770, view)).toEqual({ owner: 'us', limits: OURS });
    expect(ownerOfLimit(5, view)).toEqual({ owner: 'starter', downtimeMs: 5 });
  });

  test('is the starter’s where it was changed after us', () => {
    const view = left('migrate-setmaxdowntime 2770');
    expect(ownerOfLimit(250, view)).toEqual({ owner: 'starter', downtimeMs: 250 });
    expect(ownerOfLimit(300, view)).toEqual({ owner: 'nobody' });
  });

  test('is judged by the watch before us where that set none: it knew the starter’s', () => {
    expect(ownerOfLimit(250, left())).toEqual({ owner: 'us', limits: OURS });
    expect(ownerOfLimit(300, left('limit 2770', 'x migrate-setmaxdowntime 5'))).toMatchObject({
      owner: 'us',
    });
  });
});

describe('the limits of a migration that is taken over', () => {
  const configured = { ...DEFAULT_LIMITS, timeoutMs: 60_000, overBudget: 'leave' as const };

  test('are the configured ones where nobody chose', () =>
    expect(withStarterLimit(configured, { owner: 'nobody' })).toEqual(configured));

  test('have the starter’s pause in place of both of ours, and no other of his', () =>
    expect(withStarterLimit(configured, { owner: 'starter', downtimeMs: 2000 })).toEqual({
      ...configured,
      downtimeMs: 2000,
      maxDowntimeMs: 2000,
    }));

  test('never end what the starter is in charge of', () =>
    expect(
      withStarterLimit({ ...configured, overBudget: 'abort' }, { owner: 'starter', downtimeMs: 2000 }),
    ).toMatchObject({ overBudget: 'leave' }));

  test('have the pauses of the watch before us and what it did beyond them, the rest as it is configured now', () =>
    expect(
      withStarterLimit(configured, { owner: 'us', limits: { ...OURS, overBudget: 'post-copy' } }),
    ).toEqual({
      ...configured,
      downtimeMs: 400,
      maxDowntimeMs: 800,
      overBudget: 'post-copy',
    }));
});
