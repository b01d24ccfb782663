/**
 * Guests that nobody tuned to: a seed tells one guest and one link, the same everywhere and for ever. What production
 * guests do is drawn apart and mixed: working sets in tiers, written in order, at random or mostly in a few pages; one that
 * grows or shrinks, bursts and calms of any period, pages that hold nothing.
 *
 * Seeds below 1000 are for tuning; 1000 to 1999 are for judging only. From 2000 on there are kinds more (`seeds.ts`).
 */
import { constantLink } from '../../src/hypervisor/simulated/link.ts';
import { allocating } from '../../src/hypervisor/simulated/memory/allocating.ts';
import { cyclic } from '../../src/hypervisor/simulated/memory/cyclic.ts';
import { hotCold } from '../../src/hypervisor/simulated/memory/hot-cold.ts';
import { type MemoryModel, together } from '../../src/hypervisor/simulated/memory/memory-model.ts';
import { noisy } from '../../src/hypervisor/simulated/memory/noisy.ts';
import { phases } from '../../src/hypervisor/simulated/memory/phases.ts';
import { ramp } from '../../src/hypervisor/simulated/memory/ramp.ts';
import { uniform } from '../../src/hypervisor/simulated/memory/uniform.ts';
import type { ScenarioInput } from '../../src/hypervisor/simulated/scenario.ts';
import { formatBytes, formatRate } from '../../src/model/units.ts';
import { Random, seedOf } from '../../src/simulate/random.ts';
import { FURTHER_KINDS_FROM } from './seeds.ts';

export interface UnseenGuest {
  readonly seed: number;
  /** What it is, for people. */
  readonly words: string;
  readonly scenario: ScenarioInput;
}

const MIB = 2 ** 20;

export function unseenGuest(seed: number): UnseenGuest {
  const random = new Random(seedOf(seed + 1));
  const memoryBytes = Math.round(random.between([256, 8192])) * MIB;
  const freeShare = random.next() < 0.5 ? 0 : 0.8 * random.next();
  // 0.5 to 10 Gbit/s.
  const linkBytesPerSecond = random.between([60e6, 1.2e9]);
  const draw = seed < FURTHER_KINDS_FROM ? drawSteady : drawSteadyOrAllocating;
  const tiers = drawTiers(random, { usedBytes: memoryBytes * (1 - freeShare), linkBytesPerSecond, draw });
  const startMs = 60_000 * random.next();
  const compressed = seed < FURTHER_KINDS_FROM ? NOT_COMPRESSED : drawCompression(random);
  return {
    seed,
    words: [
      `${formatBytes(memoryBytes)}, ${Math.round(100 * freeShare)} % of it free, ${formatRate(linkBytesPerSecond)} of link`,
      ...tiers.map(({ words }) => words),
      ...compressed.words,
    ].join('; '),
    scenario: {
      memoryBytes,
      zeroPagesShare: freeShare,
      memory: together(...tiers.map(({ memory }) => memory)),
      link: constantLink(linkBytesPerSecond),
      startMs,
      ...compressed.scenario,
    },
  };
}

interface Compression {
  readonly words: readonly string[];
  readonly scenario: Pick<ScenarioInput, 'compressedTo' | 'writtenCompressedTo'>;
}

const NOT_COMPRESSED: Compression = { words: [], scenario: {} };

/** Of one guest in two, from text to random bytes; what it writes need not be like the rest. */
function drawCompression(random: Random): Compression {
  if (random.next() < 0.5) return NOT_COMPRESSED;
  const compressedTo = random.between([0.1, 1]);
  const writtenCompressedTo = random.between([0.1, 1]);
  return {
    words: [`compressed to ${percent(compressedTo)}, what it writes to ${percent(writtenCompressedTo)}`],
    scenario: { compressedTo, writtenCompressedTo },
  };
}

interface Tier {
  readonly words: string;
  readonly memory: MemoryModel;
}

interface Writes {
  readonly workingSetBytes: number;
  readonly writeRateBytesPerSecond: number;
}

interface Bounds {
  readonly usedBytes: number;
  readonly linkBytesPerSecond: number;
  readonly draw: (random: Random, writes: Writes) => Tier;
}

/** One to three, in separate memory, no more together than the guest uses. */
function drawTiers(random: Random, { usedBytes, ...bounds }: Bounds): Tier[] {
  const count = 1 + Math.floor(3 * random.next());
  return Array.from({ length: count }, () => drawTier(random, { ...bounds, usedBytes: usedBytes / count }));
}

function drawTier(random: Random, { usedBytes, linkBytesPerSecond, draw }: Bounds): Tier {
  const workingSetBytes = usedBytes * random.between([0.03, 0.9]);
  // From a fifth of what the link carries to eight times that.
  const writeRateBytesPerSecond = linkBytesPerSecond * random.between([0.2, 8]);
  const steady = draw(random, { workingSetBytes, writeRateBytesPerSecond });
  return wavering(random, drawTurns(random, drawRamp(random, steady)));
}

/** One in three allocates and frees. */
function drawSteadyOrAllocating(random: Random, writes: Writes): Tier {
  if (random.next() >= 1 / 3) return drawSteady(random, writes);
  const heldShare = 0.1 + 0.8 * random.next();
  return {
    words: `${sizeOf(writes)} allocated and freed, ${percent(heldShare)} of it held`,
    memory: allocating({ ...writes, heldShare }),
  };
}

function drawSteady(random: Random, writes: Writes): Tier {
  const size = sizeOf(writes);
  const kind = random.next();
  if (kind < 0.3) return { words: `${size} in order`, memory: cyclic(writes) };
  if (kind < 0.6) return { words: `${size} at random`, memory: uniform(writes) };
  const hotPagesShare = random.between([0.02, 0.3]);
  const hotWritesShare = 0.6 + 0.38 * random.next();
  return {
    words: `${size}, ${percent(hotWritesShare)} of it in ${percent(hotPagesShare)} of the pages`,
    memory: hotCold({ ...writes, hotPagesShare, hotWritesShare }),
  };
}

/** One in five grows or shrinks, over a time like a migration's. */
function drawRamp(random: Random, { words, memory }: Tier): Tier {
  if (random.next() >= 0.2) return { words, memory };
  const grows = random.next() < 0.5;
  const overMs = random.between([5_000, 120_000]);
  const [from, to] = grows ? [0.1, 1] : [1, 0.1];
  return {
    words: `${words}, ${grows ? 'growing' : 'shrinking'} over ${seconds(overMs)}`,
    memory: ramp(memory, { fromShare: from, toShare: to, beginMs: 60_000 * random.next(), overMs }),
  };
}

/** One in three has bursts and calms. */
function drawTurns(random: Random, { words, memory }: Tier): Tier {
  if (random.next() >= 1 / 3) return { words, memory };
  const busyMs = random.between([200, 20_000]);
  const calmMs = random.between([200, 20_000]);
  return {
    words: `${words}, ${seconds(busyMs)} busy and ${seconds(calmMs)} calm in turn`,
    memory: phases(memory, [
      { durationMs: busyMs, speed: 1 },
      { durationMs: calmMs, speed: 0 },
    ]),
  };
}

function wavering(random: Random, { words, memory }: Tier): Tier {
  if (random.next() < 0.5) return { words, memory };
  const spread = 0.02 + 0.25 * random.next();
  const seed = Math.floor(random.next() * 2 ** 32);
  return { words: `${words}, wavering by ${percent(spread)}`, memory: noisy(memory, { seed, spread }) };
}

function sizeOf({ workingSetBytes, writeRateBytesPerSecond }: Writes): string {
  return `${formatBytes(workingSetBytes)} at ${formatRate(writeRateBytesPerSecond)}`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toPrecision(2)} s`;
}
