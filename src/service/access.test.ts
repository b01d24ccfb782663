import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { Access } from './access.ts';

let file: string;
beforeEach(() => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-access-'));
  file = path.join(folder, 'tokens.json');
  return () => fs.rmSync(folder, { recursive: true });
});

test('a token lets its caller in until it expires, and is told so from then on', () => {
  const access = new Access(file);
  const made = new Date('2026-11-01T00:00:00Z');
  const token = access.add('ops', 'operate', 3600e3, made);
  const at = (minutes: number) => () =>
    access.callerOf(`Bearer ${token}`, false, made.getTime() + 60e3 * minutes);
  expect(at(59)()).toEqual({ name: 'ops', role: 'operate', byToken: true });
  expect(at(60)).toThrow('the token ops expired at 2026-11-01T01:00:00.000Z');
  // One that has expired is a token still: nobody may look without one.
  expect(() => access.callerOf(undefined, false)).toThrow('a token is needed');
});

test('the file is read once, and again as soon as another process has changed it', () => {
  const [access, other] = [new Access(file), new Access(file)];
  const token = other.add('ops', 'view');
  const read = vi.spyOn(fs, 'readFileSync');
  for (let at = 0; at < 100; at += 1) access.callerOf(`Bearer ${token}`, false);
  expect(read).toHaveBeenCalledTimes(1);
  read.mockRestore();
  other.remove('ops');
  other.add('new', 'view');
  expect(() => access.callerOf(`Bearer ${token}`, false)).toThrow('not known here');
  fs.rmSync(file);
  expect(access.tokens()).toEqual([]);
});

test('a file that others may write lets nobody in, though it was read before', () => {
  const access = new Access(file);
  const token = access.add('ops', 'view');
  access.callerOf(`Bearer ${token}`, false);
  fs.chmodSync(file, 0o666);
  expect(() => access.callerOf(`Bearer ${token}`, false)).toThrow(/chmod 600/);
});
