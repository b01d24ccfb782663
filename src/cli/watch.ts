import { findConfig } from '../config/config-file.ts';
import { assertUsableVirsh } from '../hypervisor/libvirt/virsh/usable-virsh.ts';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { stateDirectory } from '../journal/state-directory.ts';
import { VERSION } from '../version.ts';
import { ServiceManager, takeServiceManager } from '../watch/service-manager.ts';
import { Watcher } from '../watch/watcher.ts';
import { daemonLog, ended, readAgainOnHangUp, toldToEnd } from './daemon.ts';
import { connectUri } from './hypervisor-of.ts';
import { beScheduledPromptly } from './priority.ts';

export interface WatchOptions {
  readonly connect?: readonly string[];
  readonly config?: string;
  readonly output?: 'text' | 'jsonl';
  readonly stateDir?: string;
}

/** `switchover watch`. Runs until it is told to end. @returns the exit status */
export async function watch(options: WatchOptions): Promise<number> {
  // Before anything is started that would inherit it.
  const manager = takeServiceManager(process.env);
  const config = findConfig(options.config);
  await assertUsableVirsh();
  const configured = config.file === undefined ? [connectUri({})] : config.watch.connect;
  const uris = [...new Set(options.connect ?? configured)];
  const stateDir = stateDirectory(options.stateDir ?? config.watch.stateDir);
  const log = daemonLog(options.output);
  log.say(
    `switchover ${VERSION} watches ${uris.join(', ')} (${config.file ?? 'no configuration file'}; journals in ${stateDir})`,
  );
  beScheduledPromptly();
  const watcher = new Watcher({ uris, config, store: new FolderJournals(stateDir), log });
  const service =
    manager &&
    new ServiceManager({
      ...manager,
      health: () => watcher.health(),
      say: (sentence) => log.say(sentence),
    });

  readAgainOnHangUp(watcher, options.config, log);
  const signal = await toldToEnd(log);
  await Promise.all([watcher.close(`detached, as watch ended on ${signal}`), service?.stopping()]);
  return await ended();
}
