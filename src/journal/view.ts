/** A migration as people see it, folded from its journal line by line. */
import type { GuestFacts } from '../hypervisor/hypervisor.ts';
import type { State } from '../migration/states.ts';
import type { DirtyObservation } from '../model/dirty-curve.ts';
import type { Foreknowledge } from '../model/foreknowledge.ts';
import type { MeasuredBoundary, Tick } from '../model/observation.ts';
import type { Decision, Limits } from '../policy/policy.ts';
import type { Happening, JournalEntry } from './journal-entry.ts';
import type { Outcome } from './outcome.ts';

interface Foreseen {
  readonly known: Foreknowledge;
  readonly tookMs: number;
}

export interface MigrationView {
  readonly id: string;
  readonly origin: 'migrate' | 'attach';
  /** When it was opened, ISO 8601. */
  readonly startedAt: string;
  readonly vm: string;
  readonly destination: string | null;
  readonly migrateUri: string | null;
  readonly policy: string;
  readonly limits: Limits;
  readonly guest: GuestFacts;
  /** What was known before the start and by probing; undefined where the policy does not ask. */
  readonly foreseen: Foreseen | undefined;
  readonly state: State;
  readonly boundaries: readonly MeasuredBoundary[];
  readonly lastTick: Tick | undefined;
  readonly decisions: readonly DatedDecision[];
  readonly effects: readonly { readonly atMs: number; readonly did: string }[];
  readonly guestEvents: readonly { readonly atMs: number; readonly event: string; readonly side: string }[];
  readonly warnings: readonly string[];
  readonly outcome: Outcome | undefined;
}

export type DatedDecision = Decision & { readonly atMs: number; readonly pass: number };

function withProbe({ known, tookMs }: Foreseen, probe: DirtyObservation): Foreseen {
  return { known: { ...known, probes: [...known.probes, probe] }, tookMs };
}

/** @throws {Error} when the first line does not open a migration */
export function viewOf(entries: Iterable<JournalEntry>): MigrationView {
  let view: MigrationView | undefined;
  for (const entry of entries) view = view === undefined ? openView(entry) : foldEntry(view, entry);
  if (view === undefined)
    throw new Error('the journal is empty: switchover ended before its first line was whole');
  return view;
}

export function openView(entry: Happening & { readonly time: string }): MigrationView {
  if (entry.type !== 'opened') throw new Error('the journal does not begin with an `opened` line');
  const { id, origin, vm, destination, migrateUri, policy, limits, guest } = entry;
  return {
    ...{ id, origin, vm, destination, migrateUri, policy, limits, guest },
    startedAt: entry.time,
    foreseen: undefined,
    state: 'copying',
    boundaries: [],
    lastTick: undefined,
    decisions: [],
    effects: [],
    guestEvents: [],
    warnings: [],
    outcome: undefined,
  };
}

export function foldEntry(view: MigrationView, entry: Happening & { readonly atMs: number }): MigrationView {
  const { atMs } = entry;
  switch (entry.type) {
    case 'opened':
      return view;
    case 'foreseen':
      return { ...view, foreseen: { known: entry.known, tookMs: entry.tookMs } };
    case 'probed':
      return { ...view, foreseen: view.foreseen && withProbe(view.foreseen, entry.probe) };
    case 'state':
      return { ...view, state: entry.to };
    case 'boundary':
      return { ...view, boundaries: [...view.boundaries, entry.boundary] };
    case 'tick':
      return { ...view, lastTick: entry.tick };
    case 'decision':
      return { ...view, decisions: [...view.decisions, { ...entry.decision, atMs, pass: entry.pass }] };
    case 'effect':
      return { ...view, effects: [...view.effects, { atMs, did: entry.did }] };
    case 'guest':
      return { ...view, guestEvents: [...view.guestEvents, { atMs, event: entry.event, side: entry.side }] };
    case 'warning':
      return { ...view, warnings: [...view.warnings, entry.message] };
    case 'ended':
      return { ...view, outcome: entry.outcome };
    case 'located':
    case 'before':
    case 'restored':
    case 'intent':
    case 'monitor':
    case 'status':
      return view;
  }
}
