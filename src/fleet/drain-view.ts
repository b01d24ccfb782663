/** A drain's rows as the rules know a drain. Pure. */
import type { Reason } from '../drain/facts.ts';
import { failureClass } from '../drain/failures.ts';
import { stops } from '../drain/own-word.ts';
import type { Drain, VmRecord, VmState } from '../drain/state.ts';
import { formatDuration } from '../model/units.ts';
import { AFTER_VM } from './after-vm.ts';
import type { DrainRow, DrainRows, MoveRow } from './drain-rows.ts';
import { parseDrainSettings } from './drain-settings.ts';
import { dueHostHook } from './host-hooks.ts';
import { looksAgain } from './look-again.ts';
import { holdsClaims } from './move.ts';
import { WAS_UNKNOWN } from './next-step.ts';

/** What happens is held against the database's clock: `drain.nowMs`. */
export function viewOf({ drain, moves, hosts }: DrainRows): Drain {
  const destinations = parseDrainSettings(drain.settings).to.map(({ uri }) => uri);
  return {
    ...{ kind: drain.kind, intent: drain.intent, destinations, ended: drain.outcome ?? undefined },
    waitsFor: waitsFor(drain, moves),
    heldBy: heldBy(drain, moves),
    asksAfter: dueHostHook(drain, true) === 'after-host',
    deadlineMs: drain.deadlineMs ?? undefined,
    vms: new Map(moves.map((move) => [move.vm, recordOf(move, drain.nowMs)])),
    breakers: new Map(
      destinations.flatMap((host) => {
        const record = hosts.get(host);
        return record ? [[host, record.breaker] as const] : [];
      }),
    ),
    emptySinceMs: drain.emptySinceMs ?? undefined,
    emptyAtMs: drain.emptyAtMs ?? undefined,
  };
}

function waitsFor(drain: DrainRow, moves: readonly MoveRow[]): string | undefined {
  const { opensMs, nowMs, intent } = drain;
  const isAtRest =
    !moves.some(({ state }) => holdsClaims(state)) && moves.some(({ state }) => state === 'queued');
  if (opensMs !== null && nowMs < opensMs && isAtRest)
    return `its window, which opens in ${formatDuration(opensMs - nowMs)}`;
  return dueHostHook(drain, false) && intent === 'go' ? 'its before-host program' : undefined;
}

/** A program that does not let the drain go on. */
function heldBy({ hookWords }: DrainRow, moves: readonly MoveRow[]): string | undefined {
  if (hookWords !== null) return hookWords;
  const move = moves.find(({ code }) => code === AFTER_VM);
  return move && `${move.name}: ${move.words}`;
}

function recordOf(move: MoveRow, nowMs: number): VmRecord {
  const { vm, name, tries, failedAt } = move;
  return { uuid: vm, name, tries, avoid: failedAt ? [failedAt] : [], state: stateOf(move, nowMs) };
}

function stateOf(move: MoveRow, nowMs: number): VmState {
  const { state, code, nextTryMs } = move;
  const to = move.destination ?? '';
  const goes = { to, ...(move.way === 'start' ? { isStart: true } : {}) };
  const reason = reasonOf(move);
  switch (state) {
    case 'queued':
      if (move.waitsCalm)
        return { is: 'queued', waitsFor: 'calm', reason, untilMs: move.calmUntilMs ?? nowMs };
      if (code === null) return { is: 'queued', waitsFor: 'slot' };
      if (failureClass(code) === 'capacity') return { is: 'queued', waitsFor: 'room', reason };
      return nextTryMs > nowMs
        ? { is: 'queued', waitsFor: 'retry', reason, atMs: nextTryMs }
        : { is: 'queued', waitsFor: 'slot' };
    case 'admitted':
      if (move.noticeUntilMs !== null) {
        const isTold = move.notice !== 'giving';
        return { is: 'queued', waitsFor: 'notice', atMs: move.noticeUntilMs, isTold, ...unheardOf(move) };
      }
      return stops(move.way) && !move.isForeign ? { is: 'stopping' } : { is: 'moving', ...goes };
    case 'starting':
    case 'moving':
      return stops(move.way) && !move.isForeign ? { is: 'stopping' } : { is: 'moving', ...goes };
    case 'stopping':
      return { is: 'stopping' };
    case 'off':
      return { is: 'off', returns: move.way === 'shutdown-and-return' };
    case 'moved':
      return { is: 'moved', ...goes, ...unheardOf(move) };
    case 'held':
      // Where it is is known by now; a person looks all the same before anything else begins.
      return code === WAS_UNKNOWN
        ? { is: 'unknown', reason }
        : { is: 'held', reason, looksAgain: looksAgain(reason.code) };
    case 'unknown':
      return { is: 'unknown', reason };
    case 'gone':
      return { is: 'gone' };
    case 'left':
      return { is: 'left', reason };
    case 'cancelled':
      // Why it was still there when its drain ended.
      return code === null ? { is: 'left' } : { is: 'held', reason, looksAgain: false };
  }
}

/** Of the last that its guest was to be told. */
function unheardOf({ noticeWords }: MoveRow): { unheard?: string } {
  return noticeWords === null ? {} : { unheard: noticeWords };
}

function reasonOf({ code, words, remedy }: MoveRow): Reason {
  return { code: code ?? 'unknown', words: words ?? 'nobody said why', remedy: remedy ?? undefined };
}
