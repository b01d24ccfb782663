/** What the API answers, as the page uses it. Times in milliseconds, sizes in bytes. */

export type Role = 'view' | 'operate' | 'admin';

export interface Session {
  readonly version: string;
  readonly role: Role;
  readonly name: string;
  /** What is shown is simulated. */
  readonly demo: boolean;
  /** ISO 8601. */
  readonly serverTime: string;
}

export const OUTCOMES = ['completed', 'aborted', 'cancelled', 'failed', 'detached'] as const;
export type OutcomeName = (typeof OUTCOMES)[number];

export interface Reason {
  readonly code: string;
  readonly words: string;
  readonly remedy: string | null;
}

export interface MigrationSummary {
  readonly id: string;
  /** The guest's name. */
  readonly vm: string;
  readonly vmUuid: string | null;
  readonly source: string;
  readonly destination: string | null;
  readonly policy: string;
  readonly origin: 'migrate' | 'attach';
  readonly startedAt: string;
  readonly updatedAt: string;
  /** Rises at each change. */
  readonly revision: number;
  /** The journal's word: `copying`, `switching-over`, and so on. */
  readonly state: string;
  readonly final: boolean;
  readonly outcome: OutcomeName | null;
  readonly runsOn: 'source' | 'destination' | 'nowhere' | 'unknown' | null;
  /** The service follows it: only then can it be acted on. */
  readonly followed: boolean;
  readonly pass: number | null;
  readonly elapsedMs: number;
  readonly remainingBytes: number | null;
  readonly sentBytes: number;
  readonly memoryBytes: number;
  readonly transferBytesPerSecond: number | null;
  readonly dirtyBytesPerSecond: number | null;
  readonly forecastPauseMs: number | null;
  readonly downtimeMs: number;
  readonly maxDowntimeMs: number;
  readonly pauseMs: number | null;
  readonly encrypted: boolean | null;
  readonly braked: boolean;
  readonly waitsFor: string;
  readonly requestedBy: string | null;
  readonly reason: string | null;
  readonly correlationId: string | null;
  readonly reasons: readonly Reason[];
  readonly actions: readonly ('cancel' | 'limits')[];
}

/** A sample between the boundaries of passes. */
export interface TickRecord {
  readonly atMs: number;
  readonly remainingBytes: number;
  readonly sentBytes: number;
  readonly transferBytesPerSecond: number | null;
}

export interface MigrationDetail extends MigrationSummary {
  readonly ticks: readonly TickRecord[];
}

export interface MigrationPage {
  readonly migrations: readonly MigrationSummary[];
  /** To ask for older ones with; null: there are none. */
  readonly next: string | null;
}

export interface StartRequest {
  readonly vm: string;
  readonly destination: string;
  readonly migrateUri?: string;
  readonly listenUri?: string;
  readonly policy?: string;
  readonly downtimeMs?: number;
  readonly maxDowntimeMs?: number;
  readonly timeoutMs?: number;
  readonly bandwidthBytesPerSecond?: number;
  readonly overBudget?: string;
  readonly reason?: string;
  readonly correlationId?: string;
}

export interface LimitsRequest {
  readonly downtimeMs?: number;
  readonly maxDowntimeMs?: number;
  readonly bandwidthBytesPerSecond?: number;
}
