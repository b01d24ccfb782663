/** Hosts to be emptied, drawn: guests of the kinds that fleets have, and a link. */

import { cyclic } from '../../src/hypervisor/simulated/memory/cyclic.ts';
import { hotCold } from '../../src/hypervisor/simulated/memory/hot-cold.ts';
import type { MemoryModel } from '../../src/hypervisor/simulated/memory/memory-model.ts';
import { uniform } from '../../src/hypervisor/simulated/memory/uniform.ts';
import { Random } from '../../src/simulate/random.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

const KINDS = ['idle', 'light', 'loop', 'huge'] as const;
type Kind = (typeof KINDS)[number];

export interface DrawnGuest {
  readonly name: string;
  readonly kind: Kind;
  readonly memoryBytes: number;
  readonly zeroPagesShare: number;
  readonly memory: MemoryModel;
}

export interface DrawnHost {
  readonly mix: string;
  readonly guests: readonly DrawnGuest[];
  /** Of the stated rate of the link, what it carries of memory. */
  readonly payloadShare: number;
  /** What both hosts take for a migration beside the copying, in milliseconds. */
  readonly handlingMs: number;
}

/** What shares of its guests are of which kind. */
const MIXES: Readonly<Record<string, Readonly<Record<Kind, number>>>> = {
  'mostly idle': { idle: 0.7, light: 0.25, loop: 0.05, huge: 0 },
  mixed: { idle: 0.4, light: 0.3, loop: 0.25, huge: 0.05 },
  busy: { idle: 0.1, light: 0.3, loop: 0.5, huge: 0.1 },
};
export const MIX_NAMES = Object.keys(MIXES);

const GUESTS = [6, 14] as const;

/** Both within what a plan takes for possible: see src/plan/prospects.ts. */
const PAYLOAD_SHARE = [0.94, 0.985] as const;
const HANDLING_MS = [1200, 3200] as const;

export function drawHost(seed: number): DrawnHost {
  const random = new Random(seed);
  const mix = MIX_NAMES[seed % MIX_NAMES.length] ?? 'mixed';
  const count = Math.round(random.between(GUESTS));
  const guests = Array.from({ length: count }, (_, index) => drawGuest(index, mix, random));
  return {
    mix,
    guests,
    payloadShare: random.between(PAYLOAD_SHARE),
    handlingMs: random.between(HANDLING_MS),
  };
}

function drawGuest(index: number, mix: string, random: Random): DrawnGuest {
  const kind = drawKind(MIXES[mix] ?? MIXES['mixed'] ?? { idle: 1, light: 0, loop: 0, huge: 0 }, random);
  const memoryBytes = sizeOf(kind, random);
  return {
    ...{ name: `${kind}${index}`, kind, memoryBytes },
    zeroPagesShare: kind === 'idle' ? 0.3 + 0.5 * random.next() : 0.4 * random.next(),
    memory: writesOf(kind, memoryBytes, random),
  };
}

function drawKind(shares: Readonly<Record<Kind, number>>, random: Random): Kind {
  let at = random.next();
  for (const kind of KINDS) {
    at -= shares[kind];
    if (at < 0) return kind;
  }
  return 'idle';
}

function sizeOf(kind: Kind, random: Random): number {
  const gib = { idle: [1, 8], light: [2, 16], loop: [2, 16], huge: [64, 160] } as const;
  return Math.round(random.between(gib[kind])) * GIB;
}

function writesOf(kind: Kind, memoryBytes: number, random: Random): MemoryModel {
  const draw = (most: number) => Math.min(most, memoryBytes / 2);
  if (kind === 'idle')
    return cyclic({
      workingSetBytes: draw(random.between([8 * MIB, 64 * MIB])),
      writeRateBytesPerSecond: random.between([MIB / 2, 8 * MIB]),
    });
  if (kind === 'light')
    return uniform({
      workingSetBytes: draw(random.between([128 * MIB, 2 * GIB])),
      writeRateBytesPerSecond: random.between([8 * MIB, 80 * MIB]),
    });
  if (kind === 'loop')
    return cyclic({
      workingSetBytes: draw(random.between([128 * MIB, 2 * GIB])),
      writeRateBytesPerSecond: random.between([500 * MIB, 4 * GIB]),
    });
  return hotCold({
    workingSetBytes: draw(random.between([4 * GIB, 16 * GIB])),
    writeRateBytesPerSecond: random.between([50 * MIB, 400 * MIB]),
    hotPagesShare: 0.1,
    hotWritesShare: 0.9,
  });
}
