/** Carries a drain out and shows it, until it is over, or nothing of it can go on without a person. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import { CALMER_MOMENT } from '../drain/calm.ts';
import type { HookPrograms } from '../drain/stages.ts';
import { readDrainDetail } from '../fleet/drain-detail.ts';
import { deadlineVerdict, forecastEndOf } from '../fleet/drain-forecast.ts';
import { type DrainRows, readDrain } from '../fleet/drain-rows.ts';
import { type DrainStatus, drainStatusOf } from '../fleet/drain-status.ts';
import { type KeptPlan, readKeptPlan } from '../fleet/kept-plan.ts';
import { startDrains } from '../fleet/libvirt-runner.ts';
import type { RunStore } from '../migration/run.ts';
import type { Estimate } from '../model/interval.ts';
import { formatDuration } from '../model/units.ts';
import type { Database } from '../postgres/database.ts';
import { StoreError } from '../postgres/store-error.ts';
import { say } from './drain-options.ts';
import { EXIT } from './exit-status.ts';
import { beScheduledPromptly } from './priority.ts';
import { drainStatusText } from './render/drain-status-text.ts';

export interface CarriedOut {
  readonly database: Database;
  readonly store: RunStore;
  config(): Config;
  readonly hooks?: HookPrograms;
}

const LOOK_EVERY_MS = 300;

/** @returns the exit status */
export async function followDrain(
  { id, ...parts }: CarriedOut & { readonly id: string },
  { json, quiet }: { readonly json: boolean; readonly quiet: boolean },
): Promise<number> {
  return await carryOut(parts, async (letGo) => {
    const last = await untilOver({ database: parts.database, id, letGo }, (words) => {
      if (!quiet) say(`drain: ${words}`);
    });
    if (letGo.aborted)
      say(
        `drain: detached: what is on its way arrives by itself, and nothing new begins unless a service carries it out; \`switchover drain ${last?.kind === 'return' ? 'return ' : ''}${last?.host ?? 'HOST'}\` goes on with it`,
      );
    if (last) process.stdout.write(json ? `${JSON.stringify(last, null, 2)}\n` : drainStatusText(last));
    return letGo.aborted || !last ? EXIT.detached : last.exitStatus;
  });
}

/** Carries out whatever drains there are, until that has been done, or a signal lets go of them. */
export async function carryOut<T>(
  { database, store, config, hooks }: CarriedOut,
  doing: (letGo: AbortSignal) => Promise<T>,
): Promise<T> {
  beScheduledPromptly();
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
    return await doing(signal.signal);
  } finally {
    for (const each of SIGNALS) process.off(each, detach);
    process.off('SIGHUP', stay);
  }
}

/**
 * Until it is over, nothing of it can go on without a person, or it is let go of.
 * @param tell a line whenever something is news @returns how it stood last; undefined: nobody could say
 */
export async function untilOver(
  { database, id, letGo }: { readonly database: Database; readonly id: string; readonly letGo: AbortSignal },
  tell: (words: string) => void,
): Promise<DrainStatus | undefined> {
  const progress = new Progress(tell);
  const outlook = new Outlook(tell);
  let last: DrainStatus | undefined;
  while (!letGo.aborted) {
    const rows = await whereIsDatabase(async () => await readDrain(database, id));
    if (rows) last = drainStatusOf(rows);
    if (last) progress.tell(last);
    if (last && isOver(last)) break;
    if (rows && last)
      await whereIsDatabase(async () => await outlook.tell(database, rows, last?.state ?? ''));
    await sleep(LOOK_EVERY_MS);
  }
  return last;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** A database that is away comes back: migrations go on meanwhile. */
async function whereIsDatabase<T>(doing: () => Promise<T>): Promise<T | undefined> {
  try {
    return await doing();
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

/** Only a person, or something outside, brings it on. */
export function isOver({ state, vms, heldBy }: DrainStatus): boolean {
  const isMoving = vms.some((vm) => vm.state === 'moving' || vm.state === 'stopping');
  if (state === 'paused') return !isMoving && (heldBy !== null || vms.some((vm) => vm.state === 'unknown'));
  return state === 'empty' || state === 'ended' || state === 'blocked';
}

/** A line whenever something is news. */
export class Progress {
  private readonly say: (words: string) => void;
  private readonly before = new Map<string, string>();
  private trouble: string | null = null;

  constructor(say: (words: string) => void) {
    this.say = say;
  }

  tell({ state, words, vms, trouble }: DrainStatus): void {
    // That it is tried again in so many seconds is news once.
    for (const { uuid, name, state: is, words: vmWords, to, reason, tries } of vms)
      if (
        this.isNews(uuid, [is, is === 'queued' ? '' : to, reason?.code, reason?.words].join(' ')) &&
        is !== 'queued'
      )
        this.say(`${name}: ${vmWords}`);
      else if (is === 'queued' && reason && this.isNews(`${uuid} waits`, newsOf(reason, tries)))
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
}

/** What it would be like now is another figure with each look: that it waits, or does so again, is the news. */
function newsOf({ code, words }: { readonly code: string; readonly words: string }, tries: number): string {
  return code === CALMER_MOMENT ? `${code} ${tries}` : words;
}

/** When those that can leave will have left: told once it is known, and whenever what it means for the deadline is news. */
class Outlook {
  private readonly say: (words: string) => void;
  private plan: KeptPlan | undefined;
  private askedAtMs = Number.NEGATIVE_INFINITY;
  private verdict: string | undefined;

  constructor(say: (words: string) => void) {
    this.say = say;
  }

  /** @throws {StoreError} */
  async tell(database: Database, rows: DrainRows, state: string): Promise<void> {
    if (performance.now() - this.askedAtMs < OUTLOOK_EVERY_MS) return;
    this.askedAtMs = performance.now();
    // It is written a moment after the drain, and does not change.
    if (!this.plan?.size) this.plan = await readKeptPlan(database, rows.drain.id);
    const detail = await readDrainDetail(database, rows.drain.id);
    const end = detail && forecastEndOf({ rows, detail, plan: this.plan }, state);
    if (!end) return;
    const { deadlineMs, nowMs } = rows.drain;
    const verdict = deadlineMs === null ? 'none' : deadlineVerdict(end, deadlineMs);
    if (verdict === this.verdict) return;
    this.verdict = verdict;
    this.say(`${outlookWords(end, nowMs)}${deadlineMs === null ? '' : `: ${DEADLINE_WORDS[verdict]}`}`);
  }
}

const OUTLOOK_EVERY_MS = 5000;

const DEADLINE_WORDS: Readonly<Record<string, string>> = {
  holds: 'the deadline holds',
  doubtful: 'the deadline may be missed',
  missed: 'the deadline will most likely be missed',
};

function outlookWords({ low, middle, high }: Estimate, nowMs: number): string {
  const inMs = (atMs: number) => formatDuration(Math.max(0, atMs - nowMs));
  return `those that can leave will have left in ${inMs(middle)} (${inMs(low)} to ${inMs(high)})`;
}
