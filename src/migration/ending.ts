/**
 * How a supervised migration ended, as one value. Pure: the hypervisor's end, the settlement and what was seen on
 * the way in; the {@link Outcome} out. The one place where an Outcome is made.
 */
import type { MigrationEnd, PageWaits } from '../hypervisor/hypervisor.ts';
import { formatDuration } from '../model/units.ts';
import type { Limits } from '../policy/policy.ts';
import type { BrownOut } from './brown-out.ts';
import type { Outcome, RemotePages } from './outcome.ts';
import type { Settlement } from './settle.ts';
import type { State } from './states.ts';

/** Why we gave a migration up. */
export interface GivenUp {
  readonly outcome: 'aborted' | 'cancelled' | 'failed';
  readonly reason: string;
  readonly neededPauseMs?: number | undefined;
}

/** What was seen of the migration, whoever ended it. */
export interface Seen {
  readonly totalMs: number;
  readonly sentBytes: number;
  readonly memoryIntensive: boolean | undefined;
  readonly brownOut: BrownOut | null;
  readonly pause: Pause;
  /** As in {@link Outcome}, as far as we see it ourselves. */
  readonly remotePages: Pick<RemotePages, 'ms'> | null;
  /** Undefined: not known. */
  readonly encrypted: boolean | undefined;
}

/** From STOP to running again, on our clock. */
export type Pause =
  | { readonly kind: 'measured'; readonly ms: number }
  /** It lies between two instants at one of which we saw nothing: a figure would be a guess. */
  | { readonly kind: 'unseen' }
  | { readonly kind: 'none' };

/** The hypervisor's part is over and it is settled which side has the guest. */
export function endedOutcome(
  end: MigrationEnd,
  settlement: Settlement,
  givenUp: GivenUp | undefined,
  limits: Pick<Limits, 'maxDowntimeMs'>,
  seen: Seen,
): Outcome {
  const { runsOn } = settlement;
  const { outcome, reason } = conclusion(end, settlement, givenUp, limits, seen);
  const asks = settlement.action === 'ask-operator' || settlement.action === 'halt-source';
  return {
    ...common(seen),
    outcome,
    runsOn,
    reason: asks ? `${reason}; an operator is needed: ${settlement.help}` : reason,
    remotePages: remotePagesOf(seen, end.pageWaits),
    sentBytes: Math.max(seen.sentBytes, end.sentBytes ?? 0),
    neededPauseMs: outcome === 'aborted' ? (givenUp?.neededPauseMs ?? null) : null,
    reportedDowntimeMs: end.reportedDowntimeMs ?? null,
  };
}

/**
 * We let go, and the migration goes on without us.
 * @param because by whose word, as the beginning of a sentence
 */
export function detachedOutcome(
  leftIn: State,
  destinationWaits: boolean,
  seen: Seen,
  because = 'detached',
): Outcome {
  const waits = destinationWaits
    ? 'when its memory has arrived the guest stands still on the destination until `switchover attach` lets it run'
    : '`switchover attach` takes it over again';
  return {
    ...common(seen),
    outcome: 'detached',
    runsOn: RUNS_ON_WHEN_LEFT[leftIn] ?? 'source',
    reason: `${because}: the migration goes on without switchover; ${waits}`,
    pauseMs: null,
  };
}

/** Post-copy stands still: half of the guest's memory is here and half there. */
export function stuckOutcome(stallTimeoutMs: number, seen: Seen, recoverCommand: string): Outcome {
  return {
    ...common(seen),
    outcome: 'failed',
    runsOn: 'unknown',
    reason:
      `post-copy stands still: nothing moved for ${formatDuration(stallTimeoutMs)}; an operator is needed: ` +
      `end neither QEMU and mend the link; then \`${recoverCommand}\` lets it go on`,
    pauseMs: null,
  };
}

/** Known to be impossible within the limits, before anything was touched. */
export function declinedOutcome(
  reason: string,
  neededPauseMs: number | undefined,
  memoryIntensive: boolean | undefined,
): Outcome {
  const seen: Seen = {
    totalMs: 0,
    sentBytes: 0,
    memoryIntensive,
    brownOut: null,
    pause: { kind: 'none' },
    remotePages: null,
    encrypted: undefined,
  };
  return {
    ...common(seen),
    outcome: 'aborted',
    runsOn: 'source',
    reason: `not begun: ${reason}; the guest runs on the source`,
    neededPauseMs: neededPauseMs ?? null,
  };
}

/** Where the guest runs when we let go in a state; the source where none is named. */
const RUNS_ON_WHEN_LEFT: Partial<Record<State, Outcome['runsOn']>> = {
  stopped: 'unknown',
  arrived: 'destination',
  'post-copy': 'destination',
};

function common(seen: Seen): Omit<Outcome, 'outcome' | 'runsOn' | 'reason'> {
  return {
    pauseMs: seen.pause.kind === 'measured' ? seen.pause.ms : null,
    brownOut: seen.brownOut,
    remotePages: remotePagesOf(seen),
    totalMs: seen.totalMs,
    sentBytes: seen.sentBytes,
    memoryIntensive: seen.memoryIntensive ?? null,
    neededPauseMs: null,
    reportedDowntimeMs: null,
    encrypted: seen.encrypted ?? null,
  };
}

const NOT_COUNTED: PageWaits = { allBlockedMs: null, vcpuBlockedMs: null, pageLatencyMs: null };

function remotePagesOf({ remotePages }: Seen, waits: PageWaits = NOT_COUNTED): RemotePages | null {
  return remotePages && { ...remotePages, ...waits };
}

function conclusion(
  end: MigrationEnd,
  { runsOn }: Settlement,
  givenUp: GivenUp | undefined,
  { maxDowntimeMs }: Pick<Limits, 'maxDowntimeMs'>,
  { pause, remotePages }: Seen,
): Pick<Outcome, 'outcome' | 'reason'> {
  if (runsOn === 'nowhere')
    return {
      outcome: 'failed',
      reason: `${end.guestEnded ?? 'the guest ended'} during the migration; it runs nowhere`,
    };
  const held = end.heldBy === undefined ? '' : ` (stopped there by ${end.heldBy})`;
  const where = runsOn === 'unknown' ? '' : `; the guest runs on the ${runsOn}${held}`;
  if (runsOn === 'destination')
    return {
      outcome: 'completed',
      reason: `migrated${where}${pauseWords(pause, maxDowntimeMs)}${remoteWords(remotePages)}`,
    };
  if (givenUp) return { outcome: givenUp.outcome, reason: `${givenUp.reason}${where}` };
  if (end.result === 'cancelled')
    return { outcome: 'cancelled', reason: `cancelled by somebody else${where}` };
  if (end.result === 'completed') return { outcome: 'failed', reason: `the migration completed${where}` };
  return { outcome: 'failed', reason: `${end.error ?? 'the migration failed'}${where}` };
}

function pauseWords(pause: Pause, maxDowntimeMs: number): string {
  if (pause.kind === 'none') return '';
  if (pause.kind === 'unseen')
    return '; its pause was not measured, because switchover did not see both ends of it';
  const over = pause.ms > maxDowntimeMs ? `, over --max-downtime ${formatDuration(maxDowntimeMs)}` : '';
  return ` after a pause of ${formatDuration(pause.ms)}${over}`;
}

function remoteWords(remotePages: Seen['remotePages']): string {
  if (!remotePages) return '';
  const { ms } = remotePages;
  const time = ms === null ? 'a time that was not measured' : formatDuration(ms);
  return `; by post-copy: it ran on remote pages for ${time}`;
}
