import { expect, test } from 'vitest';
import { formerSettings } from './former-settings.ts';
import type { SettingsEvent } from './view.ts';

const before = (parameters: Record<string, unknown>, side: 'source' | 'destination' = 'source') =>
  ({ type: 'before', atMs: 0, side, settings: { parameters, capabilities: {} } }) satisfies SettingsEvent;
const restored = (problem: string | null = null) =>
  ({ type: 'restored', atMs: 1, side: 'source', problem }) satisfies SettingsEvent;

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

test('what was put back is no more due; what failed to be still is', () => {
  const settings: SettingsEvent[] = [before({ a: 1 }), restored('it does not answer')];
  expect(formerSettings({ settings }, 'source')).toBeDefined();
  settings.push(restored());
  expect(formerSettings({ settings }, 'source')).toBeUndefined();
  settings.push(before({ a: 2 }));
  expect(formerSettings({ settings }, 'source')?.parameters).toEqual({ a: 2 });
});
