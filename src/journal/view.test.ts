import { expect, test } from 'vitest';
import { formerSettings } from './former-settings.ts';
import type { Happening, JournalEntry } from './journal-entry.ts';
import { JournalError } from './journal-error.ts';
import { BOUNDARY, EVERY_HAPPENING, OUTCOME, TICK } from './testing/happenings.ts';
import { foldEntry, openView, viewOf } from './view.ts';

const stamp = { schema: 2, seq: 0, time: '2026-11-22T19:57:48.123Z', atMs: 7 };
const entriesOf = (happenings: readonly Happening[]): JournalEntry[] =>
  happenings.map((happening) => ({ ...stamp, ...happening }));

test('everything that a journal tells of a migration', () => {
  const [opened] = EVERY_HAPPENING;
  expect(viewOf(entriesOf(EVERY_HAPPENING))).toMatchObject({
    ...Object.fromEntries(
      Object.entries(opened ?? {}).filter(
        ([key]) => key !== 'type' && key !== 'inherits' && key !== 'switchoverVersion',
      ),
    ),
    startedAt: stamp.time,
    foreseen: { tookMs: 12, known: { probes: [{ durationMs: 300 }, { durationMs: 300 }] } },
    state: 'stopped',
    boundaries: [BOUNDARY.boundary],
    lastTick: TICK.tick,
    decisions: [{ atMs: 7, pass: 2, action: 'switchover' }],
    effects: [{ atMs: 7, did: 'migrate-set-parameters', set: { downtimeLimitMs: 4850 } }],
    intents: [{ atMs: 7, intent: 'fence', side: 'destination' }],
    settings: [
      { type: 'before', side: 'source', settings: { parameters: { 'downtime-limit': 300 } } },
      { type: 'restored', side: 'source', problem: null },
    ],
    guestEvents: [{ atMs: 7, event: 'stopped', side: 'source' }],
    monitorEvents: [{ atMs: 7, side: 'destination', state: 'lost' }],
    warnings: ['mind the gap'],
    outcome: OUTCOME,
  });
});

test('settings that could not be put back are a warning', () => {
  const [opened] = EVERY_HAPPENING;
  if (!opened) throw new Error('an opening');
  const view = viewOf(entriesOf([opened, { type: 'restored', side: 'source', problem: 'do it by hand' }]));
  expect(view.warnings).toEqual(['do it by hand']);
});

// Review, section 4: each entry copied all lists before it.
test('the lists grow in place', () => {
  const [opened, boundary] = entriesOf([...EVERY_HAPPENING.slice(0, 1), BOUNDARY]);
  if (!opened || !boundary) throw new Error('two entries');
  const view = openView(opened);
  const { boundaries } = view;
  for (let count = 0; count < 3; count += 1) expect(foldEntry(view, boundary)).toBe(view);
  expect(view.boundaries).toBe(boundaries);
  expect(boundaries).toHaveLength(3);
});

test('what does not begin with its opening, or is empty, is no migration', () => {
  expect(() => viewOf([])).toThrow(JournalError);
  expect(() => viewOf(entriesOf([BOUNDARY]))).toThrow(/does not begin with an `opened` line/);
});

test('settings that are still due from an earlier one count as changed from its first line on', () => {
  const settings = { parameters: { 'downtime-limit': 300 }, capabilities: {} };
  const [opened] = EVERY_HAPPENING;
  if (opened?.type !== 'opened') throw new Error('the first happening opens');
  const view = viewOf(entriesOf([{ ...opened, inherits: [{ side: 'source', settings }] }]));
  expect(view.settings).toEqual([{ type: 'before', atMs: 0, side: 'source', settings }]);
  expect(formerSettings(view, 'source')).toEqual(settings);
});

test('a controller that died as post-copy began left a destination that may lack memory', () => {
  const opened = EVERY_HAPPENING.filter(({ type }) => type === 'opened');
  const after = (...happenings: Happening[]) => viewOf(entriesOf([...opened, ...happenings])).postCopyBegan;
  expect(after({ type: 'status', status: 'device' })).toBe(false);
  expect(after({ type: 'status', status: 'postcopy-device' })).toBe(true);
  // libvirt's, in journals that tell the state only.
  expect(after({ type: 'state', from: 'copying', to: 'post-copy' })).toBe(true);
});
