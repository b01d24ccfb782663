/** Journals page by page, as a service shows them: without reading any journal. */
import type { Outcome } from './outcome.ts';

export interface RecentJournal {
  readonly id: string;
  /** What was kept to show of it, by whoever kept it; null: nothing, its journal says it. */
  readonly summary: string | null;
}

export interface RecentQuery {
  /** How many at most. */
  readonly limit: number;
  /** Only those that are older than this id: the last one of the page before. */
  readonly before?: string | undefined;
  /** Only those whose id, VM, destination, reason or number has this part, in small letters or capitals. */
  readonly q?: string | undefined;
  /** Only those that ended so. */
  readonly outcome?: Outcome['outcome'] | undefined;
}
