import { isStale } from '../processes.ts';
import { listRunFolders } from '../run-folder.ts';
import { endLab, sweep as sweepDead } from '../sweep.ts';
import { readArguments } from './arguments.ts';
import { progress } from './output.ts';

/** Removes what dead labs have left, kept labs included when nothing of them runs any more. */
export async function sweep(args: readonly string[]): Promise<number> {
  readArguments(args, {}, 0);
  const swept = await sweepDead();
  for (const folder of listRunFolders()) {
    if (folder.owned || !isStale(folder)) continue;
    await endLab(folder);
    swept.push(folder.id);
  }
  progress(swept.length === 0 ? 'nothing to sweep' : `swept ${swept.join(', ')}`);
  return 0;
}
