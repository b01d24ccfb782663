import { describe, expect, test } from 'vitest';
import type { MigrationSummary } from '../api-types.ts';
import { summary } from '../testing/summary.ts';
import { counts, type Fleet, grouped, LATELY_MS, missingFrom, withoutOld, withSummary } from './fleet.ts';

const NOW = Date.parse('2026-11-29T14:01:00.000Z');
const fleetOf = (...all: Partial<MigrationSummary>[]): Fleet =>
  all.map((each) => summary({ source: `host of ${each.id}`, ...each })).reduce(withSummary, new Map());
const ids = (fleet: Fleet, nowMs = NOW) =>
  grouped(fleet, nowMs).map(({ key, migrations }) => [key, ...migrations.map(({ id }) => id)]);

test('what is older, or no newer, changes nothing', () => {
  const fleet = fleetOf({ revision: 5, pass: 7 });
  expect(withSummary(fleet, summary({ revision: 4, pass: 6 }))).toBe(fleet);
  expect(withSummary(fleet, summary({ revision: 5, pass: 6 }))).toBe(fleet);
  expect(withSummary(fleet, summary({ revision: 6, pass: 8 })).get('m1')?.pass).toBe(8);
});

describe('groups', () => {
  const held = { code: 'held', words: 'no room', remedy: 'free memory on host2' };

  test('those that ask for a person are on top, whatever their state', () =>
    expect(
      ids(
        fleetOf(
          { id: 'copies' },
          { id: 'done', final: true, outcome: 'completed', runsOn: 'destination' },
          { id: 'pauses', state: 'switching-over' },
          { id: 'held', reasons: [held] },
          { id: 'lost', final: true, outcome: 'failed', runsOn: 'unknown' },
        ),
      ),
    ).toEqual([
      ['person', 'held', 'lost'],
      ['pausing', 'pauses'],
      ['copying', 'copies'],
      ['ended', 'done'],
    ]));

  test('the oldest is first, and stays there while figures change', () => {
    const fleet = fleetOf({ id: 'new', startedAt: '2026-11-29T14:00:20.000Z' }, { id: 'old' });
    expect(ids(fleet)).toEqual([['copying', 'old', 'new']]);
    const changed = withSummary(
      fleet,
      summary({ id: 'old', revision: 2, remainingBytes: 9e9, forecastPauseMs: 9e9 }),
    );
    expect(ids(changed)).toEqual([['copying', 'old', 'new']]);
  });

  test('what has ended leaves after a while, unless it needs a person', () => {
    const ended = { final: true, outcome: 'failed' } as const;
    const fleet = fleetOf(
      { id: 'done', ...ended, runsOn: 'source' },
      { id: 'lost', ...ended, runsOn: 'unknown' },
    );
    expect(ids(fleet)).toEqual([
      ['person', 'lost'],
      ['ended', 'done'],
    ]);
    expect(ids(fleet, NOW + LATELY_MS)).toEqual([['person', 'lost']]);
  });

  test('of what ended only the last of each VM is shown, and none that migrates again', () => {
    const ended = { final: true, outcome: 'completed', runsOn: 'destination' } as const;
    const at = (second: number) => `2026-11-29T14:00:0${second}.000Z`;
    const fleet = fleetOf(
      { id: 'a1', source: 'a', startedAt: at(1), updatedAt: at(2), ...ended },
      { id: 'a2', source: 'a', startedAt: at(3), updatedAt: at(4), ...ended },
      { id: 'b1', source: 'b', startedAt: at(1), updatedAt: at(5), ...ended },
      { id: 'c1', source: 'c', startedAt: at(1), updatedAt: at(6), ...ended },
      { id: 'c2', source: 'c', startedAt: at(7), updatedAt: at(7) },
    );
    expect(ids(fleet)).toEqual([
      ['copying', 'c2'],
      ['ended', 'b1', 'a2'],
    ]);
  });

  test('a remedy of what has ended asks for nobody', () =>
    expect(ids(fleetOf({ final: true, outcome: 'aborted', runsOn: 'source', reasons: [held] }))).toEqual([
      ['ended', 'm1'],
    ]));
});

test('what ran before a break and runs no more is found', () => {
  const fleet = fleetOf({ id: 'a' }, { id: 'b' }, { id: 'c', final: true });
  expect(missingFrom(fleet, [summary({ id: 'b' })])).toEqual(['a']);
});

test('what ended long ago is let go, but for the one that is looked at', () => {
  const ended = { final: true, outcome: 'completed', runsOn: 'destination' } as const;
  const fleet = fleetOf({ id: 'runs' }, { id: 'old', ...ended }, { id: 'shown', ...ended });
  expect(withoutOld(fleet, NOW, undefined)).toBe(fleet);
  expect([...withoutOld(fleet, NOW + LATELY_MS, 'shown').keys()]).toEqual(['runs', 'shown']);
});

test('counts for the title', () =>
  expect(counts(fleetOf({ id: 'a' }, { id: 'b', final: true, runsOn: 'unknown' }))).toEqual({
    running: 1,
    person: 1,
  }));
