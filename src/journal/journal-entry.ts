/**
 * The journal of one migration: an append-only log of what was seen, decided and done. Everything that a
 * person is shown is folded from it (`view.ts`), so the command line, `explain`, and later the service and
 * the replay all tell the same story.
 */
import type { FormerSettings, GuestFacts, Side, SideState } from '../hypervisor/hypervisor.ts';
import type { State } from '../migration/states.ts';
import type { DirtyObservation } from '../model/dirty-curve.ts';
import type { Foreknowledge } from '../model/foreknowledge.ts';
import type { MeasuredBoundary, Tick } from '../model/observation.ts';
import type { Decision, Limits } from '../policy/policy.ts';
import type { Outcome } from './outcome.ts';

/** Raised when a reader of older code could misread a newer journal. */
export const JOURNAL_SCHEMA = 1;

export type Intent = 'start' | 'cancel' | 'fence' | 'let-run' | 'resume' | 'halt';

export type Happening =
  | {
      readonly type: 'opened';
      readonly id: string;
      readonly origin: 'migrate' | 'attach';
      readonly switchoverVersion: string;
      readonly vm: string;
      readonly destination: string | null;
      readonly migrateUri: string | null;
      readonly policy: string;
      readonly limits: Limits;
      readonly guest: GuestFacts;
    }
  /** What was known before the start, and how long finding it out took: what the policy began with. */
  | { readonly type: 'foreseen'; readonly known: Foreknowledge; readonly tookMs: number }
  /** A probe that was made beside the first pass. */
  | { readonly type: 'probed'; readonly probe: DirtyObservation }
  | { readonly type: 'state'; readonly from: State; readonly to: State }
  | { readonly type: 'boundary'; readonly boundary: MeasuredBoundary }
  | { readonly type: 'tick'; readonly tick: Tick }
  | { readonly type: 'decision'; readonly pass: number; readonly decision: Decision }
  | { readonly type: 'effect'; readonly did: string; readonly set?: Readonly<Record<string, unknown>> }
  /** The settings of a side before they are changed. */
  | {
      readonly type: 'before';
      readonly side: Side;
      readonly settings: Pick<FormerSettings, 'parameters' | 'capabilities'>;
    }
  /** What was set is as it was, or why it is not. */
  | { readonly type: 'restored'; readonly side: Side; readonly problem: string | null }
  /** Written before the act, so that a killed controller leaves what it was about to do. */
  | { readonly type: 'intent'; readonly intent: Intent; readonly side: Side | null }
  | {
      readonly type: 'monitor';
      readonly side: Side;
      readonly state: 'lost' | 'back' | 'ended';
      readonly words: string;
    }
  | { readonly type: 'guest'; readonly event: 'stopped' | 'resumed'; readonly side: 'source' | 'destination' }
  | { readonly type: 'status'; readonly status: string }
  | { readonly type: 'located'; readonly source: SideState; readonly destination: SideState }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'ended'; readonly outcome: Outcome };

export type JournalEntry = Happening & {
  readonly schema: number;
  readonly seq: number;
  /** Wall-clock time, ISO 8601. For people; figures use `atMs`. */
  readonly time: string;
  /** Milliseconds since the migration began, or since we attached to it. */
  readonly atMs: number;
};

/** Where the supervisor writes. Must not throw: a full disk is no reason to disturb a migration. */
export interface JournalSink {
  write(atMs: number, happening: Happening): void;
}
