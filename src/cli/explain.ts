import { documentOf } from '../migration/document.ts';
import { findJournal, readJournal, stateDirectory } from '../migration/journal-file.ts';
import { type MigrationView, viewOf } from '../migration/view.ts';
import { shown } from '../model/shown.ts';
import { formatBytes, formatDuration } from '../model/units.ts';
import { foreseenLines } from './render/foreseen-lines.ts';
import { decisionLine, passLine } from './render/pass-line.ts';
import { summaryLines } from './render/summary.ts';

/** `switchover explain ID`. @returns the exit status */
export function explain(
  id: string,
  options: { readonly json?: boolean; readonly stateDir?: string },
): number {
  const view = viewOf(readJournal(findJournal(stateDirectory(options.stateDir), id)));
  process.stdout.write(
    options.json
      ? `${JSON.stringify(documentOf(view), null, 2)}\n`
      : `${explanation(view).map(shown).join('\n')}\n`,
  );
  return 0;
}

function explanation(view: MigrationView): string[] {
  const { guest, limits } = view;
  const head = [
    `${view.id}, ${view.origin === 'attach' ? 'attached' : 'begun'} ${view.startedAt}`,
    `${guest.name} (${view.vm}), ${guest.hypervisor}, ${guest.accelerator.toUpperCase()}, ${formatBytes(guest.memoryBytes)}`,
    `to ${view.destination ?? 'a destination that was not watched'}${view.migrateUri ? ` by ${view.migrateUri}` : ''}`,
    `policy ${view.policy}; --downtime ${formatDuration(limits.downtimeMs)}, --max-downtime ${formatDuration(limits.maxDowntimeMs)}, --over-budget ${limits.overBudget}${limits.overBudget === 'brake' ? ` --brake-for ${formatDuration(limits.brakeForMs)}` : ''}`,
    ...(view.foreseen ? foreseenLines(view.foreseen.known) : []),
  ];
  return [...head, '', ...story(view), '', ...summaryLines(view)];
}

/** Everything of note in the order in which it happened. */
function story(view: MigrationView): string[] {
  const lines = [
    ...view.boundaries.map((boundary) => ({ atMs: boundary.atMs, rank: 0, text: passLine(boundary) })),
    ...view.decisions.map((decision) => ({ atMs: decision.atMs, rank: 1, text: decisionLine(decision) })),
    ...view.effects.map(({ atMs, did }) => ({ atMs, rank: 2, text: `         did: ${did}` })),
    ...view.guestEvents.map(({ atMs, event, side }) => ({
      atMs,
      rank: 3,
      text: `         the guest ${event} on the ${side} at ${formatDuration(atMs)}`,
    })),
  ];
  return [
    ...lines.sort((a, b) => microseconds(a) - microseconds(b) || a.rank - b.rank).map(({ text }) => text),
    ...view.warnings.map((warning) => `warning: ${warning}`),
  ];
}

/** What happened at one instant carries the same time only as far as the journal keeps it. */
function microseconds({ atMs }: { readonly atMs: number }): number {
  return Math.round(atMs * 1000);
}
