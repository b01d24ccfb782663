import { documentOf, type MigrationDocument } from '../journal/document.ts';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { JournalError } from '../journal/journal-error.ts';
import type { JournalStore } from '../journal/journal-store.ts';
import { stateDirectory } from '../journal/state-directory.ts';
import { type MigrationView, viewOf } from '../journal/view.ts';
import { shown } from '../model/shown.ts';
import { table } from '../model/table.ts';
import { formatBytes, formatDuration } from '../model/units.ts';
import type { ServerOptions } from './by-server/connect.ts';
import { standardError } from './output/standard.ts';

/** `switchover list`. @returns the exit status */
export async function list(
  options: ServerOptions & { readonly json?: boolean; readonly stateDir?: string },
): Promise<number> {
  const { place, documents } = await listed(options);
  if (options.json) process.stdout.write(`${JSON.stringify(documents, null, 2)}\n`);
  else if (documents.length === 0) process.stderr.write(`no migrations in ${place} yet\n`);
  else process.stdout.write(`${table([HEADINGS, ...documents.map(row)])}\n`);
  return 0;
}

/** The oldest first. */
async function listed(
  options: Parameters<typeof list>[0],
): Promise<{ readonly place: string; readonly documents: readonly MigrationDocument[] }> {
  if (options.server !== undefined) {
    const { throughServer } = await import('./by-server/connect.ts');
    const { documentsAt } = await import('./by-server/list.ts');
    return await throughServer(options, async (client) => ({
      place: client.where,
      documents: await documentsAt(client),
    }));
  }
  const place = stateDirectory(options.stateDir);
  const journals = new FolderJournals(place);
  const documents: MigrationDocument[] = [];
  for (const id of await journals.list()) {
    const view = await readOrWarn(journals, id);
    if (view) documents.push(documentOf(view));
  }
  return { place, documents };
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

function row(document: MigrationDocument): string[] {
  const { id, vm, policy, outcome, runsOn, pauseMs, totalMs, sentBytes } = document;
  const start = [id, vm, policy];
  if (outcome === null) return [...start, 'not seen to its end', '?', '-', '-', '-'];
  return [
    ...start,
    outcome,
    runsOn,
    pauseMs === null ? '-' : formatDuration(pauseMs),
    formatDuration(totalMs),
    formatBytes(sentBytes),
  ];
}
