/**
 * What `switchover watch` costs and how fast it is: a host with 20 domains, of which 4 begin to migrate at once,
 * and a minute in which nothing happens.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { LibvirtBed } from '../lab/libvirt/libvirt-bed.ts';
import { atLeast, atMost, type BenchResult, spread } from './goals.ts';

const DOMAINS = 20;
const MIGRATING = 4;
const IDLE_SECONDS = 60;
/** Clock ticks of /proc/PID/stat, fixed on Linux whatever the kernel was built with. */
const TICKS_PER_SECOND = 100;

const QUIET = { workload: { kind: 'idle', wssMiB: 1 }, memoryMiB: 96 } as const;
/** Together they dirty more than the link carries, and leave the two cores some room. */
const BUSY = { workload: { kind: 'loop', wssMiB: 48, pagesPerSecond: 6000 }, memoryMiB: 128 } as const;

export async function run({ busy: isBusy }: { readonly busy: boolean }): Promise<BenchResult> {
  process.stderr.write(`bench: starting ${DOMAINS} guests\n`);
  await using bed = await LibvirtBed.make({ ...BUSY, name: 'busy1' });
  const busy = [bed.guest];
  for (let number = 2; number <= MIGRATING; number += 1)
    busy.push(await bed.lab.startGuest(bed.source, { ...BUSY, name: `busy${number}` }));
  for (let number = MIGRATING + 1; number <= DOMAINS; number += 1)
    await bed.lab.startGuest(bed.source, { ...QUIET, name: `quiet${number}` });

  const watch = bed.run('watch', '--connect', bed.source.uri, ...bed.common(), '--output', 'jsonl');
  await watch.prints(/following its domains/);
  // What the start costs is not an idle minute's.
  await pause(3000);
  process.stderr.write(`bench: an idle minute\n`);
  const before = cpuSecondsOf(watch.process.pid);
  await pause(IDLE_SECONDS * 1000);
  const idleCpuSeconds = cpuSecondsOf(watch.process.pid) - before;

  process.stderr.write(`bench: ${MIGRATING} migrations at once\n`);
  const where = [bed.destination.tcpUri, '--migrateuri', `tcp://${bed.destination.address}`];
  const migrations = busy.map(
    async ({ uuid }) =>
      await bed.source.virsh('migrate', '--live', '--p2p', uuid, ...where).catch(() => undefined),
  );
  await watch.prints(new RegExp(`(?:"afterMs"[\\s\\S]*){${MIGRATING}}`));
  await Promise.all(migrations);
  await watch.prints(new RegExp(`(?:"event":"ended"[\\s\\S]*){${MIGRATING}}`));
  watch.process.kill('SIGTERM');
  await watch.ended;
  const lines = watch.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const attachedAfterMs = spread(lines.flatMap(({ afterMs }) => (afterMs === undefined ? [] : [afterMs])));
  const outcomes = lines.flatMap(({ event, outcome }) => (event === 'ended' ? [outcome.outcome] : []));
  const completed = outcomes.filter((outcome) => outcome === 'completed').length;
  return {
    bench: 'watch',
    figures: { domains: DOMAINS, attachedAfterMs, idleMinuteCpuSeconds: idleCpuSeconds, outcomes },
    goals: [
      atMost('attached after the first sign, longest', attachedAfterMs.max, 'ms', isBusy ? 1500 : 1000),
      atMost('CPU time of an idle minute, with its virsh', idleCpuSeconds, 's', 1),
      atLeast('completed', completed, `of ${MIGRATING}`, MIGRATING),
    ],
  };
}

/** Of the process, of what it has started and waited for, and of what it has started and still runs. */
function cpuSecondsOf(pid: number | undefined): number {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(Number(name)))
    .filter((stat) => stat?.parent === pid);
  const own = pid === undefined ? undefined : statOf(pid);
  if (!own) throw new Error('switchover watch is not there any more');
  return [own, ...children].reduce((sum, stat) => sum + (stat?.ticks ?? 0), 0) / TICKS_PER_SECOND;
}

function statOf(pid: number): { parent: number; ticks: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in brackets, may hold blanks and brackets itself: count from its end.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [, parent = 0] = fields;
    // utime, stime, cutime, cstime
    return { parent, ticks: fields.slice(11, 15).reduce((sum, ticks) => sum + ticks, 0) };
  } catch {
    return undefined; // It has just ended.
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
