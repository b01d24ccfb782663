import { documentOf } from '../migration/document.ts';
import { journalPath, listJournals, readJournal, stateDirectory } from '../migration/journal-file.ts';
import { type MigrationView, viewOf } from '../migration/view.ts';
import { shown } from '../model/shown.ts';
import { formatBytes, formatDuration } from '../model/units.ts';
import { standardError } from './output/standard.ts';
import { table } from './render/table.ts';

/** `switchover list`. @returns the exit status */
export function list(options: { readonly json?: boolean; readonly stateDir?: string }): number {
  const stateDir = stateDirectory(options.stateDir);
  const views = listJournals(stateDir).flatMap((id) => readOrWarn(stateDir, id));
  if (options.json) process.stdout.write(`${JSON.stringify(views.map(documentOf), null, 2)}\n`);
  else if (views.length === 0) process.stderr.write(`no migrations in ${stateDir} yet\n`);
  else process.stdout.write(`${table([HEADINGS, ...views.map(row)])}\n`);
  return 0;
}

/** One damaged journal must not hide the others. */
function readOrWarn(stateDir: string, id: string): MigrationView[] {
  try {
    return [viewOf(readJournal(journalPath(stateDir, id)))];
  } catch (error) {
    standardError().write(`switchover: ${shown(`left out ${id}: ${(error as Error).message}`)}\n`);
    return [];
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
