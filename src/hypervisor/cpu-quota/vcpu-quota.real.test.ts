/** A quota on a real thread, by this machine's own control groups: it is undone, whoever dies. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { childrenOf } from '../../../lab/children-of.ts';
import { cpuHierarchy, groupOf, leave, pathIn } from './cpu-group.ts';
import { quotaFor, releaseLeft, VcpuQuota } from './vcpu-quota.ts';

const BRAKE = fileURLToPath(new URL('./testing/brake-process.ts', import.meta.url));

let guest: ChildProcess;
let pid: number;
beforeEach(async () => {
  guest = spawn('sleep', ['600'], { stdio: 'ignore' });
  await once(guest, 'spawn');
  pid = guest.pid ?? Number.NaN;
});
afterEach(async () => {
  guest.kill('SIGKILL');
  await once(guest, 'exit');
});

/** By the kernel's word. */
function ownPath(): string {
  const hierarchy = cpuHierarchy(readFileSync('/proc/self/mounts', 'utf8'));
  if (!hierarchy) throw new Error('this machine has no control group of processors');
  return pathIn(readFileSync(`/proc/${pid}/cgroup`, 'utf8'), hierarchy) ?? '';
}

function quotaOf({ folder, version }: ReturnType<typeof groupOf>['group']): string {
  const read = (name: string) => readFileSync(path.join(folder, name), 'utf8').trim();
  return version === 'v1' ? `${read('cpu.cfs_quota_us')} ${read('cpu.cfs_period_us')}` : read('cpu.max');
}

test('it is set as asked, made harder or easier, and the thread is back where it was afterwards', async () => {
  const before = ownPath();
  const quota = new VcpuQuota({ pid, threadIds: [pid] });
  const effect = await quota.set(90);
  const { group, isInIt } = groupOf(pid, pid);
  expect(isInIt).toBe(true);
  expect(effect).toMatchObject({ set: { cpuQuota: { threadIds: [pid], quotaUs: 10_000 } } });
  expect(quotaOf(group)).toBe('10000 100000');
  expect(quota.percent).toBe(90);
  // QEMU's own threads run before it.
  expect(readFileSync(path.join(group.folder, 'cpu.idle'), 'utf8')).toBe('1\n');
  await quota.set(99);
  expect(quotaOf(group)).toBe('2000 100000');
  quota.release();
  quota.release();
  expect(ownPath()).toBe(before);
  expect(existsSync(group.folder)).toBe(false);
  expect(quota.percent).toBe(0);
});

test('an emulated guest gets none, which would lose memory', () => {
  const threads = { pid, threadIds: [pid] };
  expect(quotaFor(threads, 'kvm')).toBeDefined();
  expect(quotaFor(threads, 'tcg')).toBeUndefined();
});

test('what is made ready guards what is set later, and goes with it', async () => {
  // Those of the tests before may still be about to end.
  await expect.poll(guards, { timeout: 60_000 }).toEqual([]);
  const before = guards();
  const quota = new VcpuQuota({ pid, threadIds: [pid] });
  quota.prepare();
  await expect.poll(() => guards().length).toBe(before.length + 1);
  const ready = guards();
  await quota.set(99);
  await quota.set(90);
  expect(guards()).toEqual(ready);
  quota.release();
  await expect.poll(guards, { timeout: 60_000 }).toEqual(before);
  // One that was never needed, too.
  quota.prepare();
  quota.release();
  await expect.poll(guards, { timeout: 60_000 }).toEqual(before);
});

test('one that is released while it is being set is not set: its guard has gone', async () => {
  const before = ownPath();
  const quota = new VcpuQuota({ pid, threadIds: [pid] });
  const setting = quota.set(99);
  quota.release();
  expect(await setting).toMatchObject({ set: { cpuQuota: null } });
  expect(ownPath()).toBe(before);
  expect(quota.percent).toBe(0);
});

test('a controller that is killed leaves nothing: its guard undoes it', async () => {
  const before = ownPath();
  const controller = spawn(process.execPath, [BRAKE, String(pid)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(controller.stdout, 'data');
  expect(ownPath()).not.toBe(before);
  const { folder } = groupOf(pid, pid).group;
  controller.kill('SIGKILL');
  await expect.poll(ownPath, { timeout: 60_000 }).toBe(before);
  await expect.poll(() => existsSync(folder), { timeout: 60_000 }).toBe(false);
});

test('what even the guard left is undone by whoever comes next', async () => {
  const before = ownPath();
  const controller = spawn(process.execPath, [BRAKE, String(pid)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(controller.stdout, 'data');
  const { group } = groupOf(pid, pid);
  const guard = guardOf(controller.pid ?? 0);
  process.kill(guard, 'SIGKILL');
  controller.kill('SIGKILL');
  await once(controller, 'exit');
  expect(ownPath()).not.toBe(before);
  expect(releaseLeft({ pid, threadIds: [pid] })).toBe(true);
  expect(releaseLeft({ pid, threadIds: [pid] })).toBe(false);
  expect(ownPath()).toBe(before);
  expect(existsSync(group.folder)).toBe(false);
});

test('where it cannot be set nothing is changed', async () => {
  const before = ownPath();
  const gone = 2 ** 22 + 1;
  await expect(new VcpuQuota({ pid, threadIds: [pid, gone] }).set(99)).rejects.toThrow();
  expect(ownPath()).toBe(before);
  await expect(new VcpuQuota({ pid, threadIds: [] }).set(99)).rejects.toThrow(/no vCPU/);
  leave(groupOf(pid, pid).group);
});

/** The shell that the controller started. */
function guardOf(parent: number): number {
  return childrenOf(parent)[0] ?? Number.NaN;
}

/** Our own. */
function guards(): number[] {
  return childrenOf(process.pid).filter((child) => child !== pid);
}
