/** When a side ran its guest, from what QEMU itself said, and whether both did at once. Pure. */
import type { Witness } from './witness.ts';

export interface RunTime {
  /** Wall clock. */
  readonly fromMs: number;
  readonly toMs: number;
}

export type Testimony = Pick<Witness, 'events' | 'states' | 'endedAtMs'>;

/** @param untilMs when the watching ended, which ends a run that goes on */
export function runTimes({ events, states, endedAtMs }: Testimony, untilMs: number): RunTime[] {
  const first = states[0];
  const changes = events.filter(({ name }) => name === 'STOP' || name === 'RESUME');
  const runs: RunTime[] = [];
  let fromMs = first?.status === 'running' ? first.atMs : undefined;
  for (const { name, atMs } of changes) {
    if (name === 'RESUME') fromMs ??= atMs;
    else if (fromMs !== undefined) {
      runs.push({ fromMs, toMs: atMs });
      fromMs = undefined;
    }
  }
  if (fromMs !== undefined) runs.push({ fromMs, toMs: endedAtMs ?? untilMs });
  return runs;
}

/** @returns for how long both ran */
export function overlapMs(one: readonly RunTime[], other: readonly RunTime[]): number {
  let sumMs = 0;
  for (const a of one)
    for (const b of other) sumMs += Math.max(0, Math.min(a.toMs, b.toMs) - Math.max(a.fromMs, b.fromMs));
  return sumMs;
}
