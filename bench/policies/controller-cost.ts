/**
 * What a migration costs the one who watches it: `switchover migrate` beside `virsh migrate --verbose`, the same
 * guest to and fro between two libvirt hosts. Counted: the command's own processes, and the source's libvirtd, which
 * does libvirt's own watching. The migration itself is QEMU's work and is not in it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Workload } from '../../lab/guest/workload.ts';
import { LibvirtBed } from '../../lab/libvirt/libvirt-bed.ts';
import { documentFrom } from '../../lab/switchover-process.ts';
import { run as latency } from '../latency.ts';
import { readCost, watchCost } from '../process-cost.ts';

export interface CostRun {
  readonly who: 'virsh migrate --verbose' | 'switchover migrate';
  readonly totalMs: number;
  readonly commandCpuMs: number;
  readonly commandRssBytes: number;
  readonly libvirtdCpuMs: number;
}

export interface CostResult {
  readonly runs: readonly CostRun[];
  /** As `./dev bench latency` measures it. */
  readonly latency: unknown;
}

const REPEATS = 5;
const SETTLE_MS = 2000;
/** It arrives by itself, so that both do the same work. */
const GUEST: Workload = { kind: 'random', wssMiB: 64, pagesPerSecond: 2000 };

/** @param say is told what is being done, a sentence each */
export async function controllerCost(say: (sentence: string) => void): Promise<CostResult> {
  const runs: CostRun[] = [];
  {
    await using bed = await LibvirtBed.make({ workload: GUEST });
    for (let repeat = 1; repeat <= REPEATS; repeat += 1)
      // Turn about, so that neither always has the same host for its source.
      for (const who of repeat % 2 === 0 ? [bySwitchover, byVirsh] : [byVirsh, bySwitchover]) {
        await sleep(SETTLE_MS);
        const run = await who(bed);
        say(`${run.who}: ${run.commandCpuMs + run.libvirtdCpuMs} ms of CPU in ${Math.round(run.totalMs)} ms`);
        runs.push(run);
        const { ok, reason } = await bed.arrival();
        if (!ok) throw new Error(`after ${run.who}: ${reason}`);
        await bed.turnAround();
      }
  }
  return { runs, latency: (await latency({ busy: false })).figures };
}

async function byVirsh(bed: LibvirtBed): Promise<CostRun> {
  const { source, destination, guest } = bed;
  const route = [guest.uuid, destination.tcpUri, '--migrateuri', `tcp://${destination.address}`];
  const words = ['--connect', source.uri, 'migrate', '--live', '--p2p', '--verbose', ...route];
  return await costOf('virsh migrate --verbose', bed, () => {
    const child = spawn('virsh', words, { stdio: 'ignore' });
    const ended = once(child, 'close').then(([status]) => {
      if (status !== 0) throw new Error(`virsh migrate ended with ${status}`);
    });
    return { pid: child.pid, ended };
  });
}

async function bySwitchover(bed: LibvirtBed): Promise<CostRun> {
  return await costOf('switchover migrate', bed, () => {
    const running = bed.migrate('--json');
    const ended = running.ended.then((ran) => {
      const document = documentFrom(ran);
      if (document.outcome !== 'completed') throw new Error(`switchover migrate: ${document.reason}`);
    });
    return { pid: running.process.pid, ended };
  });
}

async function costOf(
  who: CostRun['who'],
  { source }: LibvirtBed,
  start: () => { pid: number | undefined; ended: Promise<void> },
): Promise<CostRun> {
  const libvirtdPid = source.libvirtdPid;
  const before = readCost(libvirtdPid)?.cpuMs ?? 0;
  const startedMs = performance.now();
  const { pid, ended } = start();
  const cost = watchCost(pid);
  await ended;
  const totalMs = performance.now() - startedMs;
  const { cpuMs, maxRssBytes } = cost();
  const libvirtdCpuMs = (readCost(libvirtdPid)?.cpuMs ?? 0) - before;
  return { who, totalMs, commandCpuMs: cpuMs, commandRssBytes: maxRssBytes, libvirtdCpuMs };
}
