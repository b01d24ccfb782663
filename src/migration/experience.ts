/** What one finished migration teaches the next, read from its journal. Pure. */

import type { JournalEntry } from '../journal/journal-entry.ts';
import type { Transfer } from '../model/bandwidth.ts';
import type { DirtyObservation } from '../model/dirty-curve.ts';
import type { FinishedSwitchover } from '../model/fixed-cost.ts';
import type { MeasuredBoundary, Tick } from '../model/observation.ts';
import { mostUnsentBytes, SWITCHOVER_FIXED_COST_MS } from '../model/passes.ts';
import { compresses } from '../model/streams.ts';
import { carriedBytes } from '../model/transfer.ts';
import { likelyDirtied } from '../model/worthwhile.ts';

export interface Experience {
  /** The guest's name, which it keeps on whichever host. */
  readonly guestName: string;
  readonly memoryBytes: number;
  readonly vcpus: number | undefined;
  readonly destination: string | null;
  readonly migrateUri: string | null;
  /** `max-bandwidth` of the passes, in bytes per second; undefined: none. */
  readonly cap: number | undefined;
  /** Whole passes after the first. */
  readonly passes: readonly DirtyObservation[];
  readonly passTransfers: readonly Transfer[];
  /** Undefined: it was not seen whole. */
  readonly firstPassBytes: number | undefined;
  /** The stop-and-copy after passes that ran at the line's own rate. */
  readonly switchover: FinishedSwitchover | undefined;
  /** The stop-and-copy after capped passes. */
  readonly switchoverTransfer: Transfer | undefined;
}

/** @returns undefined for a journal without a beginning, or of a migration that somebody else began */
export function experienceOf(entries: readonly JournalEntry[]): Experience | undefined {
  const opened = entries[0];
  if (opened?.type !== 'opened' || opened.origin !== 'migrate') return undefined;
  const passes: DirtyObservation[] = [];
  const passTransfers: Transfer[] = [];
  let firstPassBytes: number | undefined;
  let last: MeasuredBoundary | Tick | undefined;
  let stopped = false;
  let stoppedAtMs: number | undefined;
  let lineRate: number | undefined;
  let limitMs = opened.limits.downtimeMs;
  let throttled = false;
  let writtenBytes = 0;

  for (const entry of entries) {
    if (entry.type === 'guest' && entry.event === 'stopped') {
      stopped = true;
      stoppedAtMs = entry.atMs;
    }
    if (stopped) continue;
    if (entry.type === 'tick') {
      last = entry.tick;
      throttled ||= entry.tick.throttlePercent > 0;
    }
    if (entry.type === 'decision') {
      const { decision } = entry;
      if (decision.action === 'switchover') limitMs = decision.acceptedPauseMs;
      if (decision.action === 'set-downtime-limit') limitMs = decision.downtimeLimitMs;
    }
    if (entry.type !== 'boundary') continue;
    last = entry.boundary;
    lineRate = entry.boundary.lineRateBytesPerSecond ?? lineRate;
    const { ended, pass, remainingBytes } = entry.boundary;
    if (!ended) continue;
    if (pass === 2) firstPassBytes = ended.carriedBytes ?? ended.sentBytes;
    passTransfers.push({ durationMs: ended.durationMs, bytes: ended.sentBytes });
    writtenBytes = Math.max(writtenBytes, remainingBytes);
    if (!throttled)
      passes.push({
        durationMs: ended.durationMs,
        bytes: likelyDirtied(remainingBytes, mostUnsentBytes(entry.boundary, ended, limitMs), writtenBytes),
      });
  }

  const compressed = compresses(opened.streams);
  const { bandwidthBytesPerSecond: cap } = opened.limits;
  const isOneCap = entries.every(
    (entry) => entry.type !== 'limits' || (entry.limits.bandwidthBytesPerSecond ?? undefined) === cap,
  );
  const tellsOfLink = !compressed && isOneCap;
  return {
    ...{ guestName: opened.guest.name, memoryBytes: opened.guest.memoryBytes, vcpus: opened.guest.vcpus },
    ...{ destination: opened.destination, migrateUri: opened.migrateUri },
    cap,
    passes,
    // Compressing may have been slower than the link, which then says nothing of it; nor do passes under several caps.
    passTransfers: tellsOfLink ? passTransfers : [],
    // A guest that is done within its first pass sent all its memory once and a little more.
    firstPassBytes: firstPassBytes ?? (compressed ? undefined : allSentBytes(entries)),
    ...(tellsOfLink
      ? stopAndCopy(entries, last, stoppedAtMs, passTransfers, opened.limits, lineRate)
      : NO_SWITCHOVER),
  };
}

const NO_SWITCHOVER = { switchover: undefined, switchoverTransfer: undefined };

function allSentBytes(entries: readonly JournalEntry[]): number | undefined {
  const ended = entries.at(-1);
  return ended?.type === 'ended' && ended.outcome.outcome === 'completed'
    ? ended.outcome.sentBytes
    : undefined;
}

type Limits = Extract<JournalEntry, { type: 'opened' }>['limits'];

function stopAndCopy(
  entries: readonly JournalEntry[],
  last: MeasuredBoundary | Tick | undefined,
  stoppedAtMs: number | undefined,
  passTransfers: readonly Transfer[],
  limits: Limits,
  lineRate: number | undefined,
): Pick<Experience, 'switchover' | 'switchoverTransfer'> {
  const ended = entries.at(-1);
  if (ended?.type !== 'ended' || ended.outcome.outcome !== 'completed') return NO_SWITCHOVER;
  const { pauseMs, sentBytes } = ended.outcome;
  const pass = passTransfers.at(-1);
  if (pauseMs === null || !last || stoppedAtMs === undefined || !pass) return NO_SWITCHOVER;
  const passRate = (pass.bytes / pass.durationMs) * 1000;
  const bytes = Math.max(0, sentBytes - last.sentBytes - carriedBytes(stoppedAtMs - last.atMs, passRate));
  const { lineRateBytesPerSecond: stated, bandwidthBytesPerSecond: cap } = limits;
  // The last pass may have been so short that its rate says more of a bitmap sync than of the link.
  if (cap === undefined || stated !== undefined) {
    const lineRateBytesPerSecond = stated ?? lineRate ?? passRate;
    return { ...NO_SWITCHOVER, switchover: { pauseMs, bytes, lineRateBytesPerSecond } };
  }
  const sendingMs = pauseMs - SWITCHOVER_FIXED_COST_MS;
  return sendingMs > SWITCHOVER_FIXED_COST_MS
    ? { ...NO_SWITCHOVER, switchoverTransfer: { durationMs: sendingMs, bytes } }
    : NO_SWITCHOVER;
}
