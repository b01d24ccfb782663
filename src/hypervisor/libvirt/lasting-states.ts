/** What both sides say once libvirt's part is over, waited for until it is a state that lasts. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SideState, Whereabouts } from '../hypervisor.ts';
import { sideStateAt } from './domain/domain-state.ts';

/** From the end of the job to states that last: libvirt kills one side a moment later. */
const SETTLING_MS = 10_000;
/** libvirt resumes a guest before its job ends: one that is still paused now was paused by somebody. */
const RESUMING_MS = 1000;
const AGAIN_AFTER_MS = 50;

export interface SettlingParts {
  readonly sourceUri: string;
  readonly destinationUri: string | undefined;
  readonly uuid: string;
  /** The guest ran before, so it runs afterwards, on one side. */
  readonly wasRunning: boolean;
  /** libvirt said that the source's domain ended because it was migrated. */
  readonly handedOver: boolean;
}

export async function lastingStates(parts: SettlingParts): Promise<Whereabouts> {
  const sinceMs = performance.now();
  for (;;) {
    const [source, destination] = await Promise.all([
      sideStateAt(parts.sourceUri, parts.uuid),
      sideStateAt(parts.destinationUri, parts.uuid),
    ]);
    // A transient domain that was migrated is simply not there any more.
    const left = parts.handedOver && source === 'gone';
    const states: Whereabouts = { source: left ? 'handed-over' : source, destination };
    const passedMs = performance.now() - sinceMs;
    if (passedMs >= SETTLING_MS || (lasts(states) && (isAsBefore(states, parts) || passedMs >= RESUMING_MS)))
      return states;
    await sleep(AGAIN_AFTER_MS);
  }
}

function lasts({ source, destination }: Whereabouts): boolean {
  const passing: SideState[] = ['switching-over', 'incoming'];
  return !passing.includes(source) && !passing.includes(destination);
}

/** A guest that ran runs again, somewhere. */
function isAsBefore({ source, destination }: Whereabouts, { wasRunning }: SettlingParts): boolean {
  if (!wasRunning) return true;
  return source !== 'paused' && !(source === 'handed-over' && destination === 'paused');
}
