/** What both sides say once QEMU's part of a migration is over, waited for until it is a state that lasts. */
import type { Clock } from '../clock.ts';
import type { MigrationEnd, SideState } from '../hypervisor.ts';
import type { LastingMonitor } from './lasting-monitor.ts';
import { sideState } from './monitor.ts';
import type { MigrationInfo } from './qmp/commands.ts';

type Result = MigrationEnd['result'];

/** From `completed` to a destination that runs: it still has to load what the sockets hold, and its devices. */
export const ARRIVAL_MS = 30_000;
/** From `failed` or `cancelled` to a source that runs again: QEMU resumes it a moment later. */
export const RETURN_MS = 1000;
/** A destination whose stream broke ends a moment later; one that stays is no reason to wait. */
const LEAVE_MS = 500;
/** A destination that was let run and does not is asked for that long before it counts as paused. */
const OBEY_MS = 2000;
export const AGAIN_AFTER_MS = 10;

/** `total-time` and `downtime` can read 0, or be missing, for an instant after `completed`: read again. */
export async function finalInfo(
  source: LastingMonitor,
  result: Result,
  clock: Clock,
): Promise<MigrationInfo | undefined> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const info = await source.execute('query-migrate', undefined, { timeoutMs: 2000 }).catch(() => undefined);
    if (info === undefined || result !== 'completed' || info['total-time']) return info;
    await clock.sleep(25);
  }
  return undefined;
}

/** As it is now; a connection that is lost is no state of QEMU's. */
export async function stateBehind(monitor: LastingMonitor): Promise<SideState> {
  switch (monitor.state.kind) {
    case 'connected': {
      const state = await sideState(monitor.state.client);
      // It closed while we asked: what became of QEMU is the monitor's to tell.
      return state === 'unreachable' ? stateOfLost(monitor) : state;
    }
    default:
      return stateOfLost(monitor);
  }
}

function stateOfLost(monitor: LastingMonitor): SideState {
  return monitor.state.kind === 'ended' ? 'gone' : 'unreachable';
}

export interface LastingParts {
  readonly clock: Clock;
  readonly result: Result;
  /** The guest ran before, so it runs on one side afterwards. */
  readonly wasRunning: boolean;
  /** How long a side that is out of reach is waited for. */
  readonly reconnectForMs: number;
  /** The destination may have run the guest without the source's knowledge: a source that runs settles nothing. */
  readonly postCopyBegan: boolean;
  /** The destination may have got all of it, whatever became of the migration, and starts it by itself. */
  readonly mayArrive: boolean;
}

export async function lastingSourceState(
  source: LastingMonitor,
  { clock, result, wasRunning, reconnectForMs }: LastingParts,
): Promise<SideState> {
  const lasts = (state: SideState, passedMs: number): boolean => {
    // Whoever calls this lost it has waited for it already.
    if (state === 'unreachable') return result === 'lost' || passedMs >= reconnectForMs;
    if (state === 'silent') return passedMs >= reconnectForMs;
    if (result === 'completed') return state !== 'switching-over' || passedMs >= ARRIVAL_MS;
    return state === 'running' || state === 'gone' || !wasRunning || passedMs >= RETURN_MS;
  };
  return await waitForState(source, lasts, clock);
}

/** @param source the state that lasts there: it decides how much the destination matters */
export async function lastingDestinationState(
  destination: LastingMonitor | undefined,
  source: SideState,
  { clock, result, wasRunning, reconnectForMs, postCopyBegan, mayArrive }: LastingParts,
): Promise<SideState> {
  if (!destination) return 'unknown';
  const completed = result === 'completed' || source === 'handed-over';
  const lasts = (state: SideState, passedMs: number, sameForMs: number): boolean => {
    switch (state) {
      case 'unreachable':
      case 'silent':
        return passedMs >= (source === 'running' && !postCopyBegan ? LEAVE_MS : reconnectForMs);
      case 'incoming':
      case 'switching-over':
        return passedMs >= (completed || mayArrive ? ARRIVAL_MS : LEAVE_MS);
      case 'paused':
        // Its monitor may have been silent till now: then it is told only now.
        return !completed || !wasRunning || sameForMs >= OBEY_MS;
      default:
        return true;
    }
  };
  return await waitForState(destination, lasts, clock);
}

async function waitForState(
  monitor: LastingMonitor,
  lasts: (state: SideState, passedMs: number, sameForMs: number) => boolean,
  clock: Clock,
): Promise<SideState> {
  const sinceMs = clock.awakeMs();
  let before: { readonly state: SideState; readonly sinceMs: number } | undefined;
  for (;;) {
    const state = await stateBehind(monitor);
    const nowMs = clock.awakeMs();
    if (before?.state !== state) before = { state, sinceMs: nowMs };
    if (lasts(state, nowMs - sinceMs, nowMs - before.sinceMs)) return state;
    await clock.sleep(AGAIN_AFTER_MS);
  }
}
