import { expect, test } from 'vitest';
import { constantLink, steppedLink } from './link.ts';
import { SwitchoverThreshold } from './switchover-threshold.ts';
import { TransferRate } from './transfer-rate.ts';

function threshold(link = constantLink(60e6), cap?: number) {
  return new SwitchoverThreshold(new TransferRate(link, 0, cap));
}

test('nothing fits before the first window of 100 ms has closed', () => {
  const made = threshold();
  made.set({ 'downtime-limit': 300 });
  expect(made.bytes).toBe(0);
  expect(made.nextCloseMs(0)).toBe(100);
  made.close(100);
  expect(made.bytes).toBeCloseTo(18e6);
  expect(made.nextCloseMs(100)).toBe(Infinity);
});

test('a new limit counts from the next close on', () => {
  const made = threshold();
  made.set({ 'downtime-limit': 300 });
  made.close(100);
  made.set({ 'downtime-limit': 1000 });
  expect(made.bytes).toBeCloseTo(18e6);
  expect(made.nextCloseMs(5742)).toBe(5800);
  made.close(5800);
  expect(made.bytes).toBeCloseTo(60e6);
});

test('only the last window counts: a slow moment refuses a pause that the link could carry', () => {
  const made = threshold(
    steppedLink([
      { fromMs: 0, bytesPerSecond: 60e6 },
      { fromMs: 1000, bytesPerSecond: 6e6 },
      { fromMs: 1050, bytesPerSecond: 60e6 },
    ]),
  );
  made.set({ 'downtime-limit': 1000 });
  made.close(1000);
  expect(made.bytes).toBeCloseTo(60e6);
  expect(made.nextCloseMs(1000)).toBe(1100);
  made.close(1100);
  expect(made.bytes).toBeCloseTo(33e6);
  made.close(1200);
  expect(made.bytes).toBeCloseTo(60e6);
  expect(made.nextCloseMs(1200)).toBe(Infinity);
});

test('under a cap the measured rate is the cap, unless the line rate is stated', () => {
  const made = threshold(constantLink(60e6), 20e6);
  made.set({ 'downtime-limit': 300 });
  made.close(100);
  expect(made.bytes).toBeCloseTo(6e6);
  made.set({ 'avail-switchover-bandwidth': 60e6 });
  made.close(200);
  expect(made.bytes).toBeCloseTo(18e6);
});
