import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Act, Audit } from './audit.ts';

const OPS = { name: 'ops', role: 'operate' } as const;
const START: Act = { did: 'start', migration: null, asked: {}, reason: null, from: null };

let folder: string;
let file: string;
let said: string[];
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-audit-'));
  file = path.join(folder, 'audit.jsonl');
  said = [];
  return () => fs.rmSync(folder, { recursive: true });
});

test('a file that has grown large is put aside, and no line is lost, with two that write at once', async () => {
  const audits = [1, 2].map(() => new Audit(file, (sentence) => said.push(sentence), 2000));
  for (let round = 0; round < 6; round += 1)
    await Promise.all(
      Array.from({ length: 10 }, async (_, at) => {
        const asked = { ...START, reason: `r${10 * round + at}` };
        await audits[at % 2]?.audited(OPS, asked, async () => {});
      }),
    );
  const files = fs.readdirSync(folder);
  expect(files.length).toBeGreaterThan(2);
  const newest = (await audits[0]?.newest()) ?? [];
  expect(newest).toHaveLength(120);
  expect(new Set(newest.map(({ reason, cameTo }) => `${reason} ${cameTo}`)).size).toBe(120);
  expect(said).toEqual([]);
});

describe('where nothing can be written down', () => {
  // As on a full disk: no file can be made there.
  const broken = () => new Audit(path.join(file, 'audit.jsonl'), (sentence) => said.push(sentence));
  beforeEach(() => fs.writeFileSync(file, ''));

  test('nothing is begun', async () => {
    let begun = false;
    const act = async () => {
      begun = true;
    };
    await expect(broken().audited(OPS, START, act)).rejects.toMatchObject({
      status: 503,
      code: 'audit-unwritable',
    });
    expect(begun).toBe(false);
  });

  test('a cancel is done, and the log has it', async () => {
    expect(await broken().audited(OPS, { ...START, did: 'cancel' }, async () => 'cancelled')).toBe(
      'cancelled',
    );
    expect(said).toEqual([
      expect.stringMatching(/cannot be written.*"who":"ops".*"did":"cancel".*"cameTo":"asked"/),
      expect.stringMatching(/"cameTo":"done"/),
    ]);
  });
});
