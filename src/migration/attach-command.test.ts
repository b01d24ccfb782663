import { expect, test } from 'vitest';
import { attachCommand, recoverCommand } from './attach-command.ts';

test.each([
  ['qmp:/run/vm1.sock', 'switchover attach qmp:/run/vm1.sock'],
  ['qmp:/run/odd #1.sock', "switchover attach 'qmp:/run/odd #1.sock'"],
  ['qemu+ssh://root@host1/system#vm1', 'switchover attach --connect qemu+ssh://root@host1/system vm1'],
  ["qemu:///system?socket=/a b#it's", "switchover attach --connect 'qemu:///system?socket=/a b' 'it'\\''s'"],
])('%s', (vm, command) => expect(attachCommand(vm)).toBe(command));

test.each([
  ['qmp:/run/a.sock', 'qmp:/run/b.sock', 'switchover attach qmp:/run/a.sock --to qmp:/run/b.sock'],
  [
    'qemu:///system#vm1',
    'qemu+ssh://host2/system#vm1',
    'switchover attach --connect qemu:///system vm1 --to qemu+ssh://host2/system',
  ],
  [
    'qemu:///system#vm1',
    'qemu+ssh://host2/system#vm2',
    'switchover attach --connect qemu:///system vm1 --to qemu+ssh://host2/system --dname vm2',
  ],
])('%s to %s', (vm, destination, command) => expect(attachCommand(vm, destination)).toBe(command));

test.each([
  ['qmp:/run/a.sock', 'switchover attach qmp:/run/a.sock --recover'],
  ['qemu:///system#vm1', 'virsh --connect qemu:///system migrate --postcopy-resume --domain=vm1 DESTINATION'],
])('post-copy of %s', (vm, command) => expect(recoverCommand(vm)).toBe(command));

// Found by the fuzzer.
test('a name that begins as an option does is no option', () => {
  expect(attachCommand('qemu:///system#--help')).toBe('switchover attach --connect qemu:///system -- --help');
  expect(attachCommand('qemu:///system#-x', 'qemu+ssh://host2/system#y')).toBe(
    'switchover attach --connect qemu:///system --to qemu+ssh://host2/system --dname y -- -x',
  );
});
