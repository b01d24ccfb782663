/**
 * When to stop, if each second of pause is worth so many seconds of migration. Stopping after n more passes ends
 * the migration after the n passes and the pause, so the best n is the one with the least
 *
 *     r(0)/B + ... + r(n-1)/B  +  pause(r(n))  +  X · max(pause(r(n)), free pause)
 *
 * where r(0) is dirty now, r(k+1) = D(r(k)/B) is expected after one pass more, B is the bandwidth of passes and X the
 * exchange rate. D is not known: the middle of its bracket is the value whose worst error is least. Which n it is, and under
 * which downtime limit it is waited for, is chosen in `best-wait.ts`.
 */
import type { DirtyCurve } from './dirty-curve.ts';
import { QEMU_LOOK_MS } from './qemu-constants.ts';
import { carriedBytes, transferMs } from './transfer.ts';

/** What is expected of a migration: single figures, for a choice and not for a promise. */
export interface Expectation {
  readonly curve: DirtyCurve;
  /** Where in the bracket of the curve it is taken to be, from 0, its floor, to 1, its roof. Left out: in the middle. */
  readonly share?: number;
  /** What the guest did today before it changed to what it does now. */
  readonly otherPhases?: readonly DirtyCurve[];
  /** Passes since it changed last. */
  readonly passesInPhase?: number;
  /**
   * Guest memory that passes go through for each byte that they carry: more than one where the guest leaves zeros, which cost
   * next to nothing. Left out: as much. It is a hope and no promise, since the guest may write something else next.
   */
  readonly throughPerByte?: number;
  /** Of passes. */
  readonly bytesPerSecond: number;
  /** Of the stop-and-copy. */
  readonly lineBytesPerSecond: number;
  readonly fixedCostMs: number;
  /** How much a pass may leave unsent when it ends: bandwidth x downtime-limit. It counts into what is then dirty. */
  readonly unsentBytes: number;
  /** What the guest writes to, as far as it was seen: the most that was ever dirty. */
  readonly writtenBytes: number;
}

export interface Worth {
  /** Seconds of migration that one second of pause is worth. */
  readonly exchangeRate: number;
  /** Pauses up to this are all the same. */
  readonly freePauseMs: number;
  /** Longer ones are not allowed. */
  readonly maxPauseMs: number;
}

export interface Stop {
  /** Whole passes before it; 0: now. */
  readonly passes: number;
  readonly waitMs: number;
  /** Dirty then, in bytes. */
  readonly restBytes: number;
  readonly pauseMs: number;
}

/** Beyond this many passes nobody's forecast is worth anything. */
export const FOLLOWED_PASSES = 30;

/** A pass that leaves more than this share of what it sent leads nowhere. */
export const STANDSTILL = 0.995;

export function expectedPauseMs(restBytes: number, expected: Expectation): number {
  return transferMs(restBytes, expected.lineBytesPerSecond) + expected.fixedCostMs;
}

/** {@link expectedPauseMs} as its pages are likely to cost, and not as what they hold. */
export function likelyPauseMs(restBytes: number, expected: Expectation): number {
  return expectedPauseMs(restBytes / (expected.throughPerByte ?? 1), expected);
}

/**
 * What one more pass is expected to take and to leave. It ends at a look of QEMU's, every 50 ms. What it leaves unsent may be dirtied again meanwhile, as likely as
 * any other page that the guest writes to: with u unsent and D of W dirtied, u + D·(1 - u/W) are dirty in the end.
 */
export function expectedPass(
  restBytes: number,
  expected: Expectation,
): { durationMs: number; restBytes: number } {
  const { curve, unsentBytes, throughPerByte = 1 } = expected;
  const bytesPerSecond = expected.bytesPerSecond * throughPerByte;
  const lookBytes = carriedBytes(QEMU_LOOK_MS, bytesPerSecond);
  const looks = Math.max(1, Math.ceil((restBytes - unsentBytes) / lookBytes));
  const sentBytes = lookBytes > 0 ? Math.min(restBytes, looks * lookBytes) : restBytes;
  const leftBytes = restBytes - sentBytes;
  const durationMs = transferMs(sentBytes, bytesPerSecond);
  const { low, high } = curve.at(durationMs);
  const { share = 0.5 } = expected;
  const dirtied = low + share * (high - low);
  const again = leftBytes / Math.max(expected.writtenBytes, restBytes, 1);
  return { durationMs, restBytes: leftBytes + dirtied * (1 - again) };
}

/**
 * {@link expectedPass} turned round: what was dirtied in a pass that left r dirty, u of it unsent, by a guest that
 * writes to W. r = u + D·(1 - u/W), hence D = (r - u)/(1 - u/W). @returns bytes
 */
export function likelyDirtied(restBytes: number, unsentBytes: number, writtenBytes: number): number {
  const written = Math.max(writtenBytes, restBytes);
  if (restBytes <= unsentBytes) return 0;
  return Math.min(restBytes, (restBytes - unsentBytes) / (1 - unsentBytes / written));
}

/** What a stop costs, in milliseconds of migration. */
export function costOf(
  { waitMs, pauseMs }: Pick<Stop, 'waitMs' | 'pauseMs'>,
  { exchangeRate, freePauseMs }: Omit<Worth, 'maxPauseMs'>,
): number {
  return waitMs + pauseMs + exchangeRate * Math.max(pauseMs, freePauseMs);
}

/** The first stop whose pause is expected to be within a limit; undefined where none within reach is. */
export function firstStopWithin(limitMs: number, restBytes: number, expected: Expectation): Stop | undefined {
  for (const stop of stopsFrom(restBytes, expected)) if (stop.pauseMs <= limitMs) return stop;
  return undefined;
}

/** A stop now, after one more pass, after two, as long as passes are expected to leave less and less. */
export function* stopsFrom(restBytes: number, expected: Expectation): Generator<Stop> {
  let rest = restBytes;
  let waitMs = 0;
  for (let passes = 0; passes <= FOLLOWED_PASSES; passes += 1) {
    yield { passes, waitMs, restBytes: rest, pauseMs: expectedPauseMs(rest, expected) };
    const next = expectedPass(rest, expected);
    if (next.restBytes > STANDSTILL * rest) return;
    waitMs += next.durationMs;
    rest = next.restBytes;
  }
}
