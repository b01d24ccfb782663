import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { addedTo, type Explored, holds, loadedBy, readRecord } from './record.ts';

const FOUND: Explored = {
  code: 'a',
  commit: '1',
  seeds: [[1, 100]],
  tookMs: 1000,
  explored: 100,
  failures: [{ seed: 7, violations: ['S1'] }],
  commands: 5000,
  faults: { cancel: 3, 'link cut': 1 },
};

test('what is explored of the same code is added up', () => {
  const next: Explored = { ...FOUND, commit: '2', seeds: [[101, 150]], explored: 50, faults: { cancel: 2 } };
  expect(addedTo(FOUND, next)).toEqual({
    code: 'a',
    commit: '2',
    seeds: [
      [1, 100],
      [101, 150],
    ],
    tookMs: 2000,
    explored: 150,
    failures: [...FOUND.failures, ...next.failures],
    commands: 10_000,
    faults: { cancel: 5, 'link cut': 1 },
  });
});

test('another code begins anew', () => {
  const next = { ...FOUND, code: 'b' };
  expect(addedTo(FOUND, next)).toBe(next);
  expect(addedTo(undefined, next)).toBe(next);
});

test('no seed counts twice', () => {
  expect(holds(FOUND, 'a', [100, 200])).toBe(true);
  expect(holds(FOUND, 'a', [101, 200])).toBe(false);
  expect(holds(FOUND, 'b', [1, 100])).toBe(false);
  expect(holds(undefined, 'a', [1, 100])).toBe(false);
});

test('a record of another form is none', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'switchover-record-'));
  try {
    const file = pathToFileURL(path.join(folder, 'explored.json'));
    expect(readRecord(file)).toBeUndefined();
    writeFileSync(file, JSON.stringify({ ...FOUND, seeds: '1..100' }));
    expect(readRecord(file)).toBeUndefined();
    writeFileSync(file, JSON.stringify(FOUND));
    expect(readRecord(file)).toEqual(FOUND);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('what was explored is told by the files that an exploration loads, and no others', () => {
  const { files, packages } = loadedBy(['explore/crew.ts', 'explore/worker.ts']);
  // The second is imported once the defect is planted, the third by a file that it loads.
  for (const each of ['explore/worker.ts', 'explore/shares.ts', 'src/migration/settle.ts'])
    expect(files).toContain(each);
  expect(files.filter((each) => /^src\/cli\/|^bench\/|\.test\.ts$|explore\/main/.test(each))).toEqual([]);
  expect(packages).toEqual(['@xmldom/xmldom', 'zod']);
});
