/** What both sides say once QEMU's part of a migration is over, waited for until it is a state that lasts. */
import type { MigrationEnd, SideState } from '../hypervisor.ts';
import { sideState, sideStateAt } from './monitor.ts';
import type { QmpClient } from './qmp/client.ts';
import type { MigrationInfo } from './qmp/commands.ts';

type Result = MigrationEnd['result'];

/** From `completed` to a destination that runs: it still has to load what the sockets hold. */
const ARRIVAL_MS = 5000;
/** From `failed` or `cancelled` to a source that runs again: QEMU resumes it a moment later. */
const RETURN_MS = 1000;

/** `total-time` and `downtime` can read 0, or be missing, for an instant after `completed`: read again. */
export async function finalInfo(source: QmpClient, result: Result): Promise<MigrationInfo | undefined> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const info = await source.execute('query-migrate').catch(() => undefined);
    if (info === undefined || result !== 'completed' || info['total-time']) return info;
    await pause(25);
  }
  return undefined;
}

/** @param wasRunning whether the guest ran before, so that after a failure QEMU resumes it */
export async function lastingSourceState(
  source: QmpClient,
  result: Result,
  wasRunning: boolean,
): Promise<SideState> {
  if (result === 'lost') return 'gone';
  if (result === 'completed')
    return await waitForState(
      () => sideState(source),
      (state) => state !== 'switching-over',
      ARRIVAL_MS,
    );
  const returned = (state: SideState) => state === 'running' || state === 'gone' || !wasRunning;
  return await waitForState(() => sideState(source), returned, RETURN_MS);
}

/** @param address where to look again when the connection is closed, to tell a process that ended from one that did not */
export async function lastingDestinationState(
  destination: QmpClient | undefined,
  address: string | undefined,
  result: Result,
): Promise<SideState> {
  if (!destination) return 'unknown';
  const ask = async () => {
    const state = await sideState(destination);
    return state === 'gone' ? await sideStateAt(address) : state;
  };
  const lasts = (state: SideState) => state !== 'incoming' && state !== 'switching-over';
  return await waitForState(ask, lasts, result === 'completed' ? ARRIVAL_MS : RETURN_MS / 2);
}

async function waitForState(
  ask: () => Promise<SideState>,
  wanted: (state: SideState) => boolean,
  forMs: number,
): Promise<SideState> {
  const untilMs = performance.now() + forMs;
  for (;;) {
    const state = await ask();
    if (wanted(state) || performance.now() >= untilMs) return state;
    await pause(10);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
