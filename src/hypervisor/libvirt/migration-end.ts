/** What libvirt's part of a migration came to, as the port's {@link MigrationEnd}. Pure. */
import type { MigrationEnd } from '../hypervisor.ts';
import type { LastingLooks } from './lasting-states.ts';
import { SHUT_ITSELF_DOWN } from './life-cycle.ts';
import type { Ending } from './run-state.ts';
import { tlsWords } from './tls-words.ts';
import type { JobInfo } from './virsh/job-info.ts';
import { errorText, type VirshOutput } from './virsh/virsh.ts';

export interface EndFacts {
  readonly atMs: number;
  readonly because: Ending;
  /** libvirt has said that the source's domain ended because it was migrated. */
  readonly handedOver: boolean;
  readonly looks: LastingLooks;
  readonly destinationEverRan: boolean | undefined;
  readonly sourceEverStopped: boolean | undefined;
  /** As it ended the guest was seen to run on the source. */
  readonly endedOnSource: boolean;
  readonly postCopyBegan: boolean;
  /** Who was seen to stop the guest, where it has not been resumed since. */
  readonly heldBy: string | undefined;
  /** We asked libvirt to abort the job. */
  readonly cancelling: boolean;
  readonly virshEnded: VirshOutput | undefined;
  /** What libvirt said last of a job that is over. */
  readonly lastJob: JobInfo | undefined;
  /** The figures of the job that completed. */
  readonly completedJob: JobInfo | undefined;
  readonly sentBytes: number | undefined;
  /** It was asked for under TLS. */
  readonly encrypted: boolean | undefined;
}

export function migrationEnd(facts: EndFacts): MigrationEnd {
  const { source, destination } = facts.looks;
  const moved = hasMoved(facts);
  const error = moved ? undefined : errorOf(facts);
  return {
    atMs: facts.atMs,
    result: moved ? 'completed' : resultOf(facts, error),
    error,
    whereabouts: { source: source.state, destination: destination.state },
    destinationEverRan: facts.destinationEverRan,
    sourceEverStopped: facts.sourceEverStopped,
    // libvirt itself lets the destination run, once its hand-shake with the source is done.
    destinationWaits: false,
    postCopyBegan: facts.postCopyBegan,
    heldBy: holderOf(facts),
    guestEnded: guestEnded(facts),
    sentBytes: facts.completedJob?.dataProcessedBytes ?? facts.sentBytes,
    reportedDowntimeMs: facts.completedJob?.downtimeMs,
  };
}

/** Of a guest that runs on the source nobody has stopped anything, whatever libvirt does with what it leaves at the destination. */
function holderOf({ looks: { source, destination }, heldBy }: EndFacts): string | undefined {
  if (source.state === 'running') return undefined;
  return source.heldBy ?? destination.heldBy ?? (source.standsStill ? heldBy : undefined);
}

/** A source that ends once it stood still for the switchover is an end of the guest only where the destination has ended too. */
function guestEnded({ because, endedOnSource, looks }: EndFacts): string | undefined {
  const words = because.kind === 'guest-ended' ? because.words : looks.source.guestEnded;
  const isProved = endedOnSource || words === SHUT_ITSELF_DOWN || looks.destination.state === 'gone';
  return isProved ? words : undefined;
}

/** We let go: nothing is known of what comes. */
export function detachedEnd(
  atMs: number,
  postCopyBegan: boolean,
  sentBytes: number | undefined,
): MigrationEnd {
  return {
    atMs,
    result: 'detached',
    error: undefined,
    whereabouts: { source: 'unknown', destination: 'unknown' },
    destinationEverRan: undefined,
    sourceEverStopped: undefined,
    destinationWaits: false,
    postCopyBegan,
    heldBy: undefined,
    guestEnded: undefined,
    sentBytes,
    reportedDowntimeMs: undefined,
  };
}

/**
 * By libvirt's word for the source, or because the destination runs what the source does not. The second is no proof
 * once post-copy has begun: the destination runs then before it has all memory.
 */
export function hasMoved({
  handedOver,
  looks: { source, destination },
  postCopyBegan,
}: Pick<EndFacts, 'handedOver' | 'looks' | 'postCopyBegan'>): boolean {
  const left = source.state === 'handed-over' || source.state === 'gone';
  if (handedOver) return left;
  if (left && destination.state === 'running' && !postCopyBegan) return true;
  return source.state === 'handed-over' && source.standsStill !== true;
}

/** Words only: the guest's place is settled by {@link hasMoved} and by what both sides say. */
function errorOf({ because, virshEnded, lastJob, sentBytes, encrypted }: EndFacts): string {
  if (because.kind === 'lost' || because.kind === 'refused' || because.kind === 'guest-ended')
    return because.words;
  const ofVirsh = virshEnded && virshEnded.status !== 0 ? errorText(virshEnded.stderr) : '';
  const words = ofVirsh === '' ? lastJob?.errorMessage : ofVirsh;
  if (words === undefined)
    return 'libvirt ended the migration and does not say why (somebody aborted it, or the link or the destination failed)';
  return encrypted ? tlsWords(words, sentBytes) : words;
}

function resultOf(facts: EndFacts, error: string | undefined): MigrationEnd['result'] {
  if (facts.because.kind === 'lost') return 'lost';
  const cancelled = facts.lastJob?.type === 'cancelled' || /canceled by client/.test(error ?? '');
  return facts.cancelling || cancelled ? 'cancelled' : 'failed';
}
