import { describe, expect, test } from 'vitest';
import type { Drain, DrainSummary, DrainVm } from '../drain-types.ts';
import { clockLabels, drainAxis } from './drain-axis.ts';
import {
  drainPlanRequestOf,
  drainRequestOf,
  EMPTY_DRAIN_FORM,
  isDrainWrong,
  parseDeadline,
  parseSize,
  withDestination,
} from './drain-form.ts';
import {
  deadlineSentence,
  drainCost,
  heldReasons,
  planSentence,
  planVerdict,
  windowsSentence,
} from './drain-plan-words.ts';
import {
  ACTIONS,
  actCost,
  DECISIONS,
  deadlineVerdict,
  decideCost,
  drainName,
  groupedVms,
  pauseInRemedy,
} from './drains.ts';

const NOW_MS = Date.parse('2026-11-30T20:00:00Z');
const at = (minutes: number) => new Date(NOW_MS + minutes * 60e3).toISOString();
const NONE = { queued: 0, moving: 0, stopping: 0, moved: 0, off: 0, held: 0, left: 0, gone: 0, unknown: 0 };

function drain(given: Partial<Drain> = {}): Drain {
  return {
    ...{
      id: 'd',
      kind: 'drain',
      host: 'qemu+ssh://root@host1/system',
      state: 'draining',
      words: 'draining: 3 VMs left, 1 on the way',
    },
    ...{
      outcome: null,
      requestedBy: 'ops',
      reason: null,
      begun: at(-10),
      deadline: null,
      trouble: null,
      final: false,
    },
    ...{ revision: 1, actions: [], endedAt: null, forecastEnd: null, emptySince: null },
    ...{
      counts: { ...NONE, queued: 2, moving: 1 },
      memoryBytes: { all: 9e9, left: 6e9 },
      vms: [],
      destinations: [],
    },
    ...given,
  };
}

function vm(name: string, given: Partial<DrainVm> = {}): DrainVm {
  return {
    ...{ uuid: name, name, state: 'queued', words: '', to: null, reason: null, tries: 0, memoryBytes: 1e9 },
    ...{ memoryIntensive: false, startedAt: null, endedAt: null, migration: null, actions: [] },
    ...given,
  };
}

describe('the deadline against the forecast', () => {
  const forecast = (low: number, likely: number, high: number) => ({
    low: at(low),
    likely: at(likely),
    high: at(high),
  });
  const told = (given: Partial<DrainSummary>) =>
    deadlineVerdict(drain({ deadline: at(30), ...given }), NOW_MS);

  test('holds, may be missed, or is missed', () => {
    expect(told({ forecastEnd: forecast(10, 20, 29) })).toMatchObject({
      tone: 'good',
      more: 'With 10 min 0 s to spare.',
    });
    expect(told({ forecastEnd: forecast(10, 20, 40) })).toMatchObject({
      words: 'the deadline may be missed',
    });
    expect(told({ forecastEnd: forecast(30, 45, 60) })).toMatchObject({
      tone: 'bad',
      more: 'By 15 min 0 s.',
    });
  });

  test('says nothing of those that cannot leave, and nothing where there is none', () => {
    const counts = { ...NONE, moving: 1, held: 2 };
    expect(told({ counts, forecastEnd: forecast(1, 2, 3) })?.more).toContain(
      'nothing of 2 VMs that cannot leave',
    );
    expect(told({ counts, state: 'blocked' })).toMatchObject({
      words: '30 min 0 s to the deadline',
      more: '2 VMs cannot leave as it is.',
    });
    expect(told({ deadline: null })).toBeUndefined();
    expect(told({ deadline: at(-1) })).toMatchObject({ words: 'the deadline has passed' });
  });
});

test('what needs a person stands first, and of what moved the last', () => {
  const groups = groupedVms([
    ...[vm('a', { state: 'moved', endedAt: at(-5) }), vm('b', { state: 'moved', endedAt: at(-1) })],
    ...[vm('c', { state: 'held' }), vm('d'), vm('e', { state: 'unknown' }), vm('f', { state: 'moving' })],
  ]);
  expect(groups.map(({ title, vms }) => [title, vms.map(({ name }) => name).join('')])).toEqual([
    ...[
      ['Needs you', 'ce'],
      ['On the way', 'f'],
      ['Waiting', 'd'],
      ['Moved, or shut down', 'ba'],
    ],
  ]);
});

test('the axis goes to the deadline, unless that is so far away that nothing else could be seen', () => {
  const near = drainAxis(drain({ deadline: at(30) }), NOW_MS);
  expect(near.deadlineIsBeyond).toBe(false);
  expect(near.untilMs).toBeGreaterThan(Date.parse(at(30)));
  const far = drainAxis(
    drain({ deadline: at(600), forecastEnd: { low: at(1), likely: at(4), high: at(10) } }),
    NOW_MS,
  );
  expect(far.deadlineIsBeyond).toBe(true);
  expect((far.untilMs - far.fromMs) / 60e3).toBeCloseTo(21.2);
  expect(clockLabels(far).map(({ words }) => words.slice(-2))).toEqual(
    ['50', '55', '00', '05', '10'].slice(0, clockLabels(far).length),
  );
  expect(clockLabels(far).length).toBeGreaterThan(3);
});

test('each act says what it costs', () => {
  expect(actCost('cancel', drain()).join(' ')).toContain('2 VMs stay on host1, for good');
  expect(actCost('pause', drain({ deadline: at(5) })).join(' ')).toContain(
    '1 VM on the way arrives all the same. The deadline stays',
  );
  expect(actCost('release', drain({ state: 'empty', counts: { ...NONE, moved: 3 } }))).toEqual([
    'Drains may move VMs to host1 again.',
  ]);
  expect(actCost('release', drain()).join(' ')).toContain('The drain ends: 2 VMs stay on host1.');
  expect(actCost('return', drain({ counts: { ...NONE, moved: 1 } }))).toEqual([
    expect.stringContaining('1 VM that moved comes back to host1'),
    'The drain ends with it.',
  ]);
  // What comes back to a host does not stay on it.
  const back = drain({ kind: 'return' });
  expect(ACTIONS.cancel.title(drainName(back), 'host1')).toBe('Cancel the return to host1?');
  expect(actCost('cancel', back)).toEqual([
    '2 VMs stay where they are, for good.',
    'What has come back stays.',
  ]);
  expect(actCost('release', back)).toEqual([
    'The return ends: 2 VMs stay where they are.',
    '1 VM on the way arrives all the same.',
  ]);
  for (const [decision] of DECISIONS) expect(decideCost(vm('db1'), decision, 'host1')).toMatch(/^db1 /);
});

test('the pause that a remedy names is written into the field', () => {
  const remedy = 'with --max-downtime 2.6s it is (a pause of about 2.4 s)';
  expect(pauseInRemedy(vm('a', { reason: { code: 'no-pause-fits', words: '', remedy } }))).toBe('2.6s');
  const tried =
    'with --max-downtime 740ms there is room for the pause of 584 ms that it needs; or move it by hand';
  expect(pauseInRemedy(vm('a', { reason: { code: 'no-pause-fits', words: '', remedy: tried } }))).toBe(
    '740ms',
  );
  expect(pauseInRemedy(vm('a', { reason: { code: 'x', words: '', remedy: 'with a brake' } }))).toBe('');
});

describe('the form', () => {
  const now = new Date(2026, 10, 30, 20, 0);
  const form = {
    ...EMPTY_DRAIN_FORM,
    host: ' qemu:///system ',
    to: 'qemu+ssh://b/system\n\n qemu+ssh://c/system tcp://10.0.0.3 ',
  };

  test('is what is asked for', () => {
    expect(drainPlanRequestOf(form, now)).toEqual({
      host: 'qemu:///system',
      to: [{ host: 'qemu+ssh://b/system' }, { host: 'qemu+ssh://c/system', migrateUri: 'tcp://10.0.0.3' }],
    });
    const all = {
      ...form,
      deadline: '2h',
      windows: '22:00-04:00\nsat 08:00-18:00',
      linkBudget: '5gbit',
      atATime: '2',
      reserve: '8GiB',
      maxDowntime: '2s',
      order: 'listed',
      startWhen: 'calm',
      calmWithin: '90min',
      priority: '7',
      whole: 'whole',
      reason: ' x ',
    };
    expect(drainRequestOf(all, now)).toMatchObject({
      ...{ deadline: new Date(2026, 10, 30, 22, 0).toISOString(), atATime: 2, reserveBytes: 8 * 2 ** 30 },
      ...{ windows: ['22:00-04:00', 'sat 08:00-18:00'], linkBudgetBytesPerSecond: 6.25e8 },
      ...{ maxDowntimeMs: 2000, order: 'listed', allOrNothing: true, reason: 'x' },
      ...{ startWhen: 'calm', calmWithinMs: 5_400_000, priority: 7 },
    });
    expect(drainPlanRequestOf(all, now)).not.toHaveProperty('priority');
    // A wait that is not shown is not asked for.
    expect(drainRequestOf({ ...all, startWhen: 'now' }, now)).not.toHaveProperty('calmWithinMs');
  });

  test('says what is wrong', () => {
    expect(isDrainWrong(form, now)).toBe(false);
    for (const wrong of [
      { deadline: 'soon' },
      { atATime: '0' },
      { windows: 'tonight' },
      { linkBudget: 'half' },
      { priority: '1001' },
      { startWhen: 'calm' },
      { startWhen: 'calm', calmWithin: 'long' },
      { reserve: '3 apples' },
      { to: 'qemu:///system' },
      { to: 'x\nx' },
    ])
      expect(isDrainWrong({ ...form, ...wrong }, now), JSON.stringify(wrong)).toBe(true);
  });

  test('a time of day is the next one; a size has its unit', () => {
    expect(parseDeadline('19:30', now)).toEqual({ value: new Date(2026, 11, 1, 19, 30).getTime() });
    expect(parseDeadline('20:30', now)).toEqual({ value: new Date(2026, 10, 30, 20, 30).getTime() });
    expect(parseSize('0')).toEqual({ value: 0 });
    expect(parseSize('1.5 GB')).toEqual({ value: 1.5e9 });
    expect(parseSize('8')).toHaveProperty('problem');
  });

  test('a host is chosen, and again is not', () => {
    expect(withDestination('a\nb tcp://x', 'c')).toBe('a\nb tcp://x\nc');
    expect(withDestination('a\nb tcp://x', 'b')).toBe('a');
  });
});

test('a plan is one sentence, and a start costs what it says', () => {
  const estimate = (likely: number) => ({ low: likely, likely, high: likely });
  const move = {
    ...{ uuid: 'a', name: 'web', memoryBytes: 1, to: 'b', memoryIntensive: true, unknown: null },
    ...{ startsMs: null, endsMs: null, totalMs: null, pauseMs: null },
  };
  const held = {
    ...{ uuid: 'l', name: 'ledger', memoryBytes: 1, reasons: [] },
    refused: [
      {
        destination: 'qemu+ssh://b/system',
        reasons: [{ code: 'c', words: 'its CPU is another', remedy: null }],
      },
    ],
  };
  const plan = {
    ...{
      host: 'qemu+ssh://a/system',
      madeAt: new Date(2026, 10, 30, 19, 20).toISOString(),
      windows: [],
      openings: [],
      verdict: 'some-stay' as const,
      atATime: 2,
      held: [held],
      moves: [move],
      deadline: null,
    },
    ...{
      wholeMs: estimate(65_000),
      room: { neededBytes: 1, freeBytes: null, reservedBytes: 0 },
      unreachable: [],
      shutOff: 0,
    },
  };
  expect(planSentence(plan)).toBe('1 of 2 VMs can leave, within 1 min 5 s.');
  expect(planSentence({ ...plan, held: [], wholeMs: null })).toBe(
    '1 VM leaves; how long that takes is not known.',
  );
  expect(windowsSentence(plan)).toBeUndefined();
  expect(heldReasons(held)).toEqual([{ words: 'b: its CPU is another', remedy: null }]);
  const taken = (uuid: string) => ({
    ...{ code: 'name-taken', remedy: null },
    words: `the destination has another domain of the name "db" (UUID ${uuid}): rename that one`,
  });
  const refused = [
    { destination: 'qemu+ssh://b/system', reasons: [taken('764fb382-aa15-4cad-9237-b0c297d8ca10')] },
    { destination: 'qemu+ssh://c/system', reasons: [taken('8e59fbe9-ab8e-4e95-ab65-77cdbdd87f58')] },
  ];
  expect(heldReasons({ ...held, refused })).toEqual([
    {
      words: 'b and c: the destination has another domain of the name "db": rename that one',
      remedy: null,
    },
  ]);
  const request = { host: plan.host, to: [] };
  expect(drainCost(request, plan).join(' ')).toMatch(
    /ledger stays, and the drain waits for you\. web will pause for longer/,
  );
  expect(drainCost({ ...request, allOrNothing: true }, plan).join(' ')).toContain('nothing will be moved');
  expect(drainCost(request, undefined).join(' ')).toMatch(/leave do\. Without a plan nobody has seen yet/);
  expect(drainCost({ ...request, windows: ['22:00-04:00'] }, undefined)[0]).toMatch(
    /, once a window is open\.$/,
  );
  const calm = 'Those that are busy wait for a calmer moment first, and take no slot.';
  for (const each of [plan, undefined]) {
    expect(drainCost({ ...request, startWhen: 'calm' }, each)).toContain(calm);
    expect(drainCost({ ...request, startWhen: 'now' }, each)).not.toContain(calm);
  }
});

test('a plan with windows says when the first one starts and the last one has left, and what they are', () => {
  const HOUR_MS = 3600e3;
  const estimate = (likely: number) => ({ low: likely - 600e3, likely, high: likely + 600e3 });
  const move = (name: string, startMs: number) => ({
    ...{ uuid: name, name, memoryBytes: 1, to: 'b', memoryIntensive: false, unknown: null },
    ...{ startsMs: estimate(startMs), endsMs: estimate(startMs + 60e3), totalMs: null, pauseMs: null },
  });
  const plan = {
    ...{ host: 'a', verdict: 'all-leave' as const, atATime: 2, held: [], unreachable: [], shutOff: 0 },
    ...{ madeAt: new Date(2026, 10, 30, 19, 20).toISOString(), windows: ['22:00-04:00', '12:00-13:00'] },
    openings: [{ opensMs: (8 / 3) * HOUR_MS, closesMs: (26 / 3) * HOUR_MS }],
    moves: [move('web', (8 / 3) * HOUR_MS), move('db', 5 * HOUR_MS)],
    ...{ wholeMs: estimate(5.5 * HOUR_MS), room: { neededBytes: 1, freeBytes: null, reservedBytes: 0 } },
    deadline: { ms: 2 * HOUR_MS, verdict: 'missed' as const, probability: 0, startTooLate: ['web', 'db'] },
  };
  expect(planSentence(plan)).toBe(
    '2 VMs leave: the first one starts 22:00, in 2 h 40 min, and the last one has left 1 Dec 00:50, in 5 h 30 min (5 h 20 min to 5 h 40 min).',
  );
  expect(windowsSentence(plan)).toBe(
    'Moves begin in its windows only, 22:00-04:00; 12:00-13:00: the first opens 22:00 and closes 1 Dec 04:00.',
  );
  expect(deadlineSentence(plan)).toBe(
    'The deadline, 2 h 0 min after the start, passes before the window opens: nothing would begin.',
  );
  const open = { ...plan, openings: [{ opensMs: -HOUR_MS, closesMs: HOUR_MS }], moves: [move('web', 0)] };
  expect(planSentence(open)).toMatch(/^1 VM leaves: it starts at once, and has left 1 Dec 00:50, in 5 h/);
  expect(windowsSentence(open)).toMatch(/: one is open until 20:20\.$/);
  const never = { ...plan, verdict: 'too-late' as const, wholeMs: null };
  expect(planVerdict(never).words).toBe('not in its windows');
  expect(planSentence(never)).toBe(
    '2 VMs leave, but not all in its windows: for some none will open any more.',
  );
  expect(planVerdict({ ...never, wholeMs: plan.wholeMs }).words).toBe('too late for the deadline');
});
