/** What a migration has shown of its guest and its link, as the policy forecast learns it, from the journal alone. */
import type { MigrationView } from '../journal/view.ts';
import { NOTHING_KNOWN } from '../model/foreknowledge.ts';
import type { MeasuredBoundary } from '../model/observation.ts';
import { Outlook } from '../model/outlook.ts';
import { mostUnsentBytes } from '../model/passes.ts';

/** The pause at which QEMU stops by itself, as it was decided last before that time. */
export function waitedForMs({ decisions, limits }: MigrationView, beforeMs: number): number {
  for (let at = decisions.length - 1; at >= 0; at -= 1) {
    const decision = decisions[at];
    if (!decision || decision.atMs >= beforeMs) continue;
    if (decision.action === 'switchover') return decision.acceptedPauseMs;
    if (decision.action === 'set-downtime-limit') return decision.downtimeLimitMs;
  }
  return limits.downtimeMs;
}

interface Learned {
  readonly outlook: Outlook;
  /** Boundaries that it has seen. */
  readonly seen: number;
  readonly foreseen: MigrationView['foreseen'];
}

/** A view grows in place, and is asked for four times a second: each boundary is learned from once. */
const KNOWN = new WeakMap<MigrationView, Learned>();

/**
 * All that its journal says of the guest and the link.
 * @param limitMs the downtime limit in force from here on
 */
export function learned(view: MigrationView, limitMs: number) {
  const { foreseen, limits, boundaries } = view;
  const before = KNOWN.get(view);
  const goesOn = before?.foreseen === foreseen ? before : undefined;
  const link = { lineRate: limits.lineRateBytesPerSecond, cap: limits.bandwidthBytesPerSecond };
  const outlook =
    goesOn?.outlook ?? new Outlook(foreseen?.known ?? NOTHING_KNOWN, link, limits.maxDowntimeMs);
  for (const boundary of boundaries.slice(goesOn?.seen ?? 0)) learn(outlook, boundary, view);
  KNOWN.set(view, { outlook, seen: boundaries.length, foreseen });
  const last = boundaries.at(-1);
  const sendingMs = Math.max(1, limitMs - outlook.fixedCostMsWithin(limitMs));
  return {
    outlook,
    knowsGuest: outlook.knowsGuest,
    conditions: last && outlook.conditions(last.totalBytes, sendingMs),
  };
}

function learn(outlook: Outlook, boundary: MeasuredBoundary, view: MigrationView): void {
  const { ended, remainingBytes, totalBytes } = boundary;
  if (!ended) return;
  const { durationMs, sentBytes, carriedBytes: carried, beganWithBytes } = ended;
  const unsentBytes = mostUnsentBytes(boundary, ended, waitedForMs(view, boundary.atMs));
  const pass = {
    durationMs,
    sentBytes,
    carriedBytes: carried,
    beganWithBytes,
    restBytes: remainingBytes,
    unsentBytes,
  };
  if ((boundary.throttlePercent ?? 0) > 0) outlook.seeThrottledPass(pass);
  else outlook.seePass(totalBytes, pass);
}
