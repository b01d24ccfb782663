/** Observations as a supervisor gives them to a peer, and what the peer made of them. */
import type { Counters, MeasuredBoundary, Observation, Tick } from '../../../model/observation.ts';
import { DEFAULT_LIMITS, type Decision, type Limits, type Policy } from '../../policy.ts';
import type { PeerEntry } from '../peer.ts';

export const MB = 1e6;
export const GIB = 2 ** 30;
const TICK_MS = 250;

const COUNTERS: Counters = { atMs: 0, pass: 1, sentBytes: 0, remainingBytes: 500 * MB, totalBytes: GIB };

export function tick(atMs: number, counters: Partial<Counters> = {}): Tick {
  return { kind: 'tick', ...COUNTERS, ...counters, atMs, throttlePercent: 0 };
}

/** A boundary; with `bandwidthBytesPerSecond` one that ended a pass of a second at that rate. */
export function boundary(
  atMs: number,
  counters: Partial<Counters> & { readonly bandwidthBytesPerSecond?: number } = {},
): MeasuredBoundary {
  const { bandwidthBytesPerSecond, ...others } = counters;
  return {
    kind: 'boundary',
    ...COUNTERS,
    ...others,
    atMs,
    ended:
      bandwidthBytesPerSecond === undefined
        ? undefined
        : {
            durationMs: 1000,
            sentBytes: bandwidthBytesPerSecond,
            bandwidthBytesPerSecond,
            dirtyRateBytesPerSecond: others.remainingBytes ?? COUNTERS.remainingBytes,
          },
    lineRateBytesPerSecond: bandwidthBytesPerSecond,
    pauseForecastMs: undefined,
  };
}

/** Ticks every 250 ms up to and including `toMs`, with counters as of their time. */
export function ticks(
  fromMs: number,
  toMs: number,
  countersAt: (atMs: number) => Partial<Counters> = () => ({}),
): Tick[] {
  const times = Array.from({ length: (toMs - fromMs) / TICK_MS + 1 }, (_, index) => fromMs + index * TICK_MS);
  return times.map((atMs) => tick(atMs, countersAt(atMs)));
}

/** In the order of their times, at one time as given. */
export function merged(...observations: Observation[][]): Observation[] {
  return observations.flat().sort((one, other) => one.atMs - other.atMs);
}

export function begin(
  peer: PeerEntry,
  given: Readonly<Record<string, string>> = {},
  limits: Partial<Limits> = {},
): Policy {
  return peer.build(given).begin({ ...DEFAULT_LIMITS, ...limits });
}

/** When the peer did more than go on, and what: `[60000, 'suspend']`, `[500, 'downtime 150']`. */
export function acts(policy: Policy, observations: readonly Observation[]): [atMs: number, what: string][] {
  const done: [number, string][] = [];
  for (const observation of observations) {
    const decision = policy.observe(observation);
    if (decision.action !== 'continue') done.push([observation.atMs, inWords(decision)]);
  }
  return done;
}

export interface Hooks {
  /** What fails, in the words of {@link acts}. */
  readonly fails?: (what: string, atMs: number) => boolean;
  readonly stopsAtMs?: number;
  readonly resumesAtMs?: number;
}

/** As {@link acts}, where the policy is told what became of what it did. */
export function actsWhere(
  { fails = () => false, stopsAtMs, resumesAtMs }: Hooks,
  policy: Policy,
  observations: readonly Observation[],
): [atMs: number, what: string][] {
  const done: [number, string][] = [];
  let stops = stopsAtMs ?? Number.POSITIVE_INFINITY;
  let resumes = resumesAtMs ?? Number.POSITIVE_INFINITY;
  for (const observation of observations) {
    if (observation.atMs >= stops) {
      policy.takeStop?.(stops);
      stops = Number.POSITIVE_INFINITY;
    }
    if (observation.atMs >= resumes) {
      policy.takeResume?.(resumes);
      resumes = Number.POSITIVE_INFINITY;
    }
    const decision = policy.observe(observation);
    if (decision.action === 'continue') continue;
    const what = inWords(decision);
    done.push([observation.atMs, what]);
    if (fails(what, observation.atMs)) policy.takeFailure?.(decision, 'it was refused');
  }
  return done;
}

function inWords(decision: Decision): string {
  return decision.action === 'set-downtime-limit' ? `downtime ${decision.downtimeLimitMs}` : decision.action;
}
