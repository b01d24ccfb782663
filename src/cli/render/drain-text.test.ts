import { expect, test } from 'vitest';
import type { PlannedDrain } from '../../drain/document.ts';
import { planDrain } from '../../drain/drain-plan.ts';
import type { DrainVm, Reason } from '../../drain/facts.ts';
import { destinationOf, drawing, forecastOf, vmOf } from '../../drain/testing/drawn.ts';
import { drainText } from './drain-text.ts';

const CPU: Reason = { code: 'different-cpu', words: 'its CPU lacks avx2', remedy: 'take another model' };
const FULL: Reason = { code: 'no-memory', words: 'it is full', remedy: 'make room there' };

function textOf(vms: readonly DrainVm[], deadlineMs?: number, given: Partial<PlannedDrain> = {}): string {
  const plan = planDrain({
    ...{ link: 'source', vms, destinations: [destinationOf('east'), destinationOf('west')] },
    ...{ order: 'hardest-first', atATime: 2, reserveBytes: 0, deadlineMs, random: drawing() },
  });
  return drainText({
    ...{
      host: 'host1',
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
