import { describe, expect, test } from 'vitest';
import { migrationMark } from '../hypervisor/migration-mark.ts';
import type { MigrationView } from '../journal/view.ts';
import { formerAt, isOfMigration, mayHaveFenced } from './inheritance.ts';

const settings = (value: number) => ({ parameters: { 'downtime-limit': value }, capabilities: {} });

function left(more: Partial<MigrationView> = {}): MigrationView {
  return {
    vm: 'qmp:/a',
    destination: 'qmp:/b',
    effects: [],
    settings: [
      { type: 'before', atMs: 0, side: 'source', settings: settings(1) },
      { type: 'before', atMs: 0, side: 'destination', settings: settings(2) },
    ],
    ...more,
  } as unknown as MigrationView;
}

describe('former settings are put back at the QEMU of which they are', () => {
  const values = (ends: { vm: string; destination: string | undefined }) =>
    formerAt(left(), ends).map(({ side, parameters }) => [side, parameters['downtime-limit']]);

  test.each([
    [
      'the same two ends',
      'qmp:/a',
      'qmp:/b',
      [
        ['source', 1],
        ['destination', 2],
      ],
    ],
    [
      'the way back',
      'qmp:/b',
      'qmp:/a',
      [
        ['destination', 1],
        ['source', 2],
      ],
    ],
    [
      'onward from the new host: nothing of the old host is written there',
      'qmp:/b',
      'qmp:/c',
      [['source', 2]],
    ],
    [
      'an address that is written in another way',
      'qmp:/./a',
      'qmp:/b',
      [
        ['source', 1],
        ['destination', 2],
      ],
    ],
  ] as const)('%s', (_, vm, destination, expected) => expect(values({ vm, destination })).toEqual(expected));

  test('without a journal there are none', () =>
    expect(formerAt(undefined, { vm: 'qmp:/a', destination: undefined })).toEqual([]));
});

test('a cancel may have told the destination to wait, where there was one; whoever followed it knows', () => {
  const of = (intent: string, destination: string | null) =>
    mayHaveFenced(
      left({ destination, intents: [{ atMs: 0, intent, side: null }] } as Partial<MigrationView>),
    );
  expect([of('cancel', 'qmp:/b'), of('cancel', null), of('fence', null), of('let-run', 'qmp:/b')]).toEqual([
    ...[true, false],
    ...[true, false],
  ]);
});

// Audit 19: a step of the clock made watch disown its own journal, or adopt a stale one.
test('the mark says of which migration a journal is, whatever the clock says', () => {
  const of = (mark: string) =>
    left({ effects: [{ atMs: 0, did: 'follows', set: { mark } }], startedAt: '1990-01-01T00:00:00Z' });
  expect(isOfMigration(of(migrationMark(1000)), migrationMark(1000))).toBe(true);
  expect(isOfMigration(of(migrationMark(3_600_000)), migrationMark(1000))).toBe(false);
  expect(isOfMigration(left(), migrationMark(1000))).toBe(false);
});

test('a migration that was told to begin, and did so later, is between its marks', () => {
  const effects = [20_000, 10_000].map((agoMs) => ({
    atMs: 0,
    did: 'begins',
    set: { mark: migrationMark(agoMs) },
  }));
  const isOf = (agoMs: number) => isOfMigration(left({ effects }), migrationMark(agoMs));
  expect([26_000, 21_000, 15_000, 9000, 4000].map(isOf)).toEqual([false, true, true, true, false]);
});

test('one that was told to begin, and whose controller was killed then, may begin later', () => {
  const effects = [{ atMs: 0, did: 'migrates', set: { mark: migrationMark(20_000) } }];
  const isOf = (agoMs: number, origin: 'migrate' | 'attach') =>
    isOfMigration(left({ effects, origin }), migrationMark(agoMs));
  expect([24_000, 20_000, 11_000, 6000].map((agoMs) => isOf(agoMs, 'migrate'))).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect(isOf(11_000, 'attach')).toBe(false);
});
