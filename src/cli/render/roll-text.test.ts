import { expect, test } from 'vitest';
import { rollText } from './roll-text.ts';

test('each host is told, why it ended there, and how to go on', () => {
  const text = rollText([
    { host: 'qemu+ssh://h1/system', state: 'done', words: null, exitStatus: 0 },
    { host: 'qemu+ssh://h2/system', state: 'stopped', words: 'blocked: db1\u001b[2J stays', exitStatus: 4 },
    { host: 'qemu+ssh://h3/system', state: 'waiting', words: null, exitStatus: 0 },
  ]);
  expect(text).not.toContain('\u001b');
  expect(text.split('\n')).toEqual([
    'qemu+ssh://h1/system: done',
    expect.stringMatching(/^qemu\+ssh:\/\/h2\/system: stopped: blocked: db1.* stays$/),
    'qemu+ssh://h3/system: not begun',
    'The same command with `--from qemu+ssh://h2/system` goes on there',
    '',
  ]);
});
