/** How a drain goes from one state to the next. Pure: what happened comes in, what the drain is afterwards comes out. */
import type { Reason } from './facts.ts';
import { afterFailure, type Breaker, failedThere, failureClass, isOut, TRUSTED } from './failures.ts';
import {
  active,
  type Drain,
  type Ending,
  isReady,
  isThere,
  type VmRecord,
  type VmState,
  whyNothingStarts,
} from './state.ts';

export type DrainEvent = { readonly atMs: number } & (
  | { readonly type: 'may-begin' }
  | { readonly type: 'started'; readonly uuid: string; readonly to: string }
  | { readonly type: 'arrived'; readonly uuid: string }
  /** Before it had begun or after: the reason's code says what it means. `chance`: from 0 to 1, for the time of the next try. */
  | { readonly type: 'failed'; readonly uuid: string; readonly reason: Reason; readonly chance: number }
  /** What the host itself says: the VMs that run there, and how many migrations come or go. */
  | {
      readonly type: 'looked';
      readonly running: readonly { readonly uuid: string; readonly name: string }[];
      readonly migrations: number;
    }
  /** The host or the VM has changed, or room came free at a destination. */
  | { readonly type: 'changed' }
  /** A person's word for one VM. */
  | { readonly type: 'retry' | 'leave'; readonly uuid: string }
  /** A person saw where it runs. */
  | { readonly type: 'found'; readonly uuid: string; readonly on: 'source' | 'elsewhere' }
  | { readonly type: 'pause' | 'resume' | 'cancel' | 'release' | 'returned' }
  | { readonly type: 'time' }
);

/** What was said to happen cannot, in that state. Nothing was changed; the message says why. */
export class DrainError extends Error {
  override readonly name = 'DrainError';
}

const QUEUED: VmState = { is: 'queued', waitsFor: 'slot' };

export function beginDrain(
  vms: readonly Pick<VmRecord, 'uuid' | 'name'>[],
  destinations: readonly string[],
  wish: Pick<Drain, 'waitsFor' | 'deadlineMs'>,
): Drain {
  return {
    kind: 'drain',
    intent: 'go',
    heldBy: undefined,
    asksAfter: false,
    ...wish,
    destinations,
    vms: new Map(vms.map((vm) => [vm.uuid, newVm(vm)])),
    breakers: new Map(),
    emptySinceMs: undefined,
    emptyAtMs: undefined,
    ended: undefined,
  };
}

/** @throws {DrainError} */
export function reduce(drain: Drain, event: DrainEvent): Drain {
  if (drain.ended) {
    // What runs when a drain is released has an end too.
    if (['arrived', 'failed', 'looked', 'found'].includes(event.type)) return happened(drain, event);
    if (drain.ended === 'expired' && event.type === 'release') return { ...drain, ended: 'released' };
    throw new DrainError(`the drain has ended: it was ${drain.ended}`);
  }
  return ended(happened(drain, event), event.atMs);
}

function happened(drain: Drain, event: DrainEvent): Drain {
  switch (event.type) {
    case 'may-begin':
      return { ...drain, waitsFor: undefined };
    case 'started':
      return started(drain, event.uuid, event.to, event.atMs);
    case 'arrived':
      return arrived(drain, event.uuid);
    case 'failed':
      return failed(drain, event.uuid, event.reason, event.atMs, event.chance);
    case 'looked':
      return looked(drain, event.running, event.migrations, event.atMs);
    case 'changed':
      return { ...drain, vms: mapVms(drain, lookedAtAgain) };
    case 'retry':
      return withVm(drain, event.uuid, queuedByHand);
    case 'leave':
      return withVm(drain, event.uuid, leftByHand);
    case 'found':
      return withVm(drain, event.uuid, (vm) => foundByHand(vm, event.on));
    case 'pause':
    case 'resume':
      if (drain.intent === 'cancelled') throw new DrainError('the drain was cancelled: begin a new one');
      return { ...drain, intent: event.type === 'pause' ? 'paused' : 'go' };
    case 'cancel':
      return { ...drain, intent: 'cancelled' };
    case 'release':
      return { ...drain, ended: 'released' };
    case 'returned':
      return { ...drain, ended: 'returned' };
    case 'time':
      return drain;
  }
}

/** A cancel and a deadline let what runs come to its end. */
function ended(drain: Drain, nowMs: number): Drain {
  if (drain.ended || active(drain) > 0) return drain;
  const left = [...drain.vms.values()].some(isThere);
  const expired = drain.deadlineMs !== undefined && nowMs >= drain.deadlineMs && left;
  // Whoever cancels does not care for the deadline any more.
  const ending: Ending | undefined =
    drain.intent === 'cancelled' ? 'cancelled' : expired ? 'expired' : undefined;
  return ending ? { ...drain, ended: ending } : drain;
}

function started(drain: Drain, uuid: string, to: string, nowMs: number): Drain {
  const why = whyNothingStarts(drain, nowMs);
  if (why !== undefined) throw new DrainError(why);
  if (!drain.destinations.includes(to)) throw new DrainError(`${to} is no destination of this drain`);
  if (isOut(drain.breakers.get(to) ?? TRUSTED, nowMs))
    throw new DrainError(`${to} is left out for now: several moves to it failed one after the other`);
  return withVm(notEmpty(drain), uuid, (vm) => {
    if (!isReady(vm, nowMs)) throw new DrainError(`${vm.name} is ${vm.state.is}, and not ready to be moved`);
    return { ...vm, state: { is: 'moving', to } };
  });
}

function arrived(drain: Drain, uuid: string): Drain {
  const { state, name } = vmOf(drain, uuid);
  if (state.is !== 'moving') throw new DrainError(`${name} is ${state.is}: it cannot arrive`);
  const { to } = state;
  return {
    ...withVm(drain, uuid, (vm) => ({ ...vm, tries: 0, avoid: [], state: { is: 'moved', to } })),
    breakers: new Map(drain.breakers).set(to, TRUSTED),
  };
}

function failed(drain: Drain, uuid: string, reason: Reason, nowMs: number, chance: number): Drain {
  const before = vmOf(drain, uuid);
  const { state, name } = before;
  if (state.is !== 'moving' && state.is !== 'queued')
    throw new DrainError(`${name} is ${state.is}: nothing of it can fail`);
  const kind = failureClass(reason.code);
  const tries = before.tries + (kind === 'transient' ? 1 : 0);
  const next = afterFailure(kind, tries, nowMs, chance);
  const where = state.is === 'moving' ? state.to : undefined;
  // The next try goes elsewhere, if there is another one.
  const avoid = next.next === 'retry' && where ? [...before.avoid, where] : before.avoid;
  const breakers = new Map(drain.breakers);
  if (kind === 'transient' && where) breakers.set(where, failedThere(breakers.get(where) ?? TRUSTED, nowMs));
  return {
    ...withVm(drain, uuid, (vm) => ({ ...vm, tries, avoid, state: stateAfter(next, reason) })),
    breakers: breakers as ReadonlyMap<string, Breaker>,
  };
}

function stateAfter(next: ReturnType<typeof afterFailure>, reason: Reason): VmState {
  switch (next.next) {
    case 'retry':
      return { is: 'queued', waitsFor: 'retry', reason, atMs: next.atMs };
    case 'wait-for-room':
      return { is: 'queued', waitsFor: 'room', reason };
    case 'hold':
      return { is: 'held', reason, looksAgain: next.looksAgain };
    case 'pause-drain':
      return { is: 'unknown', reason };
  }
}

/** VMs come and go by other hands too. One that we move ends by its own migration's word, not by a look. */
function looked(
  drain: Drain,
  running: readonly Pick<VmRecord, 'uuid' | 'name'>[],
  migrations: number,
  nowMs: number,
): Drain {
  const there = new Set(running.map(({ uuid }) => uuid));
  const vms = mapVms(drain, (vm) => {
    if (vm.state.is === 'moving' || vm.state.is === 'stopping' || vm.state.is === 'unknown') return vm;
    if (!there.has(vm.uuid)) return isThere(vm) ? { ...vm, state: { is: 'gone' } } : vm;
    return isThere(vm) ? vm : newVm(vm);
  });
  for (const vm of running) if (!vms.has(vm.uuid)) vms.set(vm.uuid, newVm(vm));
  const nothing = running.length === 0 && migrations === 0;
  if (!nothing) return { ...notEmpty(drain), vms };
  return { ...drain, vms, emptySinceMs: drain.emptySinceMs ?? nowMs, emptyAtMs: nowMs };
}

function notEmpty(drain: Drain): Drain {
  return { ...drain, emptySinceMs: undefined, emptyAtMs: undefined };
}

function newVm({ uuid, name }: Pick<VmRecord, 'uuid' | 'name'>): VmRecord {
  return { uuid, name, state: QUEUED, tries: 0, avoid: [] };
}

function lookedAtAgain(vm: VmRecord): VmRecord {
  const { state } = vm;
  const waits = state.is === 'queued' && state.waitsFor === 'room';
  return waits || (state.is === 'held' && state.looksAgain) ? { ...vm, state: QUEUED } : vm;
}

function queuedByHand(vm: VmRecord): VmRecord {
  const { is } = vm.state;
  if (is !== 'held' && is !== 'left' && is !== 'queued')
    throw new DrainError(`${vm.name} is ${is}: there is nothing to try again`);
  return { ...vm, state: QUEUED, tries: 0, avoid: [] };
}

function leftByHand(vm: VmRecord): VmRecord {
  const { is } = vm.state;
  if (is !== 'held' && is !== 'left' && is !== 'queued')
    throw new DrainError(`${vm.name} is ${is}: it cannot be left where it is`);
  return { ...vm, state: { is: 'left', reason: { code: 'by-hand', words: 'a person said so' } } };
}

function foundByHand(vm: VmRecord, on: 'source' | 'elsewhere'): VmRecord {
  if (vm.state.is !== 'unknown') throw new DrainError(`${vm.name} is ${vm.state.is}: where it runs is known`);
  return { ...vm, state: on === 'source' ? QUEUED : { is: 'gone' } };
}

/** @throws {DrainError} */
function vmOf({ vms }: Drain, uuid: string): VmRecord {
  const vm = vms.get(uuid);
  if (vm) return vm;
  throw new DrainError(`the drain has no VM with the UUID ${uuid}`);
}

function withVm(drain: Drain, uuid: string, change: (vm: VmRecord) => VmRecord): Drain {
  return { ...drain, vms: new Map(drain.vms).set(uuid, change(vmOf(drain, uuid))) };
}

function mapVms({ vms }: Drain, change: (vm: VmRecord) => VmRecord): Map<string, VmRecord> {
  return new Map([...vms].map(([uuid, vm]) => [uuid, change(vm)]));
}
