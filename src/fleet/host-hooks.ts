/**
 * The programs before and after a whole host: each is asked by one controller at a time, and again by another where the first is
 * gone. One that holds pauses the drain; going on with it asks again.
 */
import type { Stage } from '../drain/stages.ts';
import type { Database } from '../postgres/database.ts';
import type { DrainRow } from './drain-rows.ts';
import { parseDrainSettings } from './drain-settings.ts';
import { cancelDrain, endDrain, pauseDrain } from './drains.ts';
import { tell } from './events.ts';
import type { Answer, Hooks } from './hooks.ts';

type HostStage = Extract<Stage, `${string}-host`>;

/** Renewed while it runs. A controller that is gone is followed by another after that. */
const CLAIM_MS = 30_000;

const CLAIM = `
update fleet.drain set hook_until = clock_timestamp() + $2 * interval '1 ms'
where id = $1 and ended is null and coalesce(hook_until < clock_timestamp(), true) returning id`;

const RENEW = `update fleet.drain set hook_until = clock_timestamp() + $2 * interval '1 ms' where id = $1`;

export class HostHooks implements AsyncDisposable {
  private readonly database: Database;
  private readonly hooks: Hooks;
  private readonly letGo = new AbortController();
  private readonly running = new Set<Promise<void>>();

  constructor(database: Database, hooks: Hooks) {
    this.database = database;
    this.hooks = hooks;
  }

  /** In the background, unless another controller does. @throws {StoreError} */
  async ask(drain: DrainRow, stage: HostStage): Promise<void> {
    // Whoever has no program for it leaves it to others; the drain says what it waits for.
    if (drain.intent !== 'go' || this.letGo.signal.aborted || !this.hooks.has(stage)) return;
    if ((await this.database.query(CLAIM, [drain.id, CLAIM_MS])).length === 0) return;
    const asking = this.run(drain, stage).catch(() => {});
    this.running.add(asking);
    void asking.finally(() => this.running.delete(asking));
  }

  /** Ends what it asks; another controller asks again. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.letGo.abort();
    await Promise.all(this.running);
  }

  private async run(drain: DrainRow, stage: HostStage): Promise<void> {
    const { id, host } = drain;
    const renew = setInterval(() => {
      this.database.query(RENEW, [id, CLAIM_MS]).catch(() => {});
    }, CLAIM_MS / 3);
    let answer: Answer;
    try {
      answer = await this.hooks.ask(stage, { host, drain: id }, this.letGo.signal);
    } finally {
      clearInterval(renew);
    }
    if (!this.letGo.signal.aborted) await this.write(drain, stage, answer);
    await this.database.query('update fleet.drain set hook_until = null where id = $1', [id]);
  }

  private async write({ id }: DrainRow, stage: HostStage, answer: Answer): Promise<void> {
    const { database } = this;
    const column = stage === 'before-host' ? 'before_host' : 'after_host';
    const words = answer.is === 'go' ? null : answer.words;
    const isDone = answer.is === 'go' || (answer.is === 'skip' && stage === 'after-host');
    await database.query(
      `update fleet.drain set ${column} = $2, hook_words = $3, revision = revision + 1 where id = $1`,
      [id, isDone ? 'done' : null, words],
    );
    await tell(database, { kind: `hook-${answer.is}`, drain: id, data: { stage, words } });
    if (answer.is === 'hold') await pauseDrain(database, id);
    if (answer.is === 'skip' && stage === 'before-host') {
      await cancelDrain(database, id);
      await endDrain(database, id, 'cancelled');
    }
  }
}

/** What a drain has to ask before anything else of it begins. */
export function dueHostHook(
  { settings, beforeHost, afterHost, kind }: DrainRow,
  isEmpty: boolean,
): HostStage | undefined {
  if (kind === 'return') return undefined;
  const { hooks = [] } = parseDrainSettings(settings);
  if (hooks.includes('before-host') && beforeHost !== 'done') return 'before-host';
  if (isEmpty && hooks.includes('after-host') && afterHost !== 'done') return 'after-host';
  return undefined;
}
