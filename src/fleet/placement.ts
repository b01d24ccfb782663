/** Where a move goes: asked by admission of a function that is handed in. */
import type { Reason } from '../drain/facts.ts';
import type { ClaimKind, Wanted } from './ledger.ts';
import { isAlone, type Move } from './move.ts';

/** What may still be taken of each limit, with what this pass has admitted already. */
export interface Free {
  /** Units; infinite where there is no limit. */
  free(kind: ClaimKind, key: string): number;
  /** Units that are held. */
  taken(kind: ClaimKind, key: string): number;
  fits(wanted: readonly Wanted[]): boolean;
}

export type Placed =
  /** This controller has not read what its drain wants: it is asked again in the next pass, or another one is. */
  | 'not known yet'
  | {
      readonly destination: string;
      /** Of the destination; the source's is known. */
      readonly links: readonly string[];
    }
  /** No destination can take it now. It is asked again soon, and that counts as no try. */
  | { readonly wait: Reason }
  /** No destination ever will, unless something changes. */
  | { readonly hold: Reason };

/**
 * Called under the lock of admission: it must be quick, and asks nobody. What it goes by may be old, so the start checks the
 * destination again.
 */
export type Place = (move: Move, free: Free) => Placed;

/** All that a move takes while it runs. */
export function wantedBy(move: Move, destination: string, links: readonly string[]): readonly Wanted[] {
  const share = shareOf(move);
  return [
    { kind: 'source', key: move.source, units: 1 },
    { kind: 'destination', key: destination, units: 1 },
    { kind: 'cluster', key: move.cluster, units: 1 },
    { kind: 'memory', key: destination, units: move.memoryGib },
    ...linksOf(move, links).map((key) => ({ kind: 'link', key, ...share }) as const),
  ];
}

/** What it takes of each of its links. */
export function shareOf(move: Pick<Move, 'calmAmong'>): Pick<Wanted, 'units' | 'most'> {
  return isAlone(move) ? { units: 'all' } : { units: 1, most: move.calmAmong ?? undefined };
}

export function linksOf(move: Move, links: readonly string[]): readonly string[] {
  return [...new Set([move.link, ...links])];
}
