/** What the commands have in common that run until they are told to end. */
import { ConfigError } from '../config/config-error.ts';
import { findConfig } from '../config/config-file.ts';
import { JsonLog, TextLog, type WatchLog } from '../watch/watch-log.ts';
import type { Watcher } from '../watch/watcher.ts';
import { EXIT } from './exit-status.ts';
import { flushOutput, LAST_WORDS_MS, standardOutput } from './output/standard.ts';

/** On standard output. */
export function daemonLog(output: 'text' | 'jsonl' | undefined): WatchLog {
  const write = (text: string) => standardOutput().write(text);
  return output === 'jsonl' ? new JsonLog(write) : new TextLog(write);
}

/** On SIGHUP. What is wrong is told, and the configuration stays as it was. */
export function readAgainOnHangUp(watcher: Watcher, file: string | undefined, log: WatchLog): void {
  process.on('SIGHUP', () => {
    try {
      watcher.config = findConfig(file);
      log.say(
        `configuration read again (${watcher.config.file ?? 'there is no file'}): it holds for migrations from now on`,
      );
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const problem of error.problems) log.say(`configuration not taken: ${problem}`);
    }
  });
}

/** @returns the signal, once it has said so */
export async function toldToEnd(log: WatchLog): Promise<string> {
  const signal = await new Promise<string>((resolve) => {
    process.once('SIGINT', () => resolve('SIGINT'));
    process.once('SIGTERM', () => resolve('SIGTERM'));
  });
  log.say(`ending on ${signal}: migrations under way go on without switchover`);
  return signal;
}

/** @returns the exit status: told to end, a reader that does not read must not keep it */
export async function ended(): Promise<number> {
  if (!(await flushOutput(LAST_WORDS_MS))) process.exit(EXIT.migrated);
  return EXIT.migrated;
}
