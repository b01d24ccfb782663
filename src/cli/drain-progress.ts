/** What whoever follows a drain is told, until nothing of it goes on without a person: wherever it is looked at. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CALMER_MOMENT } from '../drain/calm.ts';
import type { DrainStatus } from '../fleet/drain-status.ts';

/** How a drain is looked at by whoever follows it. */
export interface DrainLook {
  readonly everyMs: number;
  /** @returns undefined where it cannot be said for the moment @throws {Error} where it is looked at no more */
  now(): Promise<DrainStatus | undefined>;
  /** What else there is to tell while it goes on. */
  further?(status: DrainStatus): Promise<void>;
}

/** As `untilOver`, whoever says how it stands. */
export async function lookUntilOver(
  look: DrainLook,
  letGo: AbortSignal,
  tell: (words: string) => void,
): Promise<DrainStatus | undefined> {
  const progress = new Progress(tell);
  let last: DrainStatus | undefined;
  while (!letGo.aborted) {
    const status = await look.now();
    if (status) {
      last = status;
      progress.tell(status);
      if (isOver(status)) break;
      await look.further?.(status);
    }
    await sleep(look.everyMs, undefined, { signal: letGo }).catch(() => {});
  }
  return last;
}

/** Only a person, or something outside, brings it on. */
function isOver({ state, vms, heldBy }: DrainStatus): boolean {
  const isMoving = vms.some((vm) => vm.state === 'moving' || vm.state === 'stopping');
  if (state === 'paused') return !isMoving && (heldBy !== null || vms.some((vm) => vm.state === 'unknown'));
  return state === 'empty' || state === 'ended' || state === 'blocked';
}

/** A line whenever something is news. */
class Progress {
  private readonly say: (words: string) => void;
  private readonly before = new Map<string, string>();
  private trouble: string | null = null;

  constructor(say: (words: string) => void) {
    this.say = say;
  }

  tell({ state, words, vms, trouble }: DrainStatus): void {
    // That it is tried again in so many seconds is news once.
    for (const { uuid, name, state: is, words: vmWords, to, reason, notice, tries } of vms)
      if (is === 'queued' && notice && this.isNews(`${uuid} notice`, `${notice.until} ${notice.unheard}`))
        this.say(`${name}: ${vmWords}`);
      else if (
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
