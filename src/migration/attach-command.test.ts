import { expect, test } from 'vitest';
import { attachCommand } from './attach-command.ts';

test.each([
  ['qmp:/run/vm1.sock', 'switchover attach qmp:/run/vm1.sock'],
  ['qmp:/run/odd #1.sock', "switchover attach 'qmp:/run/odd #1.sock'"],
  ['qemu+ssh://root@host1/system#vm1', 'switchover attach --connect qemu+ssh://root@host1/system vm1'],
  ["qemu:///system?socket=/a b#it's", "switchover attach --connect 'qemu:///system?socket=/a b' 'it'\\''s'"],
])('%s', (vm, command) => expect(attachCommand(vm)).toBe(command));
