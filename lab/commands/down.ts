import { chooseLab } from '../kept-lab.ts';
import { listRunFolders, type RunFolder } from '../run-folder.ts';
import { endLab, sweep } from '../sweep.ts';
import { UsageError } from '../usage-error.ts';
import { readArguments } from './arguments.ts';
import { progress } from './output.ts';

/** Ends a lab, or with --all every kept one, and removes what dead labs have left. */
export async function down(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, { all: { type: 'boolean', default: false } }, 1);
  if (values.all && positionals.length > 0) throw new UsageError('give either a lab or --all, not both');
  const folders = values.all ? listRunFolders().filter((folder) => folder.keep) : [chooseLab(positionals[0])];
  folders.forEach(refuseUsed);
  for (const folder of folders) {
    await endLab(folder);
    progress(`lab ${folder.id} is gone`);
  }
  await sweep();
  return 0;
}

function refuseUsed(folder: RunFolder): void {
  if (!folder.keep && folder.owned)
    throw new UsageError(
      `lab "${folder.id}" is used by a running program: end that, and the lab goes with it`,
    );
}
