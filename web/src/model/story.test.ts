import { expect, test } from 'vitest';
import type { Happening, JournalEntry } from './journal.ts';
import { withStory } from './story.ts';

const entries = (...happenings: Happening[]): JournalEntry[] =>
  happenings.map((happening, seq) => ({ seq, atMs: seq * 1000, ...happening }));
const decision = (pass: number, reason: string, action = 'continue'): Happening => ({
  type: 'decision',
  pass,
  decision: { action, reason },
});

test('the same words, again and again, are one line with its passes', () => {
  const story = withStory([], entries(decision(7, 'waits'), decision(8, 'waits'), decision(9, 'waits')));
  expect(story).toMatchObject([
    { pass: 7, untilPass: 9, times: 3, atMs: 0, untilMs: 2000, words: 'go on: waits' },
  ]);
});

test('an entry that comes later goes on where the story was', () => {
  const [first, second, third] = entries(
    decision(1, 'waits'),
    decision(2, 'waits'),
    decision(2, 'fits', 'switchover'),
  );
  if (!first || !second || !third) throw new Error('three');
  const story = withStory(withStory([], [first]), [second, third]);
  expect(story.map(({ words, times, tone }) => [words, times, tone])).toEqual([
    ['go on: waits', 2, 'plain'],
    ['switch over: fits', 1, 'pause'],
  ]);
});

test('what belongs to every migration, and what only the program needs, is left out', () =>
  expect(
    withStory(
      [],
      entries({ type: 'status' }, { type: 'intent', intent: 'start', side: null }, { type: 'foreseen' }),
    ),
  ).toEqual([]));

test('what a person has to know stands out', () => {
  const story = withStory(
    [],
    entries(
      { type: 'restored', side: 'source', problem: 'no room on the disk' },
      { type: 'monitor', side: 'source', state: 'lost', words: 'reset' },
      { type: 'ended', outcome: { outcome: 'failed', reason: 'it failed', pauseMs: null } },
    ),
  );
  expect(story.map(({ tone }) => tone)).toEqual(['ask', 'bad', 'bad']);
});

test('an action that a newer service has is shown as it is', () =>
  expect(withStory([], entries(decision(1, 'because', 'hover')))[0]?.words).toBe('hover: because'));
