/**
 * Tells receivers what happens to migrations, in the background: a migration waits for none of it. Each event is on the disk until
 * its receiver has taken it, or until it is given up:
 *
 *     news ──▶ waiting (on the disk) ──2xx──▶ delivered
 *                 ▲   │ else
 *                 └───┘ after 5 s, 20 s, … 1 h      ──24 h, 410, or more than 1000 of one webhook──▶ dropped, and told
 */
import { ConfigError } from '../../config/config-error.ts';
import { REAL_TIMERS } from '../../journal/timers.ts';
import { within } from '../../journal/within.ts';
import type { LiveMigrations } from '../live-migrations.ts';
import { ATTEMPT_WITHIN_MS, backoffMs, deliver } from './deliver.ts';
import { Spool, type Waiting } from './spool.ts';
import { eventOf, newsOf, type Told, wants } from './webhook-event.ts';
import { loadWebhooks, type Webhook } from './webhooks-file.ts';

export interface WebhookParts {
  readonly file: string;
  /** Where events wait. */
  readonly folder: string;
  readonly live: LiveMigrations;
  say(sentence: string): void;
  /** For metrics. */
  counted(webhook: string, what: 'delivered' | 'failed' | 'dropped'): void;
  waiting(webhook: string, count: number): void;
}

const MOST_UNDER_WAY = 4;
const CLOSED_WITHIN_MS = 2000;

export const BOUNDS = {
  firstRetryMs: 5000,
  attemptWithinMs: ATTEMPT_WITHIN_MS,
  givenUpAfterMs: 24 * 3600e3,
  /** Of one webhook. */
  mostWaiting: 1000,
};

export class Webhooks {
  private readonly parts: WebhookParts;
  private readonly bounds: typeof BOUNDS;
  private readonly spool: Spool;
  private hooks: readonly Webhook[];
  private readonly waitingFor = new Map<string, Waiting[]>();
  private readonly told = new Map<string, Told>();
  /** Whose last attempt failed: so that the log is told of the change only. */
  private readonly failing = new Set<string>();
  private readonly ending = new AbortController();
  private readonly work = new Set<Promise<void>>();
  private readonly unsubscribe: () => void;
  private timer: NodeJS.Timeout | undefined;

  /** @throws {ConfigError} */
  constructor(parts: WebhookParts, bounds: Partial<typeof BOUNDS> = {}) {
    this.parts = parts;
    this.bounds = { ...BOUNDS, ...bounds };
    this.hooks = loadWebhooks(parts.file);
    this.spool = new Spool(parts.folder);
    for (const { name } of this.hooks) this.count(name);
    this.unsubscribe = parts.live.subscribe((id) => this.look(id));
    this.doing(this.takeUp());
  }

  /** On SIGHUP. */
  readAgain(): void {
    try {
      this.hooks = loadWebhooks(this.parts.file);
      for (const { name } of this.hooks) this.count(name);
      this.parts.say(
        `webhooks read again (${this.parts.file}): ${this.hooks.map(({ name }) => name).join(', ')}`,
      );
      this.pump();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const problem of error.problems) this.parts.say(`webhooks not taken: ${problem}`);
    }
  }

  /** What waits is delivered by the next service. */
  async close(): Promise<void> {
    this.unsubscribe();
    clearTimeout(this.timer);
    this.ending.abort();
    await within(CLOSED_WITHIN_MS, Promise.allSettled(this.work), REAL_TIMERS);
  }

  private look(id: string): void {
    const live = this.parts.live.get(id);
    if (!live) {
      this.told.delete(id);
      return;
    }
    const told = this.told.get(id) ?? { isOlder: live.lastSeq > 0, events: new Set() };
    const news = newsOf(live, told);
    if (news.length > 0 || !this.told.has(id))
      this.told.set(id, { ...told, events: new Set([...told.events, ...news]) });
    for (const event of news) {
      const document = eventOf(live, event);
      const message = { id: `${id}.${event}`, body: JSON.stringify(document) };
      for (const hook of this.hooks)
        if (wants(hook, event, document.data)) this.doing(this.add(hook.name, message));
    }
  }

  private async takeUp(): Promise<void> {
    for (const each of await this.spool.read()) this.listOf(each.webhook).push(each);
    for (const [name, list] of this.waitingFor) {
      this.count(name);
      if (list.length > 0 && this.hooks.some((hook) => hook.name === name))
        this.parts.say(`webhook ${name}: goes on with ${list.length} that wait`);
    }
    this.pump();
  }

  private async add(name: string, message: { id: string; body: string }): Promise<void> {
    const list = this.listOf(name);
    if (list.some(({ id }) => id === message.id)) return;
    list.push(await this.spool.add(name, message, Date.now()));
    const { mostWaiting } = this.bounds;
    // Several may be added at once.
    const oldest = list.find(({ isUnderWay }) => !isUnderWay);
    if (list.length > mostWaiting && oldest) await this.drop(oldest, `more than ${mostWaiting} wait`);
    this.count(name);
    this.pump();
  }

  /** Begins what is due, and comes back when the next is. */
  private pump(): void {
    clearTimeout(this.timer);
    if (this.ending.signal.aborted) return;
    const now = Date.now();
    let next = now + 3600e3;
    for (const [name, list] of this.waitingFor) {
      const hook = this.hooks.find((each) => each.name === name);
      let underWay = list.filter(({ isUnderWay }) => isUnderWay).length;
      for (const each of [...list]) {
        if (each.isUnderWay) continue;
        // Its webhook may come back with the next SIGHUP.
        if (!hook || each.dueAt > now) next = Math.min(next, hook ? each.dueAt : next);
        else if (underWay < MOST_UNDER_WAY) {
          underWay += 1;
          each.isUnderWay = true;
          this.doing(this.attempt(hook, each));
        }
        if (!hook && now - each.since > this.bounds.givenUpAfterMs)
          this.doing(this.drop(each, 'its webhook is not in the file any more'));
      }
    }
    this.timer = setTimeout(() => this.pump(), next - now).unref();
  }

  private async attempt(hook: Webhook, each: Waiting): Promise<void> {
    const body = await this.spool.bodyOf(each);
    if (body === undefined) return await this.drop(each, 'its file has gone');
    const { attemptWithinMs, firstRetryMs, givenUpAfterMs } = this.bounds;
    const delivered = await deliver(hook, { id: each.id, body }, this.ending.signal, attemptWithinMs);
    each.isUnderWay = false;
    if (this.ending.signal.aborted && !delivered.taken) return;
    if (delivered.taken) {
      await this.takeOut(each, 'delivered');
      if (this.failing.delete(hook.name)) this.parts.say(`webhook ${hook.name}: takes events again`);
    } else {
      const { why, isUnwanted, retryAfterMs } = delivered;
      each.attempts += 1;
      each.dueAt =
        Date.now() + Math.max(retryAfterMs ?? 0, backoffMs(each.attempts, Math.random(), firstRetryMs));
      this.parts.counted(hook.name, 'failed');
      if (isUnwanted) await this.drop(each, why);
      else if (each.dueAt - each.since > givenUpAfterMs)
        await this.drop(each, `${why}, for ${Math.round((Date.now() - each.since) / 3600e3)} hours`);
      else this.sayFailing(hook, why);
    }
    this.pump();
  }

  private sayFailing({ name, url }: Webhook, why: string): void {
    if (this.failing.has(name)) return;
    this.failing.add(name);
    // Not the whole of it: with some receivers the path is a secret.
    this.parts.say(
      `webhook ${name}: ${URL.parse(url)?.origin} does not take events (${why}): they wait, and are tried again`,
    );
  }

  private async drop(each: Waiting, why: string): Promise<void> {
    this.parts.say(`webhook ${each.webhook}: ${each.id} is not delivered, and given up: ${why}`);
    await this.takeOut(each, 'dropped');
  }

  private async takeOut(each: Waiting, what: 'delivered' | 'dropped'): Promise<void> {
    const list = this.listOf(each.webhook);
    const at = list.indexOf(each);
    if (at === -1) return;
    list.splice(at, 1);
    this.parts.counted(each.webhook, what);
    this.count(each.webhook);
    await this.spool.remove(each);
  }

  private count(name: string): void {
    this.parts.waiting(name, this.listOf(name).length);
  }

  private listOf(name: string): Waiting[] {
    const list = this.waitingFor.get(name) ?? [];
    this.waitingFor.set(name, list);
    return list;
  }

  /** Is waited for when it closes. */
  private doing(work: Promise<void>): void {
    this.work.add(work);
    const done = () => this.work.delete(work);
    work.then(done, (error: unknown) => {
      done();
      this.parts.say(`a mistake of ours: webhooks: ${error instanceof Error ? error.stack : String(error)}`);
    });
  }
}
