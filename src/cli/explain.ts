import { documentOf } from '../journal/document.ts';
import { limitWords } from '../journal/entry-words.ts';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import type { JournalReading } from '../journal/journal-store.ts';
import { stateDirectory } from '../journal/state-directory.ts';
import { type MigrationView, type SettingsEvent, viewOf } from '../journal/view.ts';
import { shown } from '../model/shown.ts';
import { formatBytes, formatDuration } from '../model/units.ts';
import { type Limits, mayBrake } from '../policy/policy.ts';
import type { ServerOptions } from './by-server/connect.ts';
import { standardError } from './output/standard.ts';
import { foreseenLines } from './render/foreseen-lines.ts';
import { decisionLine, passLine } from './render/pass-line.ts';
import { streamWords } from './render/stream-words.ts';
import { summaryLines } from './render/summary.ts';

/** `switchover explain ID`. @returns the exit status */
export async function explain(
  id: string,
  options: ServerOptions & { readonly json?: boolean; readonly stateDir?: string },
): Promise<number> {
  const { entries, problems } = await journalOf(id, options);
  for (const problem of problems) standardError().write(`switchover: ${shown(problem)}\n`);
  const view = viewOf(entries);
  process.stdout.write(
    options.json
      ? `${JSON.stringify(documentOf(view), null, 2)}\n`
      : `${explanation(view).map(shown).join('\n')}\n`,
  );
  return 0;
}

async function journalOf(id: string, options: Parameters<typeof explain>[1]): Promise<JournalReading> {
  if (options.server !== undefined) {
    const { throughServer } = await import('./by-server/connect.ts');
    const { findAt, journalAt } = await import('./by-server/find.ts');
    return await throughServer(options, async (client) => await journalAt(client, await findAt(client, id)));
  }
  const journals = new FolderJournals(stateDirectory(options.stateDir));
  return await journals.read(await journals.find(id));
}

function explanation(view: MigrationView): string[] {
  const { guest, limits } = view;
  const head = [
    `${view.id}, ${view.origin === 'attach' ? 'attached' : 'begun'} ${view.startedAt}`,
    `${guest.name} (${view.vm}), ${guest.hypervisor}, ${guest.accelerator.toUpperCase()}, ${formatBytes(guest.memoryBytes)}`,
    `to ${view.destination ?? 'a destination that was not watched'}${view.migrateUri ? ` by ${view.migrateUri}` : ''}${view.streams ? `, ${streamWords(view.streams)}` : ''}`,
    ...initiatorLines(view),
    `policy ${view.policy}; --downtime ${formatDuration(limits.downtimeMs)}, --max-downtime ${formatDuration(limits.maxDowntimeMs)}, --over-budget ${limits.overBudget}${brakeWords(limits)}`,
    ...(view.foreseen ? foreseenLines(view.foreseen.known) : []),
  ];
  return [...head, '', ...story(view), '', ...summaryLines(view)];
}

function brakeWords(limits: Limits): string {
  if (!mayBrake(limits)) return '';
  const when = limits.brake === 'when-it-pays' ? ' --brake when-it-pays' : '';
  return `${when} --brake-for ${formatDuration(limits.brakeForMs)}`;
}

/** Who asked for it and why, as far as the journal says. */
function initiatorLines({ initiator, reason, correlationId, continues }: MigrationView): string[] {
  const asked = [
    ...(initiator
      ? [
          `asked for by ${initiator.user} (uid ${initiator.uid}) on ${initiator.host}, process ${initiator.pid}: ${initiator.command.join(' ')}`,
        ]
      : []),
    ...(reason === null ? [] : [`because: ${reason}`]),
    ...(correlationId === null ? [] : [`in the course of ${correlationId}`]),
  ];
  return [...asked, ...(continues === null ? [] : [`goes on from ${continues}`])];
}

const MONITOR_WORDS = { lost: 'was lost', back: 'was back', ended: 'ended' };

function settingsWords(event: SettingsEvent): string {
  if (event.type === 'restored')
    return event.problem === null
      ? `put back the settings of the ${event.side}`
      : `did not put back the settings of the ${event.side}: ${event.problem}`;
  const { parameters, capabilities, other, made = [] } = event.settings;
  const former = Object.entries({ ...parameters, ...capabilities, ...other });
  if (former.length === 0 && made.length > 0) return `about to make on the ${event.side}: ${made.join(', ')}`;
  return `about to change the ${event.side}; before: ${former.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(' ')}`;
}

/** Everything of note in the order in which it happened. */
function story(view: MigrationView): string[] {
  const lines = [
    ...view.boundaries.map((boundary) => ({ atMs: boundary.atMs, rank: 0, text: passLine(boundary) })),
    ...view.decisions.map((decision) => ({ atMs: decision.atMs, rank: 1, text: decisionLine(decision) })),
    ...view.limitChanges.map((change) => ({
      atMs: change.atMs,
      rank: 1,
      text: `         ${limitWords(change)}`,
    })),
    ...view.effects.map(({ atMs, did }) => ({ atMs, rank: 2, text: `         did: ${did}` })),
    ...view.settings.map((event) => ({
      atMs: event.atMs,
      rank: 2,
      text: `         ${settingsWords(event)}`,
    })),
    ...view.intents.map(({ atMs, intent, side }) => ({
      atMs,
      rank: 2,
      text: `         about to: ${intent}${side === null ? '' : ` on the ${side}`}`,
    })),
    ...view.monitorEvents.map(({ atMs, side, state, words }) => ({
      atMs,
      rank: 3,
      text: `         the monitor of the ${side} ${MONITOR_WORDS[state]} at ${formatDuration(atMs)}: ${words}`,
    })),
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
