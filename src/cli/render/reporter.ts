/**
 * Shows a migration while it runs: data on standard output, progress on standard error. Fed with journal
 * entries, so that what is shown live and what `explain` shows later come from the same lines.
 */

import { documentOf } from '../../journal/document.ts';
import { groundWords } from '../../journal/entry-words.ts';
import type { JournalEntry } from '../../journal/journal-entry.ts';
import { foldEntry, type MigrationView, openView } from '../../journal/view.ts';
import { shown } from '../../model/shown.ts';
import { formatBytes, formatDuration, formatRate } from '../../model/units.ts';
import type { Output as OutputForm } from '../migration-options.ts';
import type { Output } from '../output/output.ts';
import { standardError, standardOutput } from '../output/standard.ts';
import { foreseenLines, probedLine } from './foreseen-lines.ts';
import { decisionLine, passLine } from './pass-line.ts';
import { progressLine } from './progress-line.ts';
import { streamWords } from './stream-words.ts';
import { summaryLines } from './summary.ts';

export interface ReporterStreams {
  readonly stdout: Pick<Output, 'write'>;
  readonly stderr: Pick<Output, 'write' | 'live' | 'clearLive' | 'columns'>;
}

export class Reporter {
  private view: MigrationView | undefined;
  private readonly output: OutputForm;
  private readonly quiet: boolean;
  private readonly streams: ReporterStreams;

  constructor(
    output: OutputForm,
    quiet: boolean,
    streams: ReporterStreams = { stdout: standardOutput(), stderr: standardError() },
  ) {
    this.output = output;
    this.quiet = quiet;
    this.streams = streams;
  }

  take(entry: JournalEntry): void {
    this.view = this.view === undefined ? openView(entry) : foldEntry(this.view, entry);
    if (this.output === 'jsonl') this.streams.stdout.write(`${JSON.stringify(entry)}\n`);
    if (!this.quiet) this.progress(entry, this.view);
    if (entry.type === 'ended') this.finish(this.view);
  }

  /** Entries of a journal follow that another controller began. */
  goOn(left: MigrationView): void {
    this.view = left;
    if (!this.quiet) for (const line of [...heading(left), 'gone on with']) this.say(line);
  }

  /** A line for the person at the terminal, between the progress. */
  say(sentence: string): void {
    this.streams.stderr.write(`${shown(sentence)}\n`);
  }

  private progress(entry: JournalEntry, view: MigrationView): void {
    switch (entry.type) {
      case 'opened':
        for (const line of heading(view)) this.say(line);
        return;
      case 'foreseen':
        for (const line of foreseenLines(entry.known)) this.say(line);
        return;
      case 'probed':
        return this.say(`         probed at ${formatDuration(entry.atMs)}: ${probedLine(entry.probe)}`);
      case 'boundary':
        return this.say(passLine(entry.boundary));
      case 'decision':
        return this.say(decisionLine({ ...entry.decision, atMs: entry.atMs, pass: entry.pass }));
      case 'guest':
        return this.say(
          `         the guest ${entry.event} on the ${entry.side} at ${formatDuration(entry.atMs)}`,
        );
      case 'warning':
        return this.say(`warning: ${entry.message}`);
      case 'tick':
      case 'state':
        return this.streams.stderr.live(shown(progressLine(view, this.streams.stderr.columns ?? 80)));
      default: {
        const words = groundWords(entry);
        if (words !== undefined) this.say(words);
      }
    }
  }

  private finish(view: MigrationView): void {
    this.streams.stderr.clearLive();
    if (this.output === 'json') this.streams.stdout.write(`${JSON.stringify(documentOf(view), null, 2)}\n`);
    else if (this.output === 'text')
      this.streams.stdout.write(`${summaryLines(view).map(shown).join('\n')}\n`);
  }
}

function heading(view: MigrationView): string[] {
  const { guest, destination, policy, limits, id, origin, migrateUri, streams } = view;
  return [
    `${guest.name}: ${guest.hypervisor} (${guest.accelerator.toUpperCase()}), ${formatBytes(guest.memoryBytes)} of memory, ${origin === 'attach' ? 'attached' : `to ${migrateUri ?? destination}`}${streams ? `, ${streamWords(streams)}` : ''}`,
    `policy ${policy}; a pause of ${formatDuration(limits.downtimeMs)} is always fine, ${formatDuration(limits.maxDowntimeMs)} the longest allowed` +
      (limits.timeoutMs === undefined ? '' : `; gives up after ${formatDuration(limits.timeoutMs)}`) +
      (limits.bandwidthBytesPerSecond === undefined
        ? ''
        : `; passes capped at ${formatRate(limits.bandwidthBytesPerSecond)}`) +
      (limits.lineRateBytesPerSecond === undefined
        ? ''
        : `; line rate ${formatRate(limits.lineRateBytesPerSecond)}`),
    `journal ${id}`,
  ];
}
