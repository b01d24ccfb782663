/**
 * What both sides say once libvirt's part is over, waited for until it is a state that lasts.
 *
 * A libvirtd that is restarted is waited for, since it alone can say whether its side runs the guest; so is a guest
 * that arrives and loads its devices for long. Whether a look is enough is a rule ({@link patienceMs}), apart from
 * the waiting.
 */
import type { Clock } from '../clock.ts';
import type { Side } from '../hypervisor.ts';
import { lookUntil } from '../look-until.ts';
import type { SideLook } from './domain/domain-state.ts';

/** From the end of the job to states that last: libvirt kills one side, or after a restart resumes one. */
const SETTLING_MS = 10_000;
/** libvirt resumes a guest before its job ends: one that is still paused now was paused by somebody. */
const RESUMING_MS = 1000;
/** A domain may be gone a moment before libvirt says that it was migrated, by an event or the end of our virsh. */
const WORD_MS = 2000;
const AGAIN_AFTER_MS = 50;
/** A host that is out of reach is asked less often. */
const UNSEEN_AGAIN_AFTER_MS = 500;

export interface SettlingParts {
  readonly clock: Clock;
  look(side: Side): Promise<SideLook>;
  /** The guest ran before, so it runs afterwards, on one side. */
  readonly wasRunning: boolean;
  /** libvirt has said, by now, that the source's domain ended because it was migrated. */
  handedOver(): boolean;
  /** The destination ran the guest in post-copy, before it had all memory: that it runs is no proof of a success. */
  readonly postCopyBegan: boolean;
  /** The source's libvirtd was away: as it comes back it resumes what it had stopped. */
  readonly sourceWasAway: boolean;
  /** The source was seen to stop for the switchover; else the destination has nothing that it could run. */
  mayHaveArrived(): boolean;
  /** The side's end has been heard, or will not be: there is no stream of its events. */
  isEndHeard(side: Side): boolean;
  /** How long a host that cannot be asked is waited for. */
  readonly reconnectForMs: number;
  /** We let go of it: nobody waits for the answer any more. */
  letGo(): boolean;
}

export interface LastingLooks {
  readonly source: SideLook;
  readonly destination: SideLook;
}

export async function lastingStates(parts: SettlingParts): Promise<LastingLooks> {
  return await lookUntil(parts.clock, {
    look: async () => {
      const [source, destination] = await Promise.all([parts.look('source'), parts.look('destination')]);
      // Migrated is libvirt's word. A transient domain is then simply not there any more.
      const left = parts.handedOver() && (source.state === 'gone' || isUnseen(source));
      return { source: left ? { state: 'handed-over' as const } : source, destination };
    },
    patienceMs: (looks) => (parts.letGo() ? 0 : patienceMs(looks, parts)),
    againAfterMs: ({ source, destination }) =>
      isUnseen(source) || isUnseen(destination) ? UNSEEN_AGAIN_AFTER_MS : AGAIN_AFTER_MS,
  });
}

/** How long it is worth to wait for other states than these. */
export function patienceMs(
  { source, destination }: LastingLooks,
  parts: Pick<
    SettlingParts,
    'wasRunning' | 'sourceWasAway' | 'mayHaveArrived' | 'isEndHeard' | 'reconnectForMs' | 'postCopyBegan'
  >,
): number {
  if (isUnseen(source)) return parts.reconnectForMs;
  const held = source.heldBy !== undefined || !parts.wasRunning;
  const staysHere = source.state === 'running' || (source.state === 'paused' && held);
  if (isUnseen(destination)) return staysHere && !parts.mayHaveArrived() ? 0 : parts.reconnectForMs;
  if (source.state === 'switching-over') return parts.reconnectForMs;
  if (destination.state === 'incoming' || destination.state === 'switching-over') {
    // Its libvirtd may be told yet to let it run, over a connection that was cut; or it ends it once it takes that for lost.
    const mayRun = source.state === 'handed-over' || (source.state === 'running' && parts.mayHaveArrived());
    return mayRun ? parts.reconnectForMs : SETTLING_MS;
  }
  if (source.state === 'gone' && source.guestEnded === undefined && parts.postCopyBegan) return WORD_MS;
  if (source.state === 'gone' && !parts.isEndHeard('source')) return WORD_MS;
  // It may have run the guest before it ended: what is left on the source is the newest state only if it did not.
  const endUnheard =
    destination.state === 'gone' && parts.mayHaveArrived() && !parts.isEndHeard('destination');
  const wordMs = endUnheard && source.state !== 'running' ? WORD_MS : 0;
  if (held || destination.state === 'running') return wordMs;
  if (source.state === 'paused') return parts.sourceWasAway ? SETTLING_MS : Math.max(RESUMING_MS, wordMs);
  if (source.state === 'handed-over' && (source.standsStill || destination.state === 'paused'))
    return SETTLING_MS;
  return wordMs;
}

function isUnseen({ state }: SideLook): boolean {
  return state === 'silent' || state === 'unreachable';
}
