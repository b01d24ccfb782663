import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CpuGroup, cpuHierarchy, leaveInShell, pathIn } from './cpu-group.ts';

describe('where the cpu controller is', () => {
  test('in a hierarchy of its own, or of its own and another', () => {
    const mounts = [
      'tmpfs /sys/fs/cgroup tmpfs rw 0 0',
      'cgroup /sys/fs/cgroup/cpuset cgroup rw,relatime,cpuset 0 0',
      'cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0',
      'cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0',
    ].join('\n');
    expect(cpuHierarchy(mounts)).toEqual({ version: 'v1', mount: '/sys/fs/cgroup/cpu,cpuacct' });
  });

  test('in the one hierarchy of version 2', () =>
    expect(cpuHierarchy('cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n')).toEqual({
      version: 'v2',
      mount: '/sys/fs/cgroup',
    }));

  test('nowhere', () => expect(cpuHierarchy('proc /proc proc rw 0 0\n')).toBeUndefined());
});

test('a thread’s path is told by its controller, or by none', () => {
  const groups = '5:cpuset:/\n4:cpuacct,cpu:/machine/a:b\n0::/machine.slice/vm.scope\n';
  expect(pathIn(groups, { version: 'v1', mount: '/m' })).toBe('/machine/a:b');
  expect(pathIn(groups, { version: 'v2', mount: '/m' })).toBe('/machine.slice/vm.scope');
  expect(pathIn('5:cpuset:/\n', { version: 'v1', mount: '/m' })).toBeUndefined();
});

test('a shell moves back what is in the group, whatever the path is called', () => {
  const parent = mkdtempSync(path.join(os.tmpdir(), "it's $(exit 1) "));
  try {
    const folder = path.join(parent, 'switchover-brake-7');
    mkdirSync(folder);
    // Where nothing but a kernel's file could take both, the last one stays.
    writeFileSync(path.join(folder, 'tasks'), '7\n8\n');
    const group: CpuGroup = { version: 'v1', threadId: 7, parent, folder, switchesOn: false };
    // Only a kernel's folder can be removed with files in it, so its status says nothing.
    spawnSync('sh', ['-c', leaveInShell(group)]);
    expect(readFileSync(path.join(parent, 'tasks'), 'utf8')).toBe('8\n');
  } finally {
    rmSync(parent, { recursive: true });
  }
});

test('a shell leaves alone what was never made', () => {
  const parent = mkdtempSync(path.join(os.tmpdir(), 'parent-'));
  try {
    const folder = path.join(parent, 'switchover-brake-on-7');
    writeFileSync(path.join(parent, 'cgroup.subtree_control'), 'cpu');
    const group: CpuGroup = { version: 'v2', threadId: 7, parent, folder, switchesOn: true };
    expect(spawnSync('sh', ['-c', leaveInShell(group)]).status).toBe(0);
    expect(readFileSync(path.join(parent, 'cgroup.subtree_control'), 'utf8')).toBe('cpu');
  } finally {
    rmSync(parent, { recursive: true });
  }
});
