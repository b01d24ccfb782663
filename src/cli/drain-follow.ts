/** Carries a drain out and shows it, until it is over, or nothing of it can go on without a person. */
import type { Config } from '../config/config.ts';
import type { HookPrograms } from '../drain/stages.ts';
import { readDrainDetail } from '../fleet/drain-detail.ts';
import { deadlineVerdict, forecastEndOf, openingsOn } from '../fleet/drain-forecast.ts';
import { type DrainRows, readDrain } from '../fleet/drain-rows.ts';
import { type DrainStatus, drainStatusOf } from '../fleet/drain-status.ts';
import { type KeptPlan, readKeptPlan } from '../fleet/kept-plan.ts';
import { startDrains } from '../fleet/libvirt-runner.ts';
import type { RunStore } from '../migration/run.ts';
import type { Estimate } from '../model/interval.ts';
import { formatDuration } from '../model/units.ts';
import type { Database } from '../postgres/database.ts';
import { StoreError } from '../postgres/store-error.ts';
import { say, writeDrain } from './drain-options.ts';
import { lookUntilOver } from './drain-progress.ts';
import { EXIT } from './exit-status.ts';
import { beScheduledPromptly } from './priority.ts';

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
    if (last) writeDrain(last, json);
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
  const outlook = new Outlook(tell);
  let rows: DrainRows | undefined;
  const look = {
    everyMs: LOOK_EVERY_MS,
    now: async () => {
      rows = await whereIsDatabase(async () => await readDrain(database, id));
      return rows && drainStatusOf(rows);
    },
    further: async ({ state }: DrainStatus) => {
      const seen = rows;
      if (seen) await whereIsDatabase(async () => await outlook.tell(database, seen, state));
    },
  };
  return await lookUntilOver(look, letGo, tell);
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
    const openings = await openingsOn(rows.drain);
    const end = detail && forecastEndOf({ rows, detail, plan: this.plan, openings }, state);
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
