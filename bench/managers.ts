/**
 * Managers that set limits on the way, and `switchover watch` beside them: a memory-intensive guest between two real libvirt hosts,
 * whose migration OpenStack Nova's rule or oVirt's steers and gives up, alone and with watch, turn about. Nova has the shortest
 * steps that it takes, and a completion timeout to match; oVirt its policy `minimal downtime` as it is.
 */
import { LOOP } from '../lab/bed.ts';
import { LibvirtBed } from '../lab/libvirt/libvirt-bed.ts';
import { QUICK_NOVA, steer } from '../lab/libvirt/manager.ts';
import { choosePolicy } from '../src/policy/policies.ts';
import { DEFAULT_LIMITS, type PolicyKind } from '../src/policy/policy.ts';
import { atLeast, atMost, type BenchResult, spread } from './goals.ts';

const REPEATS = 5;

const MANAGERS: Readonly<Record<string, PolicyKind>> = {
  nova: QUICK_NOVA,
  ovirt: choosePolicy('ovirt-minimal-downtime'),
};

interface Run {
  readonly arrived: boolean;
  readonly aborted: boolean;
  readonly totalMs: number;
  /** How many limits it set. */
  readonly set: number;
}

export async function run(): Promise<BenchResult> {
  const all: Record<string, { alone: Run[]; watched: Run[] }> = {};
  let verified = 0;
  await using bed = await LibvirtBed.make({ workload: LOOP });
  const once = async (kind: PolicyKind, words: string): Promise<Run> => {
    const one = await steeredBy(kind, bed);
    if ((await bed.arrival()).ok) verified += 1;
    await bed.turnAround();
    process.stderr.write(`bench: ${words}: ${inWords(one)}\n`);
    return one;
  };
  for (const [name, kind] of Object.entries(MANAGERS)) {
    const runs = { alone: [] as Run[], watched: [] as Run[] };
    all[name] = runs;
    for (let repeat = 1; repeat <= REPEATS; repeat += 1) {
      runs.alone.push(await once(kind, `${name} alone, ${repeat} of ${REPEATS}`));
      const watch = await bed.watch();
      runs.watched.push(await once(kind, `${name} with watch, ${repeat} of ${REPEATS}`));
      watch.process.kill('SIGTERM');
      await watch.ended;
    }
  }
  const of = 2 * REPEATS * Object.keys(MANAGERS).length;
  return {
    bench: 'managers',
    figures: Object.fromEntries(
      Object.entries(all).map(([name, { alone, watched }]) => [
        name,
        { alone: figures(alone), watched: figures(watched) },
      ]),
    ),
    goals: [
      ...Object.entries(all).flatMap(([name, { alone, watched }]) => [
        atMost(`${name} alone: arrived`, arrived(alone), `of ${REPEATS}`, 0),
        atLeast(`${name} with watch: arrived`, arrived(watched), `of ${REPEATS}`, REPEATS),
      ]),
      atLeast('memory verified', verified, `of ${of}`, of),
    ],
  };
}

async function steeredBy(kind: PolicyKind, bed: LibvirtBed): Promise<Run> {
  const startedMs = performance.now();
  const starter = bed.virshMigrate().then(
    () => true,
    () => false,
  );
  const { setMs, aborted } = await steer(bed.source, bed.guest.uuid, kind.begin(DEFAULT_LIMITS), starter);
  const totalMs = performance.now() - startedMs;
  // Whoever ran it before has left it there.
  const where = (await bed.guest.whereabouts())?.host ?? bed.source;
  await where.virsh('migrate-setmaxdowntime', bed.guest.uuid, '300');
  return { arrived: await starter, aborted, totalMs, set: setMs.length };
}

function arrived(runs: readonly Run[]): number {
  return runs.filter((each) => each.arrived).length;
}

function figures(runs: readonly Run[]) {
  return {
    arrived: arrived(runs),
    aborted: runs.filter(({ aborted }) => aborted).length,
    totalMs: spread(runs.map(({ totalMs }) => totalMs)),
    limitsSet: spread(runs.map(({ set }) => set)),
  };
}

function inWords({ arrived: there, aborted, totalMs, set }: Run): string {
  const end = there ? 'arrived' : aborted ? 'aborted by the manager' : 'did not arrive';
  return `${end} after ${(totalMs / 1000).toFixed(1)} s, ${set} limits set`;
}
