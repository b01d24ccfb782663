import { setImmediate as turn } from 'node:timers/promises';

/**
 * Everything that waits for promises has run, and everything that waits for this machine's disk. Of a virtual clock before
 * code that keeps journals: on a busy machine a migration would else be over before its first line is written.
 */
export async function diskSettled(): Promise<void> {
  do await turn();
  while (process.getActiveResourcesInfo().some((kind) => kind.startsWith('FSReq')));
}
