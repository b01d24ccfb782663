/**
 * How often each may ask, and how much of it may be open at once. The unix socket is its owner's own and is not bounded: whoever may open it may
 * end the service too. Behind a proxy all have one address, so that what is bounded by address is generous, and a wrong
 * token shuts nobody out who has a right one.
 */
import { Pacer } from './pacer.ts';
import { Problem } from './problem.ts';

/** For each token; for each address where there is none. A page asks for some when it is opened, then follows a stream. */
const READS = { perSecond: 20, burst: 200 };
/** All that is not a GET: starts, cancels, limits, plans, replays. */
const ACTS = { perSecond: 1, burst: 60 };
const OF_AN_ADDRESS = { perSecond: 100, burst: 1000 };
const WRONG_TOKENS = { perSecond: 1 / 6, burst: 10 };
/** So often is the log told of an address. */
const TOLD = { perSecond: 1 / 600, burst: 1 };
/** Event streams and answers that are waited for. */
const MOST_OPEN = { ofOne: 100, ofAll: 1000 };

export type RefusedFor = 'rate' | 'open' | 'token';

export class Rates {
  private readonly reads = new Pacer(READS);
  private readonly acts = new Pacer(ACTS);
  private readonly addresses = new Pacer(OF_AN_ADDRESS);
  private readonly wrongTokens = new Pacer(WRONG_TOKENS);
  private readonly told = new Pacer(TOLD);
  private readonly open = new Map<string, number>();
  private openOfAll = 0;
  private readonly hear: { say(sentence: string): void; refused(why: RefusedFor): void };

  /** @param hear of each that is refused, and in words of an address that tries tokens */
  constructor(hear: Rates['hear']) {
    this.hear = hear;
  }

  /** Before anything else is looked at. @throws {Problem} 429 */
  assertAddressMay(address: string, nowMs = performance.now()): void {
    this.assertNow(this.addresses.waitMs(address, nowMs), `requests from ${address}`);
  }

  /** @throws {Problem} 429 */
  assertMay(who: string, method: string, nowMs = performance.now()): void {
    const reads = method === 'GET' || method === 'HEAD';
    const waitMs = (reads ? this.reads : this.acts).waitMs(who, nowMs);
    this.assertNow(waitMs, `requests that ${reads ? 'read' : 'act'}, of ${who}`);
  }

  /** @throws {Problem} 429 where it was not the first */
  wrongTokenFrom(address: string, nowMs = performance.now()): void {
    this.hear.refused('token');
    const waitMs = this.wrongTokens.waitMs(address, nowMs);
    if (waitMs > 0 && this.told.waitMs(address, nowMs) === 0)
      this.hear.say(`${address} tries tokens that are not known or have expired, over and over`);
    this.assertNow(waitMs, `wrong tokens from ${address}`);
  }

  /** @returns what says that it is not open any more @throws {Problem} 429 */
  opened(who: string): () => void {
    const ofOne = this.open.get(who) ?? 0;
    if (ofOne >= MOST_OPEN.ofOne || this.openOfAll >= MOST_OPEN.ofAll) {
      this.hear.refused('open');
      const whose = ofOne >= MOST_OPEN.ofOne ? `of ${who} (${ofOne})` : `here (${this.openOfAll})`;
      throw new Problem(
        429,
        'too-many-open',
        `too many event streams and waits are open ${whose}: close some`,
        {
          retryAfterS: 10,
        },
      );
    }
    this.openOfAll += 1;
    this.open.set(who, ofOne + 1);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.openOfAll -= 1;
      const left = (this.open.get(who) ?? 1) - 1;
      if (left > 0) this.open.set(who, left);
      else this.open.delete(who);
    };
  }

  private assertNow(waitMs: number, what: string): void {
    if (waitMs === 0) return;
    this.hear.refused('rate');
    const retryAfterS = Math.ceil(waitMs / 1000);
    throw new Problem(429, 'too-often', `too many ${what}: try again in ${retryAfterS} s`, { retryAfterS });
  }
}
