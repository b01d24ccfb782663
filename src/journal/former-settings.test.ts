import { expect, test } from 'vitest';
import {
  concernsTheNext,
  formerSettings,
  leftSettings,
  owedSettings,
  owesSettings,
} from './former-settings.ts';
import { OUTCOME } from './testing/happenings.ts';
import type { SettingsEvent } from './view.ts';

const before = (parameters: Record<string, unknown>, side: 'source' | 'destination' = 'source') =>
  ({ type: 'before', atMs: 0, side, settings: { parameters, capabilities: {} } }) satisfies SettingsEvent;
const restored = (problem: string | null = null, side: 'source' | 'destination' = 'source') =>
  ({ type: 'restored', atMs: 1, side, problem }) satisfies SettingsEvent;

test('nothing was changed', () => expect(formerSettings({ settings: [] }, 'source')).toBeUndefined());

test('what was found first is what is put back, and each side has its own', () => {
  const settings = [
    before({ 'downtime-limit': 300 }),
    before({ 'max-bandwidth': 7 }, 'destination'),
    before({ 'downtime-limit': 4850, 'max-bandwidth': 0 }),
  ];
  expect(formerSettings({ settings }, 'source')?.parameters).toEqual({
    'downtime-limit': 300,
    'max-bandwidth': 0,
  });
  expect(formerSettings({ settings }, 'destination')?.parameters).toEqual({ 'max-bandwidth': 7 });
});

test('what was made goes with it, and what an older one made too', () => {
  const made = (...ids: string[]) =>
    ({
      type: 'before',
      atMs: 0,
      side: 'source',
      settings: { parameters: {}, capabilities: {}, made: ids },
    }) satisfies SettingsEvent;
  const settings: SettingsEvent[] = [made('tls-1'), before({ a: 1 }), made('tls-1', 'tls-2')];
  expect(formerSettings({ settings }, 'source')?.made).toEqual(['tls-1', 'tls-2']);
  expect(formerSettings({ settings: [...settings, restored()] }, 'source')).toBeUndefined();
});

test('what was put back is no more due; what failed to be still is', () => {
  const settings: SettingsEvent[] = [before({ a: 1 }), restored('it does not answer')];
  expect(formerSettings({ settings }, 'source')).toBeDefined();
  settings.push(restored());
  expect(formerSettings({ settings }, 'source')).toBeUndefined();
  settings.push(before({ a: 2 }));
  expect(formerSettings({ settings }, 'source')?.parameters).toEqual({ a: 2 });
});

// Finding 5.
test('one that has ended owes what it could not put back at the side that has the guest, and nothing else', () => {
  const outcome = { ...OUTCOME, outcome: 'failed', runsOn: 'source' } as const;
  const intents = [{ atMs: 0, intent: 'start', side: 'source' }] as const;
  const failed = {
    settings: [before({ a: 1 }), before({ b: 2 }, 'destination'), restored('silent')],
    intents,
  };
  expect(owedSettings({ ...failed, outcome }, 'source')?.parameters).toEqual({ a: 1 });
  expect(owedSettings({ ...failed, outcome }, 'destination')).toBeUndefined();
  expect(owesSettings({ ...failed, outcome: { ...outcome, runsOn: 'nowhere' } })).toBe(false);
  expect(owesSettings({ ...failed, settings: [before({ a: 1 }), restored()], outcome })).toBe(false);
  expect(owedSettings({ ...failed, outcome: undefined }, 'destination')?.parameters).toEqual({ b: 2 });
});

test('a start that failed says itself what it could not put back; one that was never made owes what it took over', () => {
  const outcome = { ...OUTCOME, outcome: 'failed', runsOn: 'source' } as const;
  const settings = [before({ a: 1 })];
  const started = [{ atMs: 0, intent: 'start', side: 'source' }] as const;
  expect(owesSettings({ settings, outcome, intents: started })).toBe(false);
  expect(owesSettings({ settings, outcome, intents: [] })).toBe(true);
});

test('what could not be put back where the guest is not is owed by nobody, and not forgotten', () => {
  const outcome = { ...OUTCOME, outcome: 'failed', runsOn: 'source' } as const;
  const intents = [{ atMs: 0, intent: 'start', side: 'source' }] as const;
  const settings = [before({ b: 2 }, 'destination'), restored('another VM answers', 'destination')];
  const tried = { settings, outcome, intents };
  expect(owesSettings(tried)).toBe(false);
  expect(leftSettings(tried, 'destination')?.parameters).toEqual({ b: 2 });
  // Nobody tried: that side's process is done with.
  expect(concernsTheNext({ ...tried, settings: settings.slice(0, 1) })).toBe(false);
  expect(concernsTheNext({ ...tried, settings: [...settings, restored(null, 'destination')] })).toBe(false);
});
