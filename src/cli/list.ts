import { documentOf } from '../journal/document.ts';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { JournalError } from '../journal/journal-error.ts';
import type { JournalStore } from '../journal/journal-store.ts';
import { stateDirectory } from '../journal/state-directory.ts';
import { type MigrationView, viewOf } from '../journal/view.ts';
import { shown } from '../model/shown.ts';
import { table } from '../model/table.ts';
import { formatBytes, formatDuration } from '../model/units.ts';
import { standardError } from './output/standard.ts';

/** `switchover list`. @returns the exit status */
export async function list(options: {
  readonly json?: boolean;
  readonly stateDir?: string;
}): Promise<number> {
  const stateDir = stateDirectory(options.stateDir);
  const journals = new FolderJournals(stateDir);
  const views: MigrationView[] = [];
  for (const id of await journals.list()) {
    const view = await readOrWarn(journals, id);
    if (view) views.push(view);
  }
  if (options.json) process.stdout.write(`${JSON.stringify(views.map(documentOf), null, 2)}\n`);
  else if (views.length === 0) process.stderr.write(`no migrations in ${stateDir} yet\n`);
  else process.stdout.write(`${table([HEADINGS, ...views.map(row)])}\n`);
  return 0;
}

/** One damaged journal, or one damaged line, must not hide the others. */
async function readOrWarn(journals: JournalStore, id: string): Promise<MigrationView | undefined> {
  try {
    const { entries, problems } = await journals.read(id);
    for (const problem of problems) standardError().write(`switchover: ${shown(problem)}\n`);
    return viewOf(entries);
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    standardError().write(`switchover: ${shown(`left out ${id}: ${error.message}`)}\n`);
    return undefined;
  }
}

const HEADINGS = ['ID', 'VM', 'POLICY', 'OUTCOME', 'RUNS ON', 'PAUSE', 'TOTAL', 'SENT'];

function row(view: MigrationView): string[] {
  const { outcome } = view;
  const start = [view.id, view.guest.name, view.policy];
  if (!outcome) return [...start, 'not seen to its end', '?', '-', '-', '-'];
  return [
    ...start,
    outcome.outcome,
    outcome.runsOn,
    outcome.pauseMs === null ? '-' : formatDuration(outcome.pauseMs),
    formatDuration(outcome.totalMs),
    formatBytes(outcome.sentBytes),
  ];
}
