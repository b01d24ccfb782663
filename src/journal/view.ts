/** A migration as people see it, folded from its journal line by line. */
import type { DirtyObservation } from '../model/dirty-curve.ts';
import type { Foreknowledge } from '../model/foreknowledge.ts';
import { isPostCopy } from '../model/migration-status.ts';
import type { MeasuredBoundary, Tick } from '../model/observation.ts';
import type { Decision, Limits } from '../policy/policy.ts';
import type { Happening, Intent, JournalEntry, Opened, Settings, Side } from './journal-entry.ts';
import { JournalError } from './journal-error.ts';
import type { Outcome } from './outcome.ts';

interface Foreseen {
  readonly known: Foreknowledge;
  readonly tookMs: number;
}

/** What was done, in the hypervisor's words, and as data where a setting was changed. */
export interface Effect {
  readonly atMs: number;
  readonly did: string;
  readonly set?: Readonly<Record<string, unknown>> | undefined;
}

export interface LimitChange {
  readonly atMs: number;
  readonly limits: Limits;
  readonly reason: string | null;
}

type Told = Omit<Opened, 'type' | 'switchoverVersion' | 'inherits'>;

export interface MigrationView extends Told {
  /** When it was opened, ISO 8601. */
  readonly startedAt: string;
  /** What was known before the start and by probing; undefined where the policy does not ask. */
  readonly foreseen: Foreseen | undefined;
  readonly state: string;
  readonly boundaries: readonly MeasuredBoundary[];
  readonly lastTick: Tick | undefined;
  readonly decisions: readonly DatedDecision[];
  /** `limits` are the last of these; before the first, those with which it was opened. */
  readonly limitChanges: readonly LimitChange[];
  /** When the cap of its passes was changed last; undefined: never. */
  readonly capChangedAtMs: number | undefined;
  readonly effects: readonly Effect[];
  readonly intents: readonly { readonly atMs: number; readonly intent: Intent; readonly side: Side | null }[];
  /** What settings were before they were changed, and that they were put back, in order. */
  readonly settings: readonly SettingsEvent[];
  readonly guestEvents: readonly { readonly atMs: number; readonly event: string; readonly side: string }[];
  readonly monitorEvents: readonly MonitorEvent[];
  readonly warnings: readonly string[];
  /** The destination may have held the guest without all of its memory. */
  readonly postCopyBegan: boolean;
  readonly outcome: Outcome | undefined;
}

export type DatedDecision = Decision & { readonly atMs: number; readonly pass: number };

export type SettingsEvent =
  | { readonly type: 'before'; readonly atMs: number; readonly side: Side; readonly settings: Settings }
  | {
      readonly type: 'restored';
      readonly atMs: number;
      readonly side: Side;
      readonly problem: string | null;
    };

export interface MonitorEvent {
  readonly atMs: number;
  readonly side: Side;
  readonly state: 'lost' | 'back' | 'ended';
  readonly words: string;
}

/** A view whose lists grow: to copy them at each entry would cost the square of their length. */
type Growing = {
  -readonly [Key in keyof MigrationView]: MigrationView[Key] extends readonly (infer Item)[]
    ? Item[]
    : MigrationView[Key];
};

/** @throws {JournalError} when the first entry does not open a migration */
export function viewOf(entries: Iterable<JournalEntry>): MigrationView {
  let view: MigrationView | undefined;
  for (const entry of entries) view = view === undefined ? openView(entry) : foldEntry(view, entry);
  if (view === undefined)
    throw new JournalError(
      'the journal holds no entry that can be read: switchover ended before its first line was whole, or it is damaged',
    );
  return view;
}

/** @throws {JournalError} when it does not open a migration */
export function openView(entry: Happening & { readonly time: string }): MigrationView {
  if (entry.type !== 'opened')
    throw new JournalError(
      'the journal does not begin with an `opened` line: it is damaged or is no journal',
    );
  const settings = entry.inherits.map((each) => ({ type: 'before' as const, atMs: 0, ...each }));
  return { ...told(entry), startedAt: entry.time, ...nothingYet(), settings };
}

/** An entry has more than these: its time and its number. */
function told(opened: Opened): Told {
  return {
    id: opened.id,
    origin: opened.origin,
    vm: opened.vm,
    vmUuid: opened.vmUuid,
    destination: opened.destination,
    migrateUri: opened.migrateUri,
    policy: opened.policy,
    limits: opened.limits,
    guest: opened.guest,
    initiator: opened.initiator,
    reason: opened.reason,
    correlationId: opened.correlationId,
    continues: opened.continues,
    destinationWaits: opened.destinationWaits,
    streams: opened.streams,
    encrypted: opened.encrypted,
  };
}

function nothingYet() {
  return {
    foreseen: undefined,
    state: 'copying',
    boundaries: [],
    lastTick: undefined,
    decisions: [],
    limitChanges: [],
    capChangedAtMs: undefined,
    effects: [],
    intents: [],
    guestEvents: [],
    monitorEvents: [],
    warnings: [],
    postCopyBegan: false,
    outcome: undefined,
  };
}

/** Adds an entry. @returns the view itself: its lists are not copied, so that each entry costs the same */
export function foldEntry(view: MigrationView, entry: Happening & { readonly atMs: number }): MigrationView {
  add(view as Growing, entry);
  return view;
}

function add(view: Growing, entry: Happening & { readonly atMs: number }): void {
  const { atMs } = entry;
  switch (entry.type) {
    case 'foreseen':
      view.foreseen = { known: entry.known, tookMs: entry.tookMs };
      return;
    case 'probed':
      view.foreseen = view.foreseen && withProbe(view.foreseen, entry.probe);
      return;
    case 'before':
      view.settings.push({ type: 'before', atMs, side: entry.side, settings: entry.settings });
      return;
    case 'restored':
      view.settings.push({ type: 'restored', atMs, side: entry.side, problem: entry.problem });
      // Documents have no other place for it.
      if (entry.problem !== null) view.warnings.push(entry.problem);
      return;
    case 'intent':
      view.intents.push({ atMs, intent: entry.intent, side: entry.side });
      return;
    case 'state':
      view.state = entry.to;
      view.postCopyBegan ||= entry.to === 'post-copy';
      return;
    case 'boundary':
      view.boundaries.push(entry.boundary);
      return;
    case 'tick':
      view.lastTick = entry.tick;
      return;
    case 'limits':
      if (entry.limits.bandwidthBytesPerSecond !== view.limits.bandwidthBytesPerSecond)
        view.capChangedAtMs = atMs;
      view.limits = entry.limits;
      view.limitChanges.push({ atMs, limits: entry.limits, reason: entry.reason });
      return;
    case 'decision':
      view.decisions.push({ ...entry.decision, atMs, pass: entry.pass });
      return;
    case 'effect':
      view.effects.push({ atMs, did: entry.did, ...(entry.set && { set: entry.set }) });
      return;
    case 'guest':
      view.guestEvents.push({ atMs, event: entry.event, side: entry.side });
      return;
    case 'monitor':
      view.monitorEvents.push({ atMs, side: entry.side, state: entry.state, words: entry.words });
      return;
    case 'warning':
      view.warnings.push(entry.message);
      return;
    case 'ended':
      view.outcome = entry.outcome;
      return;
    case 'status':
      view.postCopyBegan ||= isPostCopy(entry.status);
      return;
    case 'opened':
    case 'located':
      return;
  }
}

function withProbe({ known, tookMs }: Foreseen, probe: DirtyObservation): Foreseen {
  return { known: { ...known, probes: [...known.probes, probe] }, tookMs };
}
