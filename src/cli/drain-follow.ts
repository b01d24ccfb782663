/** Carries a drain out and shows it, until it is over, or nothing of it can go on without a person. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import type { HookPrograms } from '../drain/stages.ts';
import { readDrain } from '../fleet/drain-rows.ts';
import { type DrainStatus, drainStatusOf } from '../fleet/drain-status.ts';
import { startDrains } from '../fleet/libvirt-runner.ts';
import type { RunStore } from '../migration/run.ts';
import type { Database } from '../postgres/database.ts';
import { StoreError } from '../postgres/store-error.ts';
import { say } from './drain-options.ts';
import { EXIT } from './exit-status.ts';
import { beScheduledPromptly } from './priority.ts';
import { drainStatusText } from './render/drain-status-text.ts';

interface Followed {
  readonly database: Database;
  readonly id: string;
  readonly store: RunStore;
  config(): Config;
  readonly hooks?: HookPrograms;
}

const LOOK_EVERY_MS = 300;

/** @returns the exit status */
export async function followDrain(
  { database, id, store, config, hooks }: Followed,
  { json, quiet }: { readonly json: boolean; readonly quiet: boolean },
): Promise<number> {
  beScheduledPromptly();
  const told = new Progress(quiet);
  const signal = new AbortController();
  const detach = () => signal.abort();
  for (const each of SIGNALS) process.on(each, detach);
  // An ssh session that ends is no wish to leave the drain half done.
  const stay = () => say('drain: the terminal is closed: it is carried out to its end all the same');
  process.on('SIGHUP', stay);
  try {
    await using runner = await startDrains({
      database,
      store,
      config,
      hooks,
      say: (words) => say(`drain: ${words}`),
    });
    void runner.closed.then(detach);
    let last: DrainStatus | undefined;
    while (!signal.signal.aborted) {
      last = (await statusOf(database, id)) ?? last;
      if (last) told.tell(last);
      if (last && isOver(last)) break;
      await sleep(LOOK_EVERY_MS);
    }
    if (signal.signal.aborted)
      say(
        `drain: detached: what is on its way arrives by itself, and nothing new begins unless a service carries it out; \`switchover drain ${last?.kind === 'return' ? 'return ' : ''}${last?.host ?? 'HOST'}\` goes on with it`,
      );
    if (last) process.stdout.write(json ? `${JSON.stringify(last, null, 2)}\n` : drainStatusText(last));
    return signal.signal.aborted || !last ? EXIT.detached : last.exitStatus;
  } finally {
    for (const each of SIGNALS) process.off(each, detach);
    process.off('SIGHUP', stay);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** A database that is away comes back: migrations go on meanwhile. */
async function statusOf(database: Database, id: string): Promise<DrainStatus | undefined> {
  try {
    const rows = await readDrain(database, id);
    return rows && drainStatusOf(rows);
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

/** Only a person, or something outside, brings it on. */
function isOver({ state, vms, heldBy }: DrainStatus): boolean {
  const isMoving = vms.some((vm) => vm.state === 'moving' || vm.state === 'stopping');
  if (state === 'paused') return !isMoving && (heldBy !== null || vms.some((vm) => vm.state === 'unknown'));
  return state === 'empty' || state === 'ended' || state === 'blocked';
}

/** A line whenever something is news. */
class Progress {
  private readonly quiet: boolean;
  private readonly before = new Map<string, string>();
  private trouble: string | null = null;

  constructor(quiet: boolean) {
    this.quiet = quiet;
  }

  tell({ state, words, vms, trouble }: DrainStatus): void {
    // That it is tried again in so many seconds is news once.
    for (const { uuid, name, state: is, words: vmWords, to, reason } of vms)
      if (
        this.isNews(uuid, [is, is === 'queued' ? '' : to, reason?.code, reason?.words].join(' ')) &&
        is !== 'queued'
      )
        this.say(`${name}: ${vmWords}`);
      else if (is === 'queued' && reason && this.isNews(`${uuid} waits`, reason.words))
        this.say(`${name}: ${vmWords}`);
    if (this.isNews('', state)) this.say(words);
    if (trouble !== null && trouble !== this.trouble) this.say(`its host does not answer: ${trouble}`);
    this.trouble = trouble;
  }

  private isNews(of: string, what: string): boolean {
    const isNews = this.before.get(of) !== what;
    this.before.set(of, what);
    return isNews;
  }

  private say(words: string): void {
    if (!this.quiet) say(`drain: ${words}`);
  }
}
