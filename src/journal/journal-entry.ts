/**
 * The journal of one migration: an append-only log of what was seen, decided and done, as data. Everything that a
 * person is shown is folded from it (`view.ts`), so the command line, `explain`, and later the service and
 * the replay all tell the same story. `entry-schema.ts` checks what is read against the types here.
 *
 * Words of other rooms that only people read (states, whereabouts) are strings here: a journal of a newer
 * supervisor stays readable.
 */

import type { DirtyObservation } from '../model/dirty-curve.ts';
import type { Foreknowledge } from '../model/foreknowledge.ts';
import type { MeasuredBoundary, Tick } from '../model/observation.ts';
import type { Streams } from '../model/streams.ts';
import type { Decision, Limits } from '../policy/policy.ts';
import type { Initiator } from './initiator.ts';
import type { Outcome } from './outcome.ts';

/** Raised when a reader of older code could misread a newer journal. Those of 1 are still read. */
export const JOURNAL_SCHEMA = 2;

export type Side = 'source' | 'destination';

/** What was known of the guest when the journal was opened. */
export interface GuestRecord {
  readonly vm: string;
  readonly name: string;
  readonly hypervisor: string;
  readonly accelerator: 'kvm' | 'tcg';
  readonly machineType: string | undefined;
  readonly memoryBytes: number;
  /** Undefined, or left out by older ones: not known. */
  readonly vcpus?: number | undefined;
  readonly state: string;
  readonly migrating: boolean;
  readonly losesWrites: string | undefined;
}

/** A hypervisor's own settings, under its own names. */
export interface Settings {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly capabilities: Readonly<Record<string, boolean>>;
  /** What is neither, such as a limit that libvirt keeps. */
  readonly other?: Readonly<Record<string, unknown>> | undefined;
  /** Ids of objects that were not there and are made: they are to go. */
  readonly made?: readonly string[] | undefined;
}

/** What settings were on one side before switchover first changed them. */
export interface InheritedSettings {
  readonly side: Side;
  readonly settings: Settings;
}

/** The first entry. What schema 1 did not keep is null. */
export interface Opened {
  readonly type: 'opened';
  readonly id: string;
  readonly origin: 'migrate' | 'attach';
  readonly switchoverVersion: string;
  /** The VM's address on the source. */
  readonly vm: string;
  /** The VM's identity, which it keeps on whichever host; null: the hypervisor tells none. */
  readonly vmUuid: string | null;
  readonly destination: string | null;
  readonly migrateUri: string | null;
  readonly policy: string;
  readonly limits: Limits;
  readonly guest: GuestRecord;
  /** Null in journals of schema 1 only. */
  readonly initiator: Initiator | null;
  /** Why it was asked for, in the initiator's words. */
  readonly reason: string | null;
  /** The initiator's own number for it: a ticket, a request. */
  readonly correlationId: string | null;
  /** The journal that this one goes on from, of the same migration. */
  readonly continues: string | null;
  /** What an earlier one did not put back and this one has to: in the first line, so that no moment is without it. */
  readonly inherits: readonly InheritedSettings[];
  /** The destination was told to wait for our `cont`: nobody else lets the guest run there. */
  readonly destinationWaits: boolean;
  /** Null: one connection, or as the hypervisor was set before; not known where we came upon the migration. */
  readonly streams: Streams | null;
  /** Whether memory is encrypted on its way; null: not known. */
  readonly encrypted: boolean | null;
}

export const INTENTS = [
  'start',
  'cancel',
  'fence',
  'release',
  'resume',
  'let-run',
  'halt',
  'recover',
] as const;
export type Intent = (typeof INTENTS)[number];

export type Happening =
  | Opened
  /** What was known before the start, and how long finding it out took: what the policy began with. */
  | { readonly type: 'foreseen'; readonly known: Foreknowledge; readonly tookMs: number }
  /** A probe that was made beside the first pass. */
  | { readonly type: 'probed'; readonly probe: DirtyObservation }
  /** What the settings were that are about to be changed. */
  | { readonly type: 'before'; readonly side: Side; readonly settings: Settings }
  /** The settings are as they were, or why not: a sentence with what is to be done. */
  | { readonly type: 'restored'; readonly side: Side; readonly problem: string | null }
  /** What is about to be done, written before the act: it may have been done, even if nothing follows. */
  | { readonly type: 'intent'; readonly intent: Intent; readonly side: Side | null }
  | { readonly type: 'state'; readonly from: string; readonly to: string }
  | { readonly type: 'boundary'; readonly boundary: MeasuredBoundary }
  /** Kept apart and thinned, see `sample-thinner.ts`. */
  | { readonly type: 'tick'; readonly tick: Tick }
  /** They hold from now on, in place of those before. */
  | { readonly type: 'limits'; readonly limits: Limits; readonly reason: string | null }
  | { readonly type: 'decision'; readonly pass: number; readonly decision: Decision }
  /** What was done: in the hypervisor's words for people, and as data where a setting was changed. */
  | {
      readonly type: 'effect';
      readonly did: string;
      readonly set?: Readonly<Record<string, unknown>> | undefined;
    }
  | { readonly type: 'guest'; readonly event: 'stopped' | 'resumed'; readonly side: Side }
  | { readonly type: 'status'; readonly status: string }
  /** Our connection to a side's hypervisor, not the hypervisor itself. */
  | {
      readonly type: 'monitor';
      readonly side: Side;
      readonly state: 'lost' | 'back' | 'ended';
      readonly words: string;
    }
  | { readonly type: 'located'; readonly source: string; readonly destination: string }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'ended'; readonly outcome: Outcome };

export type JournalEntry = Happening & {
  readonly schema: number;
  /** From 0 on, one more for each entry. A number that is missing was thinned out or could not be written. */
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
