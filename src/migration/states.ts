/**
 * The states of a supervised migration, and the only edges between them ({@link EDGES}).
 *
 * The way of a migration that succeeds: `copying`, `switching-over` once a pause is accepted, `stopped`, `arrived`,
 * `settling`, `ended`. Back from `switching-over` to `copying` when the hypervisor did not stop after all; back from
 * `stopped` or `arrived` when the guest runs on the source again. `cancelling` is one transaction (S4): it lasts,
 * tried again and again, until the hypervisor's part is over; only word that it is too late leads out of it. Every
 * state up to `cancelling` may become `detached`; letting go ourselves waits for the end of a cancel.
 */

export type State =
  /** Memory is copied pass after pass while the guest runs. */
  | 'copying'
  /** A pause was accepted; the guest still runs until the hypervisor finds that the rest fits it. */
  | 'switching-over'
  /** The guest is stopped and the rest is being sent: the pause that the user feels. */
  | 'stopped'
  /** The guest runs on the destination and the hypervisor clears up: nothing is left that could be given up. */
  | 'arrived'
  /** The guest runs on the destination while its memory follows. There is no way back. */
  | 'post-copy'
  /** We asked the hypervisor to give up; the guest belongs to the source. */
  | 'cancelling'
  /** The hypervisor's part is over; we establish which side has the guest and make it run there. */
  | 'settling'
  | 'ended'
  | 'detached';

const EDGES: Record<State, readonly State[]> = {
  copying: ['switching-over', 'stopped', 'post-copy', 'cancelling', 'settling', 'detached'],
  'switching-over': ['copying', 'stopped', 'post-copy', 'cancelling', 'settling', 'detached'],
  // Back to copying: a policy suspended the guest, or someone else stopped and resumed it.
  stopped: ['copying', 'arrived', 'post-copy', 'cancelling', 'settling', 'detached'],
  // Back to copying: the hypervisor thought better of it and resumed the source. In post-copy it may tell so only later.
  arrived: ['copying', 'post-copy', 'settling', 'detached'],
  'post-copy': ['settling', 'detached'],
  // Back: it was too late to cancel, and the migration goes where it was going.
  cancelling: ['copying', 'stopped', 'arrived', 'post-copy', 'settling', 'detached'],
  settling: ['ended'],
  ended: [],
  detached: [],
};

/** @throws {Error} when no such edge exists: a mistake in the supervisor, never the user's */
export function assertEdge(from: State, to: State): void {
  if (!EDGES[from].includes(to)) throw new Error(`a migration cannot go from ${from} to ${to}`);
}

/** True while the guest's memory is copied before the guest moves: the states in which giving up is free. */
export function isPreCopy(state: State): boolean {
  return state === 'copying' || state === 'switching-over';
}
