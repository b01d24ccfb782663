import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { KEEP_BYTES, KEEP_FOR_MS, type PruneReport } from '../journal/journal-store.ts';
import { stateDirectory } from '../journal/state-directory.ts';
import { shown } from '../model/shown.ts';
import { formatBytes } from '../model/units.ts';
import { EXIT } from './exit-status.ts';
import { standardError } from './output/standard.ts';

/** What commander hands over. */
export interface PruneLimits {
  readonly olderThan?: number;
  readonly maxSize?: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `switchover prune`. @returns the exit status */
export async function prune(options: PruneLimits & { readonly stateDir?: string }): Promise<number> {
  const journals = new FolderJournals(stateDirectory(options.stateDir));
  const dryRun = options.dryRun === true;
  const maxBytes = options.maxSize ?? KEEP_BYTES;
  const report = await journals.prune({ olderThanMs: options.olderThan ?? KEEP_FOR_MS, maxBytes, dryRun });
  return tellPruned(report, maxBytes, options);
}

/** @returns the exit status */
export function tellPruned(report: PruneReport, maxBytes: number, options: PruneLimits): number {
  const dryRun = options.dryRun === true;
  if (options.json) process.stdout.write(`${JSON.stringify({ schema: 1, dryRun, ...report }, null, 2)}\n`);
  else process.stdout.write(`${textOf(report, maxBytes, dryRun)}\n`);
  for (const problem of report.problems) standardError().write(`switchover: ${shown(problem)}\n`);
  return report.problems.length === 0 ? EXIT.migrated : EXIT.unexpected;
}

const REASONS = { age: 'for its age', size: 'for the size of all' };

function textOf({ removed, kept }: PruneReport, maxBytes: number, dryRun: boolean): string {
  const lines = removed.map(
    ({ id, bytes, because }) =>
      `${dryRun ? 'would remove' : 'removed'} ${id} (${formatBytes(bytes)}, ${REASONS[because]})`,
  );
  lines.push(
    `${counted(removed.length)} ${dryRun ? 'would go' : 'removed'}, ${counted(kept.count)} of ${formatBytes(kept.bytes)} ${dryRun ? 'would be left' : 'left'}`,
  );
  if (kept.bytes > maxBytes)
    lines.push(
      `what is left is over --max-size ${formatBytes(maxBytes)}: unfinished journals go by their age only`,
    );
  return lines.join('\n');
}

function counted(count: number): string {
  return count === 1 ? '1 journal' : `${count} journals`;
}
