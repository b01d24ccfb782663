/** The life of one migration as the libvirt driver sees it: one state at a time, and the edges between them. */

export type RunState =
  /** Our virsh is on its way to libvirtd, or waits there for another job: no job of ours was seen yet. */
  | { readonly kind: 'beginning' }
  /** The job is there; the guest runs on the source. */
  | { readonly kind: 'copying' }
  /** Somebody stopped the guest, not the switchover: the copy goes on, and libvirt hands over what it has at its end. */
  | { readonly kind: 'held'; readonly by: string }
  /**
   * The guest was stopped on the source, for the switchover as far as we know. `sentBytes`: what an answer since
   * then said was sent; a second one that says more tells that the copy goes on.
   */
  | { readonly kind: 'stopped'; readonly sinceMs: number; readonly sentBytes?: number | undefined }
  /** The guest runs on the destination; libvirt clears up. */
  | { readonly kind: 'arrived'; readonly atMs: number }
  | { readonly kind: 'post-copy' }
  /** libvirt's part is over, or cannot be seen any more; we find out which side has the guest. */
  | { readonly kind: 'settling'; readonly because: Ending }
  /** {@link RunningMigration.ended} has settled; resuming and putting back are still possible. */
  | { readonly kind: 'ended' }
  /** We let go. */
  | { readonly kind: 'detached' };

/** Why libvirt's part is over. */
export type Ending =
  /** The job is not there any more, or libvirt said that the domain left because it was migrated. */
  | { readonly kind: 'job-over' }
  | { readonly kind: 'guest-ended'; readonly words: string }
  /** The source's libvirtd did not come back. */
  | { readonly kind: 'lost'; readonly state: 'unreachable' | 'silent'; readonly words: string }
  /** Our virsh was refused: whatever job is there is somebody else's. */
  | { readonly kind: 'refused'; readonly words: string };

type Kind = RunState['kind'];

const OVER: readonly Kind[] = ['settling', 'detached'];

/** Events of two hosts come in any order: the destination's resumption may be heard before the source's stop. */
const SUCCESSORS: Record<Kind, readonly Kind[]> = {
  beginning: ['copying', 'held', 'stopped', 'arrived', 'post-copy', ...OVER],
  copying: ['held', 'stopped', 'arrived', 'post-copy', ...OVER],
  held: ['copying', 'held', 'stopped', 'arrived', 'post-copy', ...OVER],
  // Back to copying: the switchover failed, or somebody resumed what he had stopped.
  stopped: ['copying', 'held', 'stopped', 'arrived', 'post-copy', ...OVER],
  arrived: ['copying', 'post-copy', ...OVER],
  'post-copy': [...OVER],
  settling: ['ended', 'detached'],
  ended: [],
  detached: [],
};

/** @throws {Error} when no such edge exists: a mistake in the driver */
export function moveRunState(from: RunState, to: RunState): RunState {
  if (!SUCCESSORS[from.kind].includes(to.kind))
    throw new Error(`a libvirt migration cannot go from ${from.kind} to ${to.kind}`);
  return to;
}

/** Nothing that is still heard changes it. */
export function isOver({ kind }: RunState): boolean {
  return kind === 'settling' || kind === 'ended' || kind === 'detached';
}
