import { assertFigures, type MemoryModel, mapParts } from './memory-model.ts';

export interface Phase {
  readonly durationMs: number;
  /** How fast the guest goes on meanwhile: 1 as its model says, 0 at rest. */
  readonly speed: number;
}

/**
 * A guest that alternates between phases, busy and calm, for ever from instant 0 on. The inner model sees a
 * clock that runs at the phase's speed, so the curve stays exact whatever the inner model is; a calm with
 * writes of its own is a second model beside this one (`together`).
 */
export function phases(model: MemoryModel, steps: readonly Phase[]): MemoryModel {
  for (const { durationMs, speed } of steps) assertFigures({ durationMs, speed });
  const periodMs = steps.reduce((sum, { durationMs }) => sum + durationMs, 0);
  if (periodMs === 0) throw new RangeError('phases need at least one with a duration above 0');
  const workedInPeriodMs = workedMs(steps, periodMs);
  const innerMs = (atMs: number) => {
    const periods = Math.floor(atMs / periodMs);
    return periods * workedInPeriodMs + workedMs(steps, atMs - periods * periodMs);
  };
  return mapParts(model, (part) => ({
    workingSetBytes: part.workingSetBytes,
    dirtiedBytes: (fromMs, toMs) => part.dirtiedBytes(innerMs(fromMs), innerMs(toMs)),
  }));
}

function workedMs(steps: readonly Phase[], untilMs: number): number {
  let worked = 0;
  let leftMs = untilMs;
  for (const { durationMs, speed } of steps) {
    worked += speed * Math.min(durationMs, leftMs);
    leftMs -= durationMs;
    if (leftMs <= 0) break;
  }
  return worked;
}
