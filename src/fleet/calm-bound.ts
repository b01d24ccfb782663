/** Until when VMs of a drain may wait for a calmer moment, from its rows. Pure. */
import { calmUntilMs, type LeftToDo, stillNeedsMs } from '../drain/calm.ts';
import type { MoveRow } from './drain-rows.ts';
import type { DrainSettings } from './drain-settings.ts';
import { hasEnded, holdsClaims } from './move.ts';

export interface WaitingDrain {
  readonly deadlineMs: number | null;
  /** Of the drain's moves. */
  readonly left: readonly LeftToDo[];
}

export function boundOf(
  { calmWithinMs, atATime }: Pick<DrainSettings, 'calmWithinMs' | 'atATime'>,
  { deadlineMs, left }: WaitingDrain,
  sinceMs: number,
): number {
  return calmUntilMs({
    ...{ sinceMs, withinMs: calmWithinMs, needsMs: stillNeedsMs(left, atATime) },
    deadlineMs: deadlineMs ?? undefined,
  });
}

/** What is held needs a person, and no time of the drain's. */
export function leftOf(moves: readonly MoveRow[]): LeftToDo[] {
  return moves
    .filter(({ state, way }) => !hasEnded(state) && state !== 'held' && way === 'move')
    .map(({ state, expectsMs, calmAmong, admittedForMs }) => ({
      ...{ expectsMs: expectsMs ?? undefined, calmAmong: calmAmong ?? undefined },
      runningMs: holdsClaims(state) ? (admittedForMs ?? undefined) : undefined,
    }));
}
