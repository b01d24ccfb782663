/** By this machine's own control groups, on a process that looks like libvirt's QEMU. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { hasQuota, VcpuQuota } from '../hypervisor/cpu-quota/vcpu-quota.ts';
import { initiatorHere } from '../journal/initiator.ts';
import { takeLease } from '../migration/lease.ts';
import { releaseLeftBrakes } from './left-brakes.ts';

/** A guest whose one vCPU has a quota that nobody undoes before the test's end. */
async function brakedGuest() {
  const uuid = randomUUID();
  // The shell names its own thread, as QEMU does its vCPUs'.
  const script = 'printf "CPU 0/KVM" > /proc/$$/comm; echo ready; read -r _';
  const child = spawn('sh', ['-c', script, 'qemu', '-uuid', uuid], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const pid = child.pid ?? Number.NaN;
  const threads = { pid, threadIds: [pid] };
  const before = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  const quota = new VcpuQuota(threads);
  await quota.set(90);
  onTestFinished(() => quota.release());
  return { uuid, threads, before, groups: () => readFileSync(`/proc/${pid}/cgroup`, 'utf8') };
}

async function release(): Promise<string[]> {
  const said: string[] = [];
  await releaseLeftBrakes({
    initiator: initiatorHere(),
    log: { say: (sentence) => void said.push(sentence) },
  });
  return said;
}

test('a guest that nobody drives any more is let go, which is said', async () => {
  const { uuid, threads, before, groups } = await brakedGuest();
  expect(hasQuota(threads)).toBe(true);
  expect(await release()).toEqual([`a quota that was left on the vCPUs of ${uuid} is taken back`]);
  expect(hasQuota(threads)).toBe(false);
  expect(groups()).toBe(before);
  expect(await release()).toEqual([]);
});

test('one that somebody brakes now is left to him', async () => {
  const { uuid, threads } = await brakedGuest();
  const { pid } = process;
  await using _lease = await takeLease(uuid, {
    ...{ pid, user: 'tester', command: 'switchover migrate', since: new Date().toISOString() },
  });
  expect(await release()).toEqual([]);
  expect(hasQuota(threads)).toBe(true);
});
