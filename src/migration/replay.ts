/**
 * What a policy would have done on a migration that was recorded. Pure. The record holds only until the policy
 * acts otherwise than what was done: what would have come after that nobody saw, and it is not guessed.
 */

import type { JournalEntry } from '../journal/journal-entry.ts';
import type { Observation } from '../model/observation.ts';
import type { Decision, Limits, PolicyKind } from '../policy/policy.ts';

export interface Replayed {
  readonly policy: string;
  /**
   * `switchover`, `throttle`, `suspend`, `post-copy`, `abort`: the policy's own decision; `fits`: QEMU would have stopped the
   * guest by itself, since the pause was within the downtime limit that the policy had set; `undecided`: none of
   * these until the record ends.
   */
  readonly verdict: 'switchover' | 'throttle' | 'suspend' | 'post-copy' | 'abort' | 'fits' | 'undecided';
  /** Of the boundary or sample at which it was decided; the last one where nothing was. */
  readonly pass: number;
  readonly atMs: number;
  readonly remainingBytes: number;
  readonly sentBytes: number;
  /** Undefined while no rate is known, and between boundaries. */
  readonly pauseForecastMs: number | undefined;
  readonly reason: string;
}

/** @returns undefined when the journal holds no observation */
export function replay(
  entries: readonly JournalEntry[],
  kind: PolicyKind,
  limits: Limits,
): Replayed | undefined {
  const foreseen = entries.find((entry) => entry.type === 'foreseen');
  const policy = kind.begin(limits, foreseen?.known);
  let limitMs = policy.initialDowntimeLimitMs;
  let last: Observation | undefined;
  let cap = limits.bandwidthBytesPerSecond;
  for (const entry of whileItRan(entries)) {
    if (entry.type === 'opened') cap = entry.limits.bandwidthBytesPerSecond;
    if (entry.type === 'limits' && entry.limits.bandwidthBytesPerSecond !== cap) {
      cap = entry.limits.bandwidthBytesPerSecond;
      policy.takePassCap?.(cap);
    }
    if (entry.type === 'probed') policy.takeProbe?.(entry.probe);
    const observation = observationIn(entry);
    if (!observation) continue;
    last = observation;
    const pauseMs = pauseOf(observation);
    if (pauseMs !== undefined && pauseMs <= limitMs)
      return told(
        kind,
        'fits',
        observation,
        `the pause fits the downtime limit of ${Math.round(limitMs)} ms`,
      );
    const decision = policy.observe(observation);
    const verdict = verdictOf(decision);
    if (verdict) return told(kind, verdict, observation, decision.reason);
    if (decision.action === 'set-downtime-limit')
      limitMs = Math.min(decision.downtimeLimitMs, limits.maxDowntimeMs);
  }
  return last && told(kind, 'undecided', last, 'the record ends before it decides');
}

/** What is sampled once the guest has stopped is the stop-and-copy, and one that we slowed down is another guest. */
function whileItRan(entries: readonly JournalEntry[]): readonly JournalEntry[] {
  const end = entries.findIndex(
    (entry) =>
      (entry.type === 'guest' && entry.event === 'stopped') ||
      (entry.type === 'decision' && entry.decision.action === 'throttle'),
  );
  return end < 0 ? entries : entries.slice(0, end);
}

function observationIn(entry: JournalEntry): Observation | undefined {
  if (entry.type === 'boundary') return entry.boundary;
  return entry.type === 'tick' ? entry.tick : undefined;
}

function verdictOf({ action }: Decision): Replayed['verdict'] | undefined {
  return action === 'continue' || action === 'set-downtime-limit' ? undefined : action;
}

function pauseOf(observation: Observation): number | undefined {
  return observation.kind === 'boundary' ? observation.pauseForecastMs : undefined;
}

function told(
  { name }: PolicyKind,
  verdict: Replayed['verdict'],
  observation: Observation,
  reason: string,
): Replayed {
  const { pass, atMs, remainingBytes, sentBytes } = observation;
  return {
    ...{ policy: name, verdict, pass, atMs, remainingBytes, sentBytes, reason },
    pauseForecastMs: pauseOf(observation),
  };
}
