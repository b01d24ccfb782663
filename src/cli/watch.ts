import { ConfigError } from '../config/config-error.ts';
import { findConfig } from '../config/config-file.ts';
import { assertUsableVirsh } from '../hypervisor/libvirt/virsh/usable-virsh.ts';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { stateDirectory } from '../journal/state-directory.ts';
import { VERSION } from '../version.ts';
import { ServiceManager, takeServiceManager } from '../watch/service-manager.ts';
import { JsonLog, TextLog } from '../watch/watch-log.ts';
import { Watcher } from '../watch/watcher.ts';
import { EXIT } from './exit-status.ts';
import { connectUri } from './hypervisor-of.ts';
import { flushOutput, LAST_WORDS_MS, standardOutput } from './output/standard.ts';
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
  const write = (text: string) => standardOutput().write(text);
  const log = options.output === 'jsonl' ? new JsonLog(write) : new TextLog(write);
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

  process.on('SIGHUP', () => {
    try {
      watcher.config = findConfig(options.config);
      log.say(
        `configuration read again (${watcher.config.file ?? 'there is no file'}): it holds for migrations from now on`,
      );
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const problem of error.problems) log.say(`configuration not taken: ${problem}`);
    }
  });
  const signal = await new Promise<string>((resolve) => {
    process.once('SIGINT', () => resolve('SIGINT'));
    process.once('SIGTERM', () => resolve('SIGTERM'));
  });
  log.say(`ending on ${signal}: migrations under way go on without switchover`);
  await Promise.all([watcher.close(`detached, as watch ended on ${signal}`), service?.stopping()]);
  // Told to end: a reader that does not read must not keep it.
  if (!(await flushOutput(LAST_WORDS_MS))) process.exit(EXIT.migrated);
  return EXIT.migrated;
}
