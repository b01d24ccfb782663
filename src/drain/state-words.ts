/** A drain's state as a person reads it, and as its exit status. */
import { formatDuration } from '../model/units.ts';
import type { Reason } from './facts.ts';
import { failureClass } from './failures.ts';
import { NO_WINDOW } from './openings.ts';
import {
  active,
  count,
  type Drain,
  isEmpty,
  isThere,
  phaseOf,
  reasonOf,
  type VmRecord,
  type VmState,
  waitingForCalm,
} from './state.ts';

/** For a moment that is so of each that has just moved; a libvirtd that was restarted in a hand-over lists it for good. */
const STILL_LISTED =
  'draining: no VM is left to move, but its host lists one still; if that stays, `virsh list` there tells which';

/** One sentence: where the drain is, and what it waits for. */
export function drainWords(drain: Drain, nowMs: number): string {
  const left = [...drain.vms.values()].filter(isThere).length;
  const moving = active(drain);
  switch (phaseOf(drain, nowMs)) {
    case 'waiting':
      return `waiting for ${drain.waitsFor}`;
    case 'empty':
      return 'empty: no VM runs there, and none comes or goes';
    case 'ended':
      if (drain.heldBy !== undefined) return `${drain.ended}: ${drain.heldBy}`;
      return left === 0
        ? `${drain.ended}`
        : `${drain.ended}, with ${vmsOf(left)} still ${drain.kind === 'return' ? 'away' : 'there'}`;
    case 'blocked':
      return `blocked: ${vmsOf(left)} ${drain.kind === 'return' ? 'still away' : 'left'}, and none of them can be moved now: ${namesHeld(drain)}`;
    case 'paused':
      if (drain.heldBy !== undefined && count(drain, 'unknown') === 0)
        return `paused: ${drain.heldBy}; \`switchover drain resume\` goes on with it`;
      return count(drain, 'unknown') > 0
        ? 'paused: it is not certain where one of its VMs runs; `switchover explain` of its migration says what to do'
        : `paused: nothing new begins${moving > 0 ? `, ${vmsOf(moving)} on the way` : ''}`;
    case 'draining':
      if (isEmpty(drain)) return 'no VM runs there any more: its after-host program is asked';
      return drainingWords(drain, left, moving);
  }
}

function drainingWords(drain: Drain, left: number, moving: number): string {
  if (drain.intent === 'cancelled') return `cancelled: ${vmsOf(moving)} on the way, nothing new begins`;
  if (drain.kind === 'return') return `returning: ${vmsOf(left)} still away, ${moving} of them on the way`;
  if (left === 0 && drain.vms.size > 0 && drain.emptySinceMs === undefined) return STILL_LISTED;
  return `draining: ${vmsOf(left)} left, ${moving} on the way${calmWords(drain)}`;
}

/** One sentence: where the VM is, why, and what would help. */
export function vmWords({ state }: VmRecord, nowMs: number): string {
  switch (state.is) {
    case 'queued':
      if (state.waitsFor === 'slot') return 'queued for a slot';
      if (state.waitsFor === 'calm')
        return `waits for a calmer moment until ${clockWords(state.untilMs, nowMs)}: ${reasonWords(state.reason)}`;
      if (state.waitsFor === 'room')
        return `queued until a destination has room: ${reasonWords(state.reason)}`;
      if (state.waitsFor === 'notice') return noticeWords(state, nowMs);
      return `queued, tried again in ${formatDuration(Math.max(0, state.atMs - nowMs))}: ${reasonWords(state.reason)}`;
    case 'moving':
      return state.isStart ? `being started again on ${state.to}` : `on its way to ${state.to}`;
    case 'moved':
      if (state.isStart) return `started again on ${state.to}`;
      return `moved to ${state.to}${state.unheard === undefined ? '' : `; its guest could not be told: ${state.unheard}`}`;
    case 'stopping':
      return 'shutting down';
    case 'off':
      return state.returns ? 'shut down, and started again once its host is released' : 'shut down';
    case 'held':
      return `held${state.looksAgain ? ' until something changes' : ', needs you'}: ${reasonWords(state.reason)}`;
    case 'left':
      return state.reason
        ? `left where it is: ${reasonWords(state.reason)}`
        : 'left where it is: the drain ended before it had begun';
    case 'gone':
      return 'gone: it is off, or others moved it';
    case 'unknown':
      return `it is not certain where it runs: ${reasonWords(state.reason)}`;
  }
}

function calmWords(drain: Drain): string {
  const waiting = waitingForCalm(drain);
  return waiting === 0 ? '' : `, ${waiting} ${waiting === 1 ? 'waits' : 'wait'} for a calmer moment`;
}

function noticeWords(
  { atMs, isTold, unheard }: Extract<VmState, { readonly waitsFor: 'notice' }>,
  nowMs: number,
): string {
  if (!isTold) return 'its guest is being told that it moves';
  const time = clockWords(atMs, nowMs, true);
  return unheard === undefined
    ? `notice given, moves at ${time}`
    : `moves at ${time}; its guest could not be told: ${unheard}`;
}

/** The time of day where it is read, with its date where that is another day. */
function clockWords(ms: number, nowMs: number, toTheSecond = false): string {
  const parts = (at: Date) => [at.getFullYear(), at.getMonth() + 1, at.getDate()];
  const two = (value: number) => String(value).padStart(2, '0');
  const at = new Date(ms);
  const time = [at.getHours(), at.getMinutes(), ...(toTheSecond ? [at.getSeconds()] : [])].map(two).join(':');
  const date = parts(at).map(two).join('-');
  return date === parts(new Date(nowMs)).map(two).join('-') ? time : `${date} ${time}`;
}

export function reasonWords({ words, remedy }: Reason): string {
  return remedy === undefined ? words : `${words}: ${remedy}`;
}

/**
 * Of whoever waited for the drain: 0 empty; 3 refused, nothing was moved; 4 some remain after failures; 5 some remain for the
 * deadline, a window, a pause limit or a cancel; 6 a person has to look.
 */
export function drainExitStatus(drain: Drain): 0 | 3 | 4 | 5 | 6 {
  const vms = [...drain.vms.values()];
  if (vms.some(({ state }) => state.is === 'unknown')) return 6;
  if (drain.heldBy !== undefined) return 4;
  const left = vms.filter(isThere);
  if (left.length === 0) return 0;
  const kinds = left.flatMap(({ state }) => {
    const reason = reasonOf(state);
    // Whoever came too late has not failed, and was not refused.
    return reason && reason.code !== NO_WINDOW ? [failureClass(reason.code)] : [];
  });
  const untouched = vms.every(
    ({ state, tries }) => state.is !== 'moved' && state.is !== 'off' && tries === 0,
  );
  if (kinds.length === left.length && untouched && kinds.every((kind) => kind === 'permanent')) return 3;
  return kinds.some((kind) => kind !== 'no-pause-fits' && kind !== 'capacity') ? 4 : 5;
}

function namesHeld({ vms }: Drain): string {
  return [...vms.values()]
    .flatMap(({ name, state }) => {
      const reason = reasonOf(state);
      return reason ? [`${name} (${reason.words})`] : [];
    })
    .join(', ');
}

function vmsOf(count: number): string {
  return count === 1 ? '1 VM' : `${count} VMs`;
}
