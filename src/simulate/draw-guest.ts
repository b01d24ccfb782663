import { constantLink, type Link, steppedLink } from '../hypervisor/simulated/link.ts';
import { cyclic } from '../hypervisor/simulated/memory/cyclic.ts';
import { hotCold } from '../hypervisor/simulated/memory/hot-cold.ts';
import type { MemoryModel } from '../hypervisor/simulated/memory/memory-model.ts';
import { noisy } from '../hypervisor/simulated/memory/noisy.ts';
import { phases } from '../hypervisor/simulated/memory/phases.ts';
import { recorded } from '../hypervisor/simulated/memory/recorded.ts';
import { uniform } from '../hypervisor/simulated/memory/uniform.ts';
import type { ScenarioInput } from '../hypervisor/simulated/scenario.ts';
import { Random, seedOf } from './random.ts';
import type { ScenarioFile, Writes } from './scenario-file.ts';

/** The guest and link of migration number `index`: the same for every policy, so that policies are compared on equals. */
export function drawGuest(file: ScenarioFile, index: number): ScenarioInput {
  const random = new Random(file.seed + seedOf(index));
  const { memoryBytes, zeroPagesShare, compressedTo, writtenCompressedTo, writes } = file.guest;
  const periodMs = writes.phases ? writes.phases.busyMs + writes.phases.calmMs : 0;
  const bytes = Math.round(random.between(memoryBytes));
  const steady = drawSteady(writes, random);
  const bytesPerSecond = random.between(file.linkBytesPerSecond);
  const startMs = random.next() * periodMs;
  // Drawn last: with noise it is still the same fleet.
  const noiseSeed = Math.floor(random.next() * 2 ** 32);
  return {
    ...{ memoryBytes: bytes, zeroPagesShare, compressedTo, writtenCompressedTo, startMs },
    memory: unsteady(steady, writes, noiseSeed),
    link: linkOf(bytesPerSecond, file.linkSteps, startMs),
  };
}

/** Steps count from the start of the migration, links from the first instant of the clock. */
function linkOf(bytesPerSecond: number, steps: ScenarioFile['linkSteps'], startMs: number): Link {
  if (steps.length === 0) return constantLink(bytesPerSecond);
  const later = steps.map((step) => ({
    fromMs: startMs + step.afterMs,
    bytesPerSecond: step.bytesPerSecond,
  }));
  return steppedLink([{ fromMs: 0, bytesPerSecond }, ...later]);
}

function unsteady(steady: MemoryModel, { noise, phases: turns }: Writes, seed: number): MemoryModel {
  const wavering = noise > 0 ? noisy(steady, { seed, spread: noise }) : steady;
  if (!turns) return wavering;
  return phases(wavering, [
    { durationMs: turns.busyMs, speed: 1 },
    { durationMs: turns.calmMs, speed: 0 },
  ]);
}

function drawSteady(writes: Writes, random: Random): MemoryModel {
  if (writes.kind === 'recorded') return recorded(writes.curve);
  const { hotPagesShare, hotWritesShare } = writes;
  const drawn = {
    workingSetBytes: random.between(writes.workingSetBytes),
    writeRateBytesPerSecond: random.between(writes.rateBytesPerSecond),
  };
  if (writes.kind === 'cyclic') return cyclic(drawn);
  if (writes.kind === 'uniform') return uniform(drawn);
  return hotCold({ ...drawn, hotPagesShare, hotWritesShare });
}
