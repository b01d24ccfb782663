import { describe, expect, test } from 'vitest';
import type { PlannedDrain } from '../../drain/document.ts';
import { planDrain } from '../../drain/drain-plan.ts';
import type { DrainVm, Reason } from '../../drain/facts.ts';
import { openingsSince } from '../../drain/opening.ts';
import type { Openings } from '../../drain/openings.ts';
import { destinationOf, drawing, forecastOf, vmOf } from '../../drain/testing/drawn.ts';
import { parseWindow } from '../../drain/window.ts';
import { drainText } from './drain-text.ts';

const CPU: Reason = { code: 'different-cpu', words: 'its CPU lacks avx2', remedy: 'take another model' };
const FULL: Reason = { code: 'no-memory', words: 'it is full', remedy: 'make room there' };

/** A Monday. */
const MADE_MS = new Date(2026, 10, 30, 19, 20).getTime();

function textOf(
  vms: readonly DrainVm[],
  deadlineMs?: number,
  given: Partial<PlannedDrain> = {},
  openings?: Openings,
): string {
  const plan = planDrain({
    ...{ link: 'source', vms, destinations: [destinationOf('east'), destinationOf('west')] },
    ...{ order: 'hardest-first', atATime: 2, reserveBytes: 0, deadlineMs, openings, random: drawing() },
  });
  return drainText({
    ...{
      host: 'host1',
      madeMs: MADE_MS,
      order: 'hardest-first',
      atATime: 2,
      plan,
      unknown: new Map(),
      unreachable: new Map(),
    },
    shutOff: 0,
    ...given,
  });
}

test('who cannot leave comes first, with what would help: once where all destinations say the same', () => {
  const vms = [
    vmOf('light'),
    vmOf('loop', { forecast: forecastOf(60_000, 2000, 1) }),
    vmOf('alike', {
      refusedBy: new Map([
        ['east', [CPU]],
        ['west', [CPU]],
      ]),
    }),
    vmOf('differs', {
      refusedBy: new Map([
        ['east', [CPU]],
        ['west', [FULL]],
      ]),
    }),
    vmOf('managed', { obstacles: [{ code: 'managed', words: 'Nova manages it' }] }),
  ];
  const text = textOf(vms, 3_600_000, { shutOff: 2 });
  expect(text.split('\n').slice(0, 9)).toEqual([
    'host1: 3 of 5 VMs cannot leave as it is; nothing was touched',
    '  alike: its CPU lacks avx2: take another model',
    '  differs:',
    '    not to east: its CPU lacks avx2: take another model',
    '    not to west: it is full: make room there',
    '  managed: Nova manages it',
    '',
    expect.stringMatching(/^The other 2 leave within 1 min 10 s \(.* to .*\)\.$/),
    'The deadline, 1 h 0 min from now, holds: by what is known all have arrived by then with a probability of 100 %.',
  ]);
  expect(text).toMatch(/^loop +1.07 GB +\w+ +\+0 ms +1 min 0 s \(.*\) +2 s \(.*\) +memory-intensive$/m);
  expect(text).toMatch(/^ {2}note {5}2 VMs that do not run stay, and are not looked at$/m);
});

test('who is shut down is named, with or without others', () => {
  const stopped = [vmOf('off', { word: 'shutdown' }), vmOf('back', { word: 'shutdown-and-return' })];
  const text = textOf([vmOf('light'), ...stopped]);
  expect(text).toMatch(/^host1: all 3 VMs can leave, /);
  expect(text).toMatch(/^ {2}stops {4}off, back \(until its host is back\): by their own word/m);
  expect(textOf(stopped).split('\n')).toEqual([
    'host1: all 2 VMs are to be shut down, by their own word; nothing was touched',
    '',
    '  stops    off, back (until its host is back): by their own word, as soon as the drain begins; how long that takes is theirs',
    '',
  ]);
});

test('whose guest has a notice is named with its time', () => {
  const vms = [vmOf('web'), vmOf('db', { forecast: { ...forecastOf(10_000, 100, 4), noticeMs: 60_000 } })];
  expect(textOf(vms)).toMatch(/^ {2}notice {3}db \(1 min 0 s\): so long before it moves its guest is told/m);
  expect(textOf(vms.slice(0, 1))).not.toContain('notice');
});

test('who would wait for a calmer moment is named where that is asked for, with its bound', () => {
  const reason = { code: 'no-pause-fits', words: 'it needs a pause of 9 s' };
  const vms = [
    vmOf('still', { now: { is: 'calm', pauseMs: 90, totalMs: 9000, isSure: false, words: 'hardly' } }),
    vmOf('loop', { now: { is: 'busy', pauseMs: 2000, totalMs: 9000, words: 'two seconds' } }),
    vmOf('wild', { obstacles: [reason], now: { is: 'no-pause-fits', reason, totalMs: undefined } }),
  ];
  expect(textOf(vms, undefined, { calm: { withinMs: 7_200_000 } })).toMatch(
    /^ {2}calm {5}wild, loop: busy now, so a calmer moment is waited for, for 2 h 0 min at the longest; times/m,
  );
  expect(textOf(vms, undefined, { calm: { withinMs: undefined } })).toContain(
    'as long as the deadline allows',
  );
  expect(textOf(vms)).not.toContain('calmer');
  expect(textOf(vms.slice(0, 1), undefined, { calm: { withinMs: 1000 } })).not.toContain('calmer');
});

test('a deadline that will be missed names who would not begin; what is not known is said, and an empty host is one', () => {
  const vms = ['first', 'second'].map((name) => vmOf(name, { forecast: forecastOf(10_000, 500, 1) }));
  const late = textOf(vms, 5000);
  expect(late).toMatch(/^host1: all 2 VMs can leave, but not by the deadline: that takes 20 s/);
  expect(late).toMatch(
    /will most likely be missed: .* 0 %; second would not have begun, and nothing begins after it\.$/m,
  );
  const unknown = textOf([vmOf('vm1', { forecast: undefined })], 5000, {
    unknown: new Map([['uuid-vm1', 'nothing is known of the link']]),
  });
  expect(unknown).toMatch(/^host1: its one VM can leave, and that takes a time that is not known/);
  expect(unknown).toMatch(/of vm1 the times are not known: nothing is known of the link/);
  expect(textOf([])).toBe('host1: no VM runs there, it is empty already; nothing was touched\n');
});

describe('a plan with windows', () => {
  const textIn = (windows: readonly string[], vms: readonly DrainVm[], deadlineMs?: number) =>
    textOf(vms, deadlineMs, { windows }, openingsSince(windows.map(parseWindow), MADE_MS));
  const HOUR_MS = 3600e3;
  const loop = (name: string, totalMs: number) => vmOf(name, { forecast: forecastOf(totalMs, 2000, 1) });

  test('says when the first one starts and the last one has left, on the clock too; the table and the windows do', () => {
    const text = textIn(['22:00-23:00'], [vmOf('light'), loop('large', 40 * 60e3)], 4 * HOUR_MS);
    const [headline = '', deadline = ''] = text.split('\n');
    expect(headline).toMatch(
      /^host1: all 2 VMs can leave: the first one starts at 22:00, in 2 h 40 min, and the last one has left at 22:40, in 3 h 20 min \(3 h 1\d min to 3 h 2\d min\); nothing was touched$/,
    );
    expect(deadline).toMatch(/^The deadline, 4 h 0 min from now, holds: /);
    expect(text).toMatch(/^large .* \+2 h 40 min +40 min/m);
    expect(text).toMatch(/^ {2}windows {2}22:00-23:00: opens at 22:00, in 2 h 40 min, and closes at 23:00$/m);
  });

  test('has what is too long for the rest of one in the next, which is named by its day', () => {
    const text = textIn(['19:00-20:00'], [loop('a', 20 * 60e3), loop('b', 40 * 60e3)], 3 * HOUR_MS);
    expect(text).toMatch(
      /the first one starts at once, and the last one has left on Tue at 19:40, in 24 h 20 min/,
    );
    expect(text).toMatch(/^a .* \+0 ms +20 min/m);
    expect(text).toMatch(/^b .* \+23 h 40 min +40 min/m);
    expect(text).toMatch(/can leave, but not by the deadline: the first one starts at once, /);
    expect(text).toMatch(/will most likely be missed: .*; b would not have begun/);
    expect(text).toMatch(/^ {2}windows {2}19:00-20:00: open for 40 min 0 s, and closes at 20:00$/m);
  });

  test('of one VM, of what is shut down, of others that cannot leave, and of a deadline before the first one', () => {
    const off = vmOf('off', { word: 'shutdown' });
    const held = vmOf('held', { obstacles: [CPU] });
    const text = textIn(['sat 08:00-18:00'], [vmOf('a'), off, held], HOUR_MS);
    expect(text).toMatch(
      /^The other one leaves: it starts on Sat at 08:00, in 108 h 40 min, and has left on Sat at 08:00, in /m,
    );
    expect(text).toMatch(/own word, as the window opens, on Sat at 08:00, in 108 h 40 min; how long/);
    expect(text).toMatch(
      /^The deadline, 1 h 0 min from now, passes before the window opens, 108 h 40 min from now: nothing would begin\.$/m,
    );
    expect(textIn(['FREQ=YEARLY;BYMONTH=7 for 1h'], [vmOf('a')])).toMatch(
      /it starts on 2027-07-01 at 00:00, in /,
    );
  });

  test('of which too little is known says so, and what they are', () => {
    const text = textIn(['22:00-23:00'], [vmOf('vm1', { forecast: undefined })]);
    expect(text).toMatch(/^host1: its one VM can leave, and that takes a time that is not known; nothing/);
    expect(text).toMatch(/^ {2}windows {2}22:00-23:00: opens at 22:00/m);
  });

  test('that end before all have begun says who never does', () => {
    const windows = ['FREQ=DAILY;UNTIL=20261130T210000Z;BYHOUR=20 for 1h'];
    const text = textIn(windows, [loop('a', 40 * 60e3), loop('b', 50 * 60e3)]);
    expect(text).toMatch(
      /^host1: all 2 VMs can leave, but not in the windows that there will be; nothing was touched$/m,
    );
    expect(text).toMatch(/^ {2}never {4}a: no window will open any more in which it could begin$/m);
    expect(text).toMatch(/^a .* - +40 min/m);
  });
});
