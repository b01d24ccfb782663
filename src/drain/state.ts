/**
 * A drain and its VMs as they are: what people want of it (its intent, which lasts) apart from what was seen of the hosts (asked
 * anew each time). The drain's phase is never stored, it follows from both.
 *
 * A drain is
 * - `waiting` for a window, an approval or another drain of the host; it begins when that is there;
 * - `draining`: moves run, or will by themselves;
 * - `paused` by a person, or because nobody knows where one of its VMs runs: nothing starts, what runs goes on;
 * - `blocked`: nothing runs, and nothing can start without a person or an event outside; it goes on by itself when that clears;
 * - `empty`: no VM runs on the host and none comes or goes, seen twice; an arrival puts it back to `draining`;
 * - `ended`, for ever: released, returned, cancelled, or expired with what was left at the deadline.
 *
 * A VM is
 * - `queued`, for a slot, for room at a destination, for a calmer moment, for its next try, or until its guest has had its
 *   notice;
 * - `moving`, then `moved`; or, where it fails, queued again, `held` or `unknown`;
 * - `stopping`, then `off`: by its own or a person's word it is shut down; one that does not go off is `held`;
 * - `held`, for a person, or until the host or the VM changes;
 * - `left` where it is, by its own word or a person's;
 * - `gone`: it is off, or others moved it;
 * - `unknown`: it is not certain which side runs it. Nothing is guessed: a person looks.
 */
import type { Reason } from './facts.ts';
import { type Breaker, isOut, TRUSTED } from './failures.ts';

export type VmState =
  | { readonly is: 'queued'; readonly waitsFor: 'slot' }
  | { readonly is: 'queued'; readonly waitsFor: 'room'; readonly reason: Reason }
  /** A calmer moment, until then at the latest. */
  | { readonly is: 'queued'; readonly waitsFor: 'calm'; readonly reason: Reason; readonly untilMs: number }
  | { readonly is: 'queued'; readonly waitsFor: 'retry'; readonly reason: Reason; readonly atMs: number }
  /** Its guest was told that it moves then, or is just being told; `unheard`: it could not be told, and why. */
  | {
      readonly is: 'queued';
      readonly waitsFor: 'notice';
      readonly atMs: number;
      readonly isTold: boolean;
      readonly unheard?: string;
    }
  /** `isStart`: it is, or was, started there again. */
  | { readonly is: 'moving'; readonly to: string; readonly isStart?: boolean }
  /** `unheard`: its guest was to be told so, and could not be. */
  | { readonly is: 'moved'; readonly to: string; readonly isStart?: boolean; readonly unheard?: string }
  /** It was asked to shut down, and has not yet. */
  | { readonly is: 'stopping' }
  /** `returns`: it is started again once its host is released. */
  | { readonly is: 'off'; readonly returns: boolean }
  /** `looksAgain`: by itself, when the host or the VM changes. */
  | { readonly is: 'held'; readonly reason: Reason; readonly looksAgain: boolean }
  /** Without a reason: the drain ended before anything was done to it. */
  | { readonly is: 'left'; readonly reason?: Reason | undefined }
  | { readonly is: 'gone' }
  | { readonly is: 'unknown'; readonly reason: Reason };

export interface VmRecord {
  readonly uuid: string;
  readonly name: string;
  readonly state: VmState;
  /** How often it failed for something transient. */
  readonly tries: number;
  /** Destinations that the next try is not to take, if there is another one. */
  readonly avoid: readonly string[];
}

export type Ending = 'released' | 'returned' | 'cancelled' | 'expired';

export interface Drain {
  /** `return`: what had left its host comes back, from wherever it is; it is never `empty`, and ends by itself. */
  readonly kind: 'drain' | 'return';
  readonly intent: 'go' | 'paused' | 'cancelled';
  /** A window, an approval, another drain of the host; undefined: nothing, it may begin. */
  readonly waitsFor: string | undefined;
  /** What a program of its user said that does not let it go on; undefined: none did. */
  readonly heldBy: string | undefined;
  /** Once nothing runs there any more a program is asked before it counts as empty. */
  readonly asksAfter: boolean;
  /** On the clock of the events; undefined: none. */
  readonly deadlineMs: number | undefined;
  readonly destinations: readonly string[];
  readonly vms: ReadonlyMap<string, VmRecord>;
  readonly breakers: ReadonlyMap<string, Breaker>;
  /** When the host was first seen empty, since it was last seen not to be. */
  readonly emptySinceMs: number | undefined;
  /** When it was last seen empty. */
  readonly emptyAtMs: number | undefined;
  readonly ended: Ending | undefined;
}

export type Phase = 'waiting' | 'draining' | 'paused' | 'blocked' | 'empty' | 'ended';

/** One look may fall between a migration's end and its VM's start. */
export const EMPTY_FOR_MS = 10_000;

export function phaseOf(drain: Drain, nowMs: number): Phase {
  if (drain.ended) return 'ended';
  if (drain.waitsFor !== undefined) return 'waiting';
  if (isEmpty(drain) && !drain.asksAfter) return 'empty';
  if (drain.intent === 'paused' || count(drain, 'unknown') > 0) return 'paused';
  if (active(drain) > 0 || drain.intent === 'cancelled') return 'draining';
  return isBlocked(drain, nowMs) ? 'blocked' : 'draining';
}

export function isEmpty({ emptySinceMs, emptyAtMs }: Drain): boolean {
  return emptySinceMs !== undefined && emptyAtMs !== undefined && emptyAtMs - emptySinceMs >= EMPTY_FOR_MS;
}

/** Somebody is left, and time alone brings none of them on. */
function isBlocked(drain: Drain, nowMs: number): boolean {
  const { breakers, destinations } = drain;
  const present = [...drain.vms.values()].filter((vm) => isThere(vm));
  if (present.length === 0) return false;
  const allOut = destinations.every((each) => isOut(breakers.get(each) ?? TRUSTED, nowMs));
  return allOut || present.every(({ state }) => state.is !== 'queued' || state.waitsFor === 'room');
}

/** It runs on the host that is drained, as far as we know. */
export function isThere({ state }: VmRecord): boolean {
  return state.is !== 'moved' && state.is !== 'off' && state.is !== 'gone';
}

/** Nothing is left to be done, by anybody. */
export function isDone({ vms }: Drain): boolean {
  return [...vms.values()].every((vm) => !isThere(vm) || vm.state.is === 'left');
}

/** How many are on their way, or shutting down. */
export function active(drain: Drain): number {
  return count(drain, 'moving') + count(drain, 'stopping');
}

/** Why it is as it is, where that is known. */
export function reasonOf(state: VmState): Reason | undefined {
  return 'reason' in state ? state.reason : undefined;
}

/** How many wait for a calmer moment. */
export function waitingForCalm({ vms }: Drain): number {
  return [...vms.values()].filter(({ state }) => state.is === 'queued' && state.waitsFor === 'calm').length;
}

export function count({ vms }: Drain, is: VmState['is']): number {
  return [...vms.values()].filter(({ state }) => state.is === is).length;
}

/** Why nothing may be started now, a sentence; undefined: what is queued may. */
export function whyNothingStarts(drain: Drain, nowMs: number): string | undefined {
  if (drain.ended) return `the drain has ended: it was ${drain.ended}`;
  if (drain.waitsFor !== undefined) return `the drain waits for ${drain.waitsFor}`;
  if (drain.intent === 'cancelled') return 'the drain was cancelled: what runs comes to its end, and no more';
  if (drain.intent === 'paused') return 'the drain is paused: `resume` goes on with it';
  if (drain.deadlineMs !== undefined && nowMs >= drain.deadlineMs)
    return 'the deadline has passed: what runs comes to its end, and no more';
  const lost = [...drain.vms.values()].find(({ state }) => state.is === 'unknown');
  if (lost)
    return `it is not certain where ${lost.name} runs: the whole drain stands still until a person has looked`;
  return undefined;
}

/** Queued, and with nothing to wait for but a slot and a destination. */
export function isReady({ state }: VmRecord, nowMs: number): boolean {
  if (state.is !== 'queued' || state.waitsFor === 'calm') return false;
  return !('atMs' in state) || nowMs >= state.atMs;
}
