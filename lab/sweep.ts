/**
 * Ends labs, whoever opened them, and finds those that nobody will end any more.
 */
import { removeHosts, removeHostsNow } from './hosts.ts';
import { listNamespaces, pidsOnHosts } from './namespaces.ts';
import { killProcesses, killProcessesNow } from './processes.ts';
import { allLabIds, listRunFolders, type RunFolder, removeRunFolder } from './run-folder.ts';

/** Kills all processes of a lab and removes its hosts and files. */
export async function endLab(folder: Pick<RunFolder, 'id' | 'path'>): Promise<void> {
  await killProcesses(folder);
  await removeHosts(folder.id);
  removeRunFolder(folder.path);
}

/** As {@link endLab}, when nothing can be awaited any more. */
export function endLabNow(folder: Pick<RunFolder, 'id' | 'path'>): void {
  killProcessesNow(folder);
  removeHostsNow(folder.id);
  removeRunFolder(folder.path);
}

/**
 * Removes what labs have left behind whose owner died without closing them. Kept labs stay: `down` ends those.
 * @returns the ids of the labs removed
 */
export async function sweep(): Promise<string[]> {
  const swept: string[] = [];
  for (const folder of listRunFolders()) {
    if (folder.keep || folder.owned) continue;
    await endLab(folder);
    swept.push(folder.id);
  }
  return [...swept, ...(await sweepHosts())];
}

/** Namespaces whose run folder is gone (somebody emptied /tmp) and in which nothing lives. */
async function sweepHosts(): Promise<string[]> {
  const swept: string[] = [];
  for (const id of new Set(listNamespaces().map((namespace) => namespace.id))) {
    // In this order: a lab makes its folder before its namespaces and removes it after them.
    if (allLabIds().has(id) || (await pidsOnHosts(id)).length > 0) continue;
    await removeHosts(id);
    swept.push(id);
  }
  return swept;
}
