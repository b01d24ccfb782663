import { describe, expect, test } from 'vitest';
import type { MigrationEnd, SideState } from '../hypervisor/hypervisor.ts';
import { settle } from './settle.ts';

const SIDES: readonly SideState[] = [
  'running',
  'paused',
  'incoming',
  'switching-over',
  'handed-over',
  'gone',
  'silent',
  'unknown',
];
const RESULTS: readonly MigrationEnd['result'][] = ['completed', 'failed', 'cancelled', 'lost'];

function settled(
  result: MigrationEnd['result'],
  source: SideState,
  destination: SideState,
  { wasRunning = true, everRan = 'no' as 'yes' | 'no' | 'not known' } = {},
) {
  const destinationEverRan = { yes: true, no: false, 'not known': undefined }[everRan];
  return settle({ end: { result, whereabouts: { source, destination }, destinationEverRan }, wasRunning });
}

describe('the usual ends', () => {
  test.each([
    ['completed', 'handed-over', 'running', 'none', 'destination'],
    ['completed', 'handed-over', 'unknown', 'none', 'destination'],
    ['cancelled', 'running', 'gone', 'none', 'source'],
    ['failed', 'running', 'incoming', 'none', 'source'],
    // The destination was started with -S: QEMU leaves the guest paused there.
    ['completed', 'handed-over', 'paused', 'resume', 'destination'],
    // A `stop` before the failure: QEMU leaves the guest paused at the source.
    ['failed', 'paused', 'gone', 'resume', 'source'],
    ['failed', 'handed-over', 'gone', 'resume', 'source'],
    // Post-copy ends with a source that holds nothing.
    ['lost', 'gone', 'running', 'none', 'destination'],
  ] as const)('%s, source %s, destination %s: %s on the %s', (result, source, destination, action, runsOn) =>
    expect(settled(result, source, destination)).toMatchObject({ action, runsOn }),
  );

  test('a guest that was paused before stays paused', () => {
    expect(settled('completed', 'handed-over', 'paused', { wasRunning: false })).toMatchObject({
      action: 'none',
      runsOn: 'destination',
    });
    expect(settled('failed', 'paused', 'gone', { wasRunning: false })).toMatchObject({
      action: 'none',
      runsOn: 'source',
    });
  });
});

describe('what no program may decide', () => {
  test.each([
    ['completed', 'running', 'running', /both sides/],
    ['lost', 'gone', 'gone', /source's process has ended/],
    ['completed', 'handed-over', 'silent', /look at the destination/],
    ['failed', 'switching-over', 'incoming', /look at both/],
  ] as const)('%s, source %s, destination %s', (result, source, destination, help) => {
    const settlement = settled(result, source, destination);
    expect(settlement.action).toBe('ask-operator');
    expect(settlement.action === 'ask-operator' && settlement.help).toMatch(help);
  });

  test('a destination that died after it may have run the guest: the source is older', () => {
    for (const everRan of ['yes', 'not known'] as const)
      expect(settled('completed', 'handed-over', 'gone', { everRan })).toMatchObject({
        action: 'ask-operator',
      });
    expect(settled('completed', 'handed-over', 'gone', { everRan: 'no' })).toMatchObject({
      action: 'resume',
      runsOn: 'source',
    });
  });
});

test('a guest is never resumed on one side while the other runs it or may have run it since', () => {
  for (const result of RESULTS)
    for (const source of SIDES)
      for (const destination of SIDES)
        for (const everRan of ['yes', 'no', 'not known'] as const) {
          const settlement = settled(result, source, destination, { everRan });
          if (settlement.action !== 'resume') continue;
          expect([source, destination]).not.toContain('running');
          expect([settlement.runsOn === 'source' ? source : destination]).not.toContain('gone');
          if (settlement.runsOn === 'source') expect(everRan).not.toBe('yes');
          if (settlement.runsOn === 'source' && destination === 'paused') expect(everRan).toBe('no');
        }
});
