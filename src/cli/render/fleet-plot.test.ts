import { DOMParser } from '@xmldom/xmldom';
import { expect, test } from 'vitest';
import { fleetPlot } from './fleet-plot.ts';
import { resultFor } from './testing/fleet-result.ts';

function drawn(svg: string) {
  const complaints: string[] = [];
  const document = new DOMParser({ onError: (_, words) => complaints.push(words) }).parseFromString(
    svg,
    'image/svg+xml',
  );
  expect(complaints).toEqual([]);
  return [...document.getElementsByTagName('text')].map((text) => text.textContent ?? '');
}

test('is whole XML with a row for each policy, its share of arrivals, and a legend', () => {
  const words = drawn(
    fleetPlot(
      [
        resultFor('mp min-shrink=20%', { completed: 999 }),
        resultFor('proxmox', { startedWith: ['auto-converge'] }),
        resultFor('stock', { completed: 0 }),
      ],
      '<fleet> & more',
    ),
  );
  expect(words).toEqual(
    expect.arrayContaining(['mp min-shrink=20%', 'proxmox*', 'stock', '99.9 %', '100 %', '0 %']),
  );
  expect(words).toEqual(
    expect.arrayContaining(['<fleet> & more', 'total time', 'sent', 'pause', 'none arrived']),
  );
  expect(words.some((each) => each.startsWith('* started with auto-converge'))).toBe(true);
});

test('no share but all of them is told as 100 %', () => {
  const words = drawn(fleetPlot([resultFor('mp', { migrations: 1e6, completed: 1e6 - 1 })], 'x'));
  expect(words).toContain('99.99 %');
  expect(words).not.toContain('100 %');
});

test('nothing but one migration, or none that arrived, is drawn too', () => {
  expect(drawn(fleetPlot([resultFor('mp', { migrations: 1, completed: 1 })], 'x'))).toContain('yes');
  expect(drawn(fleetPlot([resultFor('stock', { completed: 0 })], 'x'))).toContain('none arrived');
});
