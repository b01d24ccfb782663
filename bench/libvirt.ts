/**
 * Between two real libvirt hosts, repeated: a memory-intensive guest that plain `virsh migrate --live --p2p` does
 * not move in 30 s arrives with `switchover watch` beside the same command, and by `switchover migrate`. Then what that costs: a
 * guest that converges, by plain virsh and by `switchover migrate`, under the same limit.
 */
import { LOOP } from '../lab/bed.ts';
import { LibvirtBed } from '../lab/libvirt/libvirt-bed.ts';
import { documentFrom } from '../lab/switchover-process.ts';
import { atLeast, atMost, type BenchResult, spread } from './goals.ts';
import { watchCost } from './process-cost.ts';

const REPEATS = 5;
const PLAIN_SECONDS = 30;
/** Written slower than the link carries. */
const CONVERGES = { kind: 'loop', wssMiB: 16, pagesPerSecond: 2000 } as const;
/** What switchover sets for its 300 ms: it takes off what a switchover costs beside the memory. */
const SAME_LIMIT_MS = '250';

/** How far the pause that we measure may be from the downtime that libvirt computes. */
const AGREEMENT_MS = 50;

interface Run {
  readonly outcome: string | null;
  readonly pauseMs: number | null;
  readonly reportedDowntimeMs: number | null;
  readonly totalMs: number;
  readonly sentBytes: number;
}

interface Tally {
  plain: number;
  verified: number;
  looked: number;
  readonly watched: Run[];
  readonly migrated: Run[];
  readonly attachMs: number[];
}

export async function run(): Promise<BenchResult> {
  const tally: Tally = { plain: 0, verified: 0, looked: 0, watched: [], migrated: [], attachMs: [] };
  const cost = await costs();
  await using bed = await LibvirtBed.make({ workload: LOOP });
  for (let repeat = 1; repeat <= REPEATS; repeat += 1) {
    process.stderr.write(`bench: repeat ${repeat} of ${REPEATS}: plain virsh, watch, migrate\n`);
    if (await plainArrives(bed)) tally.plain += 1;
    await look(bed, tally);
    await watched(bed, tally);
    await look(bed, tally);
    tally.migrated.push(documentFrom(await bed.migrate('--json').ended));
    await look(bed, tally);
  }
  const both = [...tally.watched, ...tally.migrated];
  return {
    bench: 'libvirt',
    figures: {
      plain: { completed: tally.plain, within: `${PLAIN_SECONDS} s` },
      watch: { ...figures(tally.watched), attachedAfterMs: spread(tally.attachMs) },
      migrate: figures(tally.migrated),
      cost: { plainMs: spread(cost.plainMs), migrateMs: spread(cost.migrateMs), cpuMs: spread(cost.cpuMs) },
    },
    goals: [
      atMost('plain virsh: completed', tally.plain, `of ${REPEATS}`, 0),
      atLeast('watch: completed', completed(tally.watched), `of ${REPEATS}`, REPEATS),
      atLeast('migrate: completed', completed(tally.migrated), `of ${REPEATS}`, REPEATS),
      atLeast('memory verified', tally.verified, `of ${tally.looked}`, tally.looked),
      atMost(
        "pause against libvirt's downtime, farthest",
        Math.max(...both.map(apartMs)),
        'ms',
        AGREEMENT_MS,
      ),
      atMost('CPU time of a migration, with its children, median', spread(cost.cpuMs).median, 'ms', 700),
      atMost(
        'the whole command beyond plain virsh, medians',
        spread(cost.migrateMs).median - spread(cost.plainMs).median,
        'ms',
        1500,
      ),
      atMost('watch: attached after, longest', Math.max(...tally.attachMs), 'ms', 1000),
    ],
  };
}

interface Costs {
  readonly plainMs: number[];
  readonly migrateMs: number[];
  readonly cpuMs: number[];
}

async function costs(): Promise<Costs> {
  const found: Costs = { plainMs: [], migrateMs: [], cpuMs: [] };
  await using bed = await LibvirtBed.make({ workload: CONVERGES });
  for (let repeat = 0; repeat <= REPEATS; repeat += 1) {
    process.stderr.write(`bench: repeat ${repeat} of ${REPEATS}: what a migration costs\n`);
    await bed.source.virsh('migrate-setmaxdowntime', bed.guest.uuid, SAME_LIMIT_MS);
    const plainMs = await took(async () => await bed.virshMigrate());
    await bed.turnAround();
    let cpuMs = 0;
    const migrateMs = await took(async () => {
      const running = bed.migrate();
      const cost = watchCost(running.process.pid);
      await running.ended;
      ({ cpuMs } = cost());
    });
    await bed.turnAround();
    // The first find nothing in any cache.
    if (repeat === 0) continue;
    found.plainMs.push(plainMs);
    found.migrateMs.push(migrateMs);
    found.cpuMs.push(cpuMs);
  }
  return found;
}

async function took(doing: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  await doing();
  return performance.now() - beganMs;
}

/** Ends it when the time is up. */
async function plainArrives(bed: LibvirtBed): Promise<boolean> {
  const ended = bed.virshMigrate().then(
    () => true,
    () => false,
  );
  const late = new Promise<'late'>((resolve) => setTimeout(resolve, PLAIN_SECONDS * 1000, 'late'));
  const first = await Promise.race([ended, late]);
  if (first !== 'late') return first;
  await bed.source.virsh('domjobabort', bed.guest.uuid);
  await ended;
  return false;
}

async function watched(bed: LibvirtBed, tally: Tally): Promise<void> {
  const watch = await bed.watch('--output', 'jsonl');
  await bed.virshMigrate();
  await watch.prints(/"event":"ended"/);
  watch.process.kill('SIGTERM');
  await watch.ended;
  const lines = watch.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  tally.watched.push(lines.find(({ event }) => event === 'ended').outcome);
  tally.attachMs.push(lines.find(({ afterMs }) => afterMs !== undefined).afterMs);
}

/** Has the guest check its memory, and turns the bed around to where it is now. */
async function look(bed: LibvirtBed, tally: Tally): Promise<void> {
  const { ok, reason } = await bed.arrival();
  if (!ok) process.stderr.write(`bench: ${reason}\n`);
  tally.looked += 1;
  if (ok) tally.verified += 1;
  await bed.turnAround();
}

function figures(runs: readonly Run[]) {
  return {
    completed: completed(runs),
    pauseMs: spread(runs.map(({ pauseMs }) => pauseMs ?? Number.MAX_SAFE_INTEGER)),
    libvirtDowntimeMs: spread(
      runs.map(({ reportedDowntimeMs }) => reportedDowntimeMs ?? Number.MAX_SAFE_INTEGER),
    ),
    totalMs: spread(runs.map(({ totalMs }) => totalMs)),
    sentBytes: spread(runs.map(({ sentBytes }) => sentBytes)),
  };
}

function completed(runs: readonly Run[]): number {
  return runs.filter(({ outcome }) => outcome === 'completed').length;
}

/** A run that lacks one of them counts as far apart. */
function apartMs({ pauseMs, reportedDowntimeMs }: Run): number {
  if (pauseMs === null || reportedDowntimeMs === null) return Number.MAX_SAFE_INTEGER;
  return Math.abs(pauseMs - reportedDowntimeMs);
}
