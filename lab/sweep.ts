/**
 * Ends labs, whoever opened them, and finds those that nobody will end any more.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostsAreEmpty, listHosts, removeHosts, removeHostsNow } from './hosts.ts';
import { identify, isRunning, runsWith } from './process-identity.ts';
import { allLabIds, listRunFolders, type RunFolder, removeRunFolder } from './run-folder.ts';
import { waitFor } from './wait.ts';

/** Kills a lab's QEMUs and removes its hosts and files. */
export async function endLab(folder: Pick<RunFolder, 'id' | 'path'>): Promise<void> {
  const killed = killQemus(folder.path);
  await waitFor(
    `the QEMUs of lab ${folder.id} to end`,
    async () => (killed.some(isRunning) ? undefined : true),
    { timeoutMs: 30_000, everyMs: 10 },
  );
  await removeHosts(folder.id);
  removeRunFolder(folder.path);
}

/** As {@link endLab}, when nothing can be awaited any more. */
export function endLabNow(folder: Pick<RunFolder, 'id' | 'path'>): void {
  killQemus(folder.path);
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
  for (const id of await listHosts()) {
    // In this order: a lab makes its folder before its namespaces and removes it after them.
    if (allLabIds().has(id) || !(await hostsAreEmpty(id))) continue;
    await removeHosts(id);
    swept.push(id);
  }
  return swept;
}

/** @returns true when no QEMU of that lab is left */
export function isStale(folder: RunFolder): boolean {
  return qemuPids(folder.path).length === 0;
}

function killQemus(folderPath: string) {
  const running = qemuPids(folderPath)
    .map(identify)
    .filter((process) => process !== undefined);
  for (const { pid } of running) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself in between.
    }
  }
  return running;
}

function qemuPids(folderPath: string): number[] {
  return pidFiles(folderPath)
    .map((path) => Number(readFileSync(path, 'utf8')))
    .filter((pid) => runsWith(pid, folderPath));
}

function pidFiles(folderPath: string): string[] {
  try {
    const names = readdirSync(folderPath).filter((name) => name.endsWith('.pid'));
    return names.map((name) => join(folderPath, name));
  } catch {
    return [];
  }
}
