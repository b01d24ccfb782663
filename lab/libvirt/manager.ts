/**
 * A manager that began a migration and steers it by its own rule: it looks at the job, sets the downtime limit and aborts,
 * when and as that system's code does, over libvirt like that system. The rules are the peers' (`src/policy/peers`).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseJobInfo } from '../../src/hypervisor/libvirt/virsh/job-info.ts';
import type { Policy } from '../../src/policy/policy.ts';
import type { LibvirtHost } from './libvirt-host.ts';

const LOOK_EVERY_MS = 250;

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
