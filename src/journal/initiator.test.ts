import os from 'node:os';
import { afterEach, expect, test, vi } from 'vitest';
import { initiatorHere } from './initiator.ts';

afterEach(() => vi.restoreAllMocks());

test('the user, the host, the process and the command line without the paths of this machine', () => {
  const initiator = initiatorHere(['/x/node', '/x/main.js', 'migrate', 'vm1']);
  expect(initiator).toMatchObject({
    uid: process.getuid?.(),
    host: os.hostname(),
    pid: process.pid,
    command: ['switchover', 'migrate', 'vm1'],
  });
  expect(initiator.user).not.toBe('');
});

test('a user without a name is told by the number', () => {
  vi.spyOn(os, 'userInfo').mockImplementation(() => {
    throw new Error('no such user');
  });
  expect(initiatorHere([]).user).toBe(String(process.getuid?.()));
});
