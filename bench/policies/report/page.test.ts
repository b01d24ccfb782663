import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { pageOfCommitted } from '../../report.ts';
import { readResult } from '../result.ts';
import { ROOT } from '../store.ts';
import { record, result } from '../testing/records.ts';
import { page } from './page.ts';

const DOCS = path.join(ROOT, 'docs');

test('the committed page and pictures are what the committed result makes: run ./dev bench report', () => {
  const files = pageOfCommitted(readResult());
  for (const [name, content] of files)
    expect(readFileSync(path.join(DOCS, name), 'utf8') === content, name).toBe(true);
  const pictures = readdirSync(path.join(DOCS, 'benchmarks')).map((name) => `benchmarks/${name}`);
  expect(pictures.filter((name) => !files.has(name))).toEqual([]);
});

test('a run that failed is a row', () => {
  const runs = [
    record({ contender: 'stock', success: false, outcome: 'aborted', sentBytes: 1.7e9 }),
    record(),
  ];
  const files = page(result(runs), '');
  expect(files.get('benchmarks.md')).toContain('| stock | 0 of 1 |');
  expect(files.get('benchmarks/loop-passes.svg')).toContain('stock: not arrived');
});

test('a name beside the pauses is inside of the picture, though many pauses are the longest', () => {
  const names = ['forecast', 'mp', 'relaxed', 'xen', 'hyper-v', 'virsh-timeout', 'rate-of-change'];
  const files = page(result(names.map((contender) => record({ contender }))), '');
  const picture = files.get('benchmarks/loop-everybody.svg') ?? '';
  const heights = names.map((name) =>
    Number(new RegExp(`translate\\([\\d.-]+,([\\d.-]+)\\)"[^>]*>${name}<`).exec(picture)?.[1]),
  );
  for (const height of heights) expect(height).toBeGreaterThanOrEqual(10);
  const apart = heights
    .toSorted((a, b) => a - b)
    .map((height, at, all) => height - (all[at - 1] ?? -Infinity));
  for (const each of apart) expect(each).toBeGreaterThan(12);
});

test('the page has a median with minimum and maximum, the remarks, and every picture that it shows', () => {
  const runs = [6000, 6100, 6500].map((totalMs, index) => record({ repeat: index + 1, totalMs, probeMs: 0 }));
  const files = page(result(runs), 'Here is a remark.');
  const text = files.get('benchmarks.md') ?? '';
  expect(text).toContain('6.1 s (6 s to 6.5 s)');
  expect(text).toContain('Here is a remark.');
  for (const [, picture] of text.matchAll(/!\[.*?\]\((.*?)\)/g)) expect(files.has(picture ?? '')).toBe(true);
});
