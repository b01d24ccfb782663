/** When a migration that runs is expected to end, as instants on the wall clock and in words. */
import type { MigrationSummary } from '../api-types.ts';
import { formatElapsed } from './format.ts';

export interface Arrival {
  /** At the earliest. */
  readonly lowMs: number;
  /** Undefined: at which stop is not known. */
  readonly likelyMs: number | undefined;
  /** At the latest. Undefined: no end is certain. */
  readonly highMs: number | undefined;
}

type Running = Pick<MigrationSummary, 'startedAt' | 'forecastEndMs' | 'final' | 'state' | 'braked'>;

/** @returns undefined where nothing is forecast */
export function arrivalOf({ startedAt, forecastEndMs, final }: Running): Arrival | undefined {
  if (final || !forecastEndMs) return undefined;
  const startMs = Date.parse(startedAt);
  const at = (ms: number | null) => (ms === null ? undefined : startMs + ms);
  return {
    lowMs: startMs + forecastEndMs.lowMs,
    likelyMs: at(forecastEndMs.likelyMs),
    highMs: at(forecastEndMs.highMs),
  };
}

/** The instant up to which a time axis should reach for it. */
export function shownUntilMs({ lowMs, likelyMs, highMs }: Arrival): number {
  return likelyMs === undefined
    ? lowMs
    : Math.min(highMs ?? likelyMs, likelyMs + 2 * Math.max(0, likelyMs - lowMs));
}

/** Less than this from now is any moment. */
const ANY_MOMENT_MS = 1500;

/** `ends in 40 s (20 s to 1 min 5 s)`. Times from now, in whole seconds, so that they do not flicker. */
export function arrivalWords(of: Running, nowMs: number): string {
  if (of.final) return '';
  const arrival = arrivalOf(of);
  if (!arrival) return of.braked ? 'end not known while it is braked' : 'end not known yet';
  const inMs = (ms: number) => formatElapsed(ms - nowMs);
  const { lowMs, likelyMs, highMs } = arrival;
  if (likelyMs === undefined)
    return lowMs - nowMs < ANY_MOMENT_MS ? 'end not known yet' : `end not known, ${inMs(lowMs)} at the least`;
  if (likelyMs - nowMs < ANY_MOMENT_MS)
    return highMs === undefined ? 'may end any moment' : 'ends any moment';
  if (highMs === undefined) return `likely ends in ${inMs(likelyMs)}, may be later`;
  const [low, high] = [inMs(Math.max(lowMs, nowMs)), inMs(highMs)];
  return low === high ? `ends in ${inMs(likelyMs)}` : `ends in ${inMs(likelyMs)} (${low} to ${high})`;
}
