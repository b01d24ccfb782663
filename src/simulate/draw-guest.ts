import { constantLink } from '../hypervisor/simulated/link.ts';
import { cyclic } from '../hypervisor/simulated/memory/cyclic.ts';
import { hotCold } from '../hypervisor/simulated/memory/hot-cold.ts';
import type { MemoryModel } from '../hypervisor/simulated/memory/memory-model.ts';
import { phases } from '../hypervisor/simulated/memory/phases.ts';
import { uniform } from '../hypervisor/simulated/memory/uniform.ts';
import type { ScenarioInput } from '../hypervisor/simulated/scenario.ts';
import { Random } from './random.ts';
import type { ScenarioFile } from './scenario-file.ts';

/** Knuth's multiplicative hash: seeds that differ by one give migrations that have nothing in common. */
const SPREAD = 2_654_435_761;

/** The guest and link of migration number `index`: the same for every policy, so that policies are compared on equals. */
export function drawGuest(file: ScenarioFile, index: number): ScenarioInput {
  const random = new Random(file.seed + Math.imul(index, SPREAD));
  const { memoryBytes, zeroPagesShare, writes } = file.guest;
  const periodMs = writes.phases ? writes.phases.busyMs + writes.phases.calmMs : 0;
  return {
    memoryBytes: Math.round(random.between(memoryBytes)),
    zeroPagesShare,
    memory: drawMemory(writes, random),
    link: constantLink(random.between(file.linkBytesPerSecond)),
    startMs: random.next() * periodMs,
  };
}

function drawMemory(writes: ScenarioFile['guest']['writes'], random: Random): MemoryModel {
  const { hotPagesShare, hotWritesShare } = writes;
  const drawn = {
    workingSetBytes: random.between(writes.workingSetBytes),
    writeRateBytesPerSecond: random.between(writes.rateBytesPerSecond),
  };
  const steady =
    writes.kind === 'cyclic'
      ? cyclic(drawn)
      : writes.kind === 'uniform'
        ? uniform(drawn)
        : hotCold({ ...drawn, hotPagesShare, hotWritesShare });
  if (!writes.phases) return steady;
  return phases(steady, [
    { durationMs: writes.phases.busyMs, speed: 1 },
    { durationMs: writes.phases.calmMs, speed: 0 },
  ]);
}
