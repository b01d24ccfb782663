/**
 * How true the simulator is: the lab's workloads migrated for real, and simulated from what is known of them beforehand,
 * which is what they write and how fast, and the link. Only two figures are measured for it: what a guest holds
 * beside its working set, on an idle one, and how fast a workload writes that writes as fast as it can.
 */
import { Bed } from '../lab/bed.ts';
import type { Workload } from '../lab/guest/workload.ts';
import { documentFrom } from '../lab/switchover-process.ts';
import { constantLink } from '../src/hypervisor/simulated/link.ts';
import { cyclic } from '../src/hypervisor/simulated/memory/cyclic.ts';
import { hotCold } from '../src/hypervisor/simulated/memory/hot-cold.ts';
import type { MemoryModel } from '../src/hypervisor/simulated/memory/memory-model.ts';
import { uniform } from '../src/hypervisor/simulated/memory/uniform.ts';
import { choosePolicy } from '../src/policy/policies.ts';
import { DEFAULT_LIMITS } from '../src/policy/policy.ts';
import { runOne } from '../src/simulate/run-one.ts';
import { atLeast, atMost, type BenchResult, spread } from './goals.ts';
import { migrate } from './verified-run.ts';

const MIB = 2 ** 20;
const PAGE = 4096;
const MEMORY_BYTES = 512 * MIB;
const LINK_BITS_PER_SECOND = 480e6;
/** Of 1,514 bytes in a frame, 1,448 are TCP's payload. */
const LINK_BYTES_PER_SECOND = (LINK_BITS_PER_SECOND / 8) * (1448 / 1514);
const POLICIES = ['mp', 'forecast'];
const IDLE = { kind: 'idle', wssMiB: 16 } as const satisfies Workload;

type Named = Workload & { readonly kind: 'loop' | 'random' | 'hotcold'; readonly wssMiB: number };

const WORKLOADS: readonly Named[] = [
  { kind: 'loop', wssMiB: 128 },
  { kind: 'loop', wssMiB: 64 },
  { kind: 'loop', wssMiB: 128, pagesPerSecond: 20_000 },
  { kind: 'loop', wssMiB: 128, pagesPerSecond: 8_000 },
  { kind: 'random', wssMiB: 128 },
  { kind: 'random', wssMiB: 128, pagesPerSecond: 20_000 },
  { kind: 'random', wssMiB: 96, pagesPerSecond: 8_000 },
  { kind: 'hotcold', wssMiB: 192, pagesPerSecond: 30_000 },
];

interface Figures {
  readonly totalMs: number;
  readonly sentBytes: number;
  readonly pauseMs: number;
}

interface Compared {
  readonly workload: string;
  readonly policy: string;
  readonly real: Figures;
  readonly simulated: Figures;
  readonly verified: boolean;
}

export async function run(): Promise<BenchResult> {
  process.stderr.write('bench: what an idle guest holds\n');
  const baseBytes = await heldByIdle();
  const compared: Compared[] = [];
  for (const workload of WORKLOADS)
    for (const policy of POLICIES) {
      process.stderr.write(`bench: ${nameOf(workload)} under ${policy}\n`);
      compared.push(await compare(workload, policy, baseBytes));
    }
  const error = (figure: keyof Figures) =>
    100 *
    spread(compared.map(({ real, simulated }) => Math.abs(simulated[figure] / real[figure] - 1))).median;
  const verified = compared.filter((each) => each.verified).length;
  return {
    bench: 'accuracy',
    figures: { heldByIdleBytes: baseBytes, linkBytesPerSecond: Math.round(LINK_BYTES_PER_SECOND), compared },
    goals: [
      atMost('total time: median error', error('totalMs'), '%', 10),
      atMost('data sent: median error', error('sentBytes'), '%', 10),
      atMost('pause: median error', error('pauseMs'), '%', 10),
      atLeast('memory verified', verified, `of ${compared.length}`, compared.length),
    ],
  };
}

/** Beside its working set: the kernel, and what it has touched. */
async function heldByIdle(): Promise<number> {
  await using bed = await Bed.make(IDLE, {}, { rateBitsPerSecond: LINK_BITS_PER_SECOND });
  const { sentBytes } = documentFrom(await (await bed.migrate('--json', '--policy', 'stock')).ended);
  return sentBytes - IDLE.wssMiB * MIB;
}

async function compare(workload: Named, policy: string, baseBytes: number): Promise<Compared> {
  await using bed = await Bed.make(workload, {}, { rateBitsPerSecond: LINK_BITS_PER_SECOND });
  const writtenBytesPerSecond =
    workload.pagesPerSecond === undefined ? await fullSpeed(bed) : workload.pagesPerSecond * PAGE;
  const { document, verified } = await migrate(bed, '--policy', policy);
  const workingSetBytes = workload.wssMiB * MIB;
  const simulated = await runOne(
    {
      memoryBytes: MEMORY_BYTES,
      zeroPagesShare: 1 - (baseBytes + workingSetBytes) / MEMORY_BYTES,
      memory: memoryOf(workload.kind, workingSetBytes, writtenBytesPerSecond),
      link: constantLink(LINK_BYTES_PER_SECOND),
    },
    choosePolicy(policy),
    DEFAULT_LIMITS,
  );
  return {
    workload: nameOf(workload),
    policy,
    real: figuresOf(document),
    simulated: figuresOf(simulated),
    verified,
  };
}

/** Bytes of pages written a second, by the guest's own count. */
async function fullSpeed(bed: Bed): Promise<number> {
  const before = await bed.pair.source.status();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const after = await bed.pair.source.status();
  return ((after.writes - before.writes) * PAGE * 1000) / (after.uptimeMs - before.uptimeMs);
}

function memoryOf(
  kind: Named['kind'],
  workingSetBytes: number,
  writeRateBytesPerSecond: number,
): MemoryModel {
  const writes = { workingSetBytes, writeRateBytesPerSecond };
  switch (kind) {
    case 'loop':
      return cyclic(writes);
    case 'random':
      return uniform(writes);
    case 'hotcold':
      return hotCold({ ...writes, hotPagesShare: 0.1, hotWritesShare: 0.9 });
  }
}

/** A run that did not arrive has no pause, and then no error that could be small. */
function figuresOf(outcome: { totalMs: number; sentBytes: number; pauseMs: number | null }): Figures {
  return {
    totalMs: Math.round(outcome.totalMs),
    sentBytes: outcome.sentBytes,
    pauseMs: outcome.pauseMs === null ? Number.POSITIVE_INFINITY : Math.round(outcome.pauseMs),
  };
}

function nameOf({ kind, wssMiB, pagesPerSecond }: Named): string {
  return `${kind} ${wssMiB} MiB${pagesPerSecond ? `, ${pagesPerSecond} pages/s` : ''}`;
}
