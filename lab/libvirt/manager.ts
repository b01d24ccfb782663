/**
 * A manager that began a migration and steers it by its own rule: it looks at the job, sets the downtime limit and aborts,
 * when and as that system's code does, over libvirt like that system. The rules are the peers' (`src/policy/peers`).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseJobInfo } from '../../src/hypervisor/libvirt/virsh/job-info.ts';
import { choosePolicy } from '../../src/policy/policies.ts';
import type { Policy } from '../../src/policy/policy.ts';
import type { LibvirtHost } from './libvirt-host.ts';

const LOOK_EVERY_MS = 250;

/** Nova with the shortest steps that it takes and a completion timeout to match: a guest of 512 MiB is given up after 20 s. */
export const QUICK_NOVA = choosePolicy('nova', {
  downtime: '100ms',
  'downtime-steps': '3',
  'downtime-delay-per-gib': '3s',
  'completion-timeout-per-gib': '10s',
});

/**
 * @param over settles with the migration's end
 * @returns every limit that it set, and whether it aborted
 */
export async function steer(
  host: LibvirtHost,
  uuid: string,
  rule: Policy,
  over: Promise<unknown>,
): Promise<{ readonly setMs: readonly number[]; readonly aborted: boolean }> {
  const setMs: number[] = [];
  let ended = false;
  let aborted = false;
  void over.finally(() => {
    ended = true;
  });
  const set = async (limitMs: number) => {
    setMs.push(limitMs);
    await host.virsh('migrate-setmaxdowntime', uuid, String(limitMs)).catch(() => {});
  };
  await set(rule.initialDowntimeLimitMs);
  while (!ended) {
    const job = parseJobInfo(await host.virsh('domjobinfo', uuid, '--rawstats').catch(() => ''));
    const { timeElapsedMs: atMs, memoryIteration: pass, memoryTotalBytes: totalBytes } = job;
    if (job.type === 'active' && atMs !== undefined && pass !== undefined && totalBytes !== undefined) {
      const decision = rule.observe({
        ...{ kind: 'tick', atMs, pass, totalBytes, throttlePercent: 0 },
        sentBytes: job.dataProcessedBytes ?? 0,
        remainingBytes: job.memoryRemainingBytes ?? 0,
      });
      if (decision.action === 'set-downtime-limit') await set(decision.downtimeLimitMs);
      if (decision.action === 'abort') {
        aborted = true;
        await host.virsh('domjobabort', uuid).catch(() => {});
      }
    }
    await sleep(LOOK_EVERY_MS);
  }
  return { setMs, aborted };
}
