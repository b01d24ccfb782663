/** Journals page by page, as a service shows them: without reading any journal. Stores that can have it beside their port. */
import type { Outcome } from './outcome.ts';

export interface JournalSummary {
  readonly id: string;
  /** The VM's address on the source. */
  readonly vm: string;
  readonly vmUuid: string | null;
  readonly guestName: string;
  readonly policy: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** As in the view: `copying`, `stopped` and so on. */
  readonly state: string;
  /** Null: its end was not seen yet. */
  readonly outcome: Outcome['outcome'] | null;
  readonly runsOn: Outcome['runsOn'] | null;
  readonly pauseMs: number | null;
}

export interface RecentQuery {
  /** How many at most. */
  readonly limit: number;
  /** Only those that are older than this id: the last one of the page before. */
  readonly before?: string | undefined;
  /** Only this VM's: its UUID, or its address on the source. */
  readonly vm?: string | undefined;
  /** Only those that ended so; null: only those whose end was not seen yet. */
  readonly outcome?: Outcome['outcome'] | null | undefined;
}

export interface RecentJournals {
  /** The newest first. @throws {JournalError} */
  recent(query: RecentQuery): Promise<readonly JournalSummary[]>;
}
