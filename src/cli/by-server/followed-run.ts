/** A migration that a service drives, as a command follows it: shown from the journal's entries, as one of its own is. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SwitchoverClient } from '../../client/client.ts';
import type { JournalEntry as WrittenEntry } from '../../client/generated/api.ts';
import type { Link } from '../../client/lasting-stream.ts';
import { ServiceError } from '../../client/service-error.ts';
import { UnreachableError } from '../../client/unreachable.ts';
import type { JournalEntry } from '../../journal/journal-entry.ts';
import type { Outcome } from '../../journal/outcome.ts';
import { parseEntry } from '../../journal/parse-entry.ts';
import type { Cancelled } from '../../migration/supervisor.ts';
import { formatDuration } from '../../model/units.ts';
import type { Reporter } from '../render/reporter.ts';

type End = Pick<Outcome, 'outcome' | 'runsOn'>;

/** Whoever lets go knows no more than that it goes on. */
const DETACHED: End = { outcome: 'detached', runsOn: 'unknown' };
const RECONNECT_FOR_MS = 60_000;
const CANCEL_AGAIN_MS = 1000;

export class FollowedRun {
  readonly id: string;
  readonly outcome: Promise<End>;
  private readonly client: SwitchoverClient;
  private readonly reporter: Reporter;
  private readonly reconnectForMs: number;
  private readonly leaving = new AbortController();
  private lost = false;

  /** @param reconnectForMs how long the service is looked for once the way to it is lost */
  constructor(client: SwitchoverClient, id: string, reporter: Reporter, reconnectForMs = RECONNECT_FOR_MS) {
    this.client = client;
    this.id = id;
    this.reporter = reporter;
    this.reconnectForMs = reconnectForMs;
    this.outcome = this.follow();
    // It is looked at later; until then a refusal waits.
    this.outcome.catch(() => {});
  }

  /** The same words as for one of our own. */
  async cancel(reason: string): Promise<Cancelled> {
    for (;;) {
      try {
        await this.client.cancel(this.id, { reason });
        return 'cancelled';
      } catch (error) {
        if (error instanceof ServiceError) {
          this.reporter.say(`not cancelled: ${error.message}`);
          return error.status >= 500 ? 'failed' : 'too-late';
        }
        if (!(error instanceof UnreachableError)) throw error;
        // Nobody else was told: it is tried as long as it is followed.
        if (this.leaving.signal.aborted) return 'failed';
        await sleep(CANCEL_AGAIN_MS);
      }
    }
  }

  /** Only this command lets go: the service goes on. */
  async detach(): Promise<void> {
    this.leaving.abort();
  }

  private async follow(): Promise<End> {
    let end: End | undefined;
    try {
      const options = {
        signal: this.leaving.signal,
        reconnectForMs: this.reconnectForMs,
        linkIs: (link: Link) => this.linkIs(link),
      };
      for await (const written of this.client.follow(this.id, options)) {
        const entry = this.entryFrom(written);
        if (!entry) continue;
        this.reporter.take(entry);
        if (entry.type === 'ended') end = entry.outcome;
      }
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      if (end === undefined)
        this.reporter.say(
          `${error.message}; nobody answered for ${formatDuration(this.reconnectForMs)}: the migration goes on there, and \`switchover follow ${this.id}\` follows it again`,
        );
    } finally {
      this.leaving.abort();
    }
    return end ?? DETACHED;
  }

  private linkIs(link: Link): void {
    if (link.state === 'lost' && !this.lost) {
      this.lost = true;
      this.reporter.say(
        `the connection to ${this.client.where} is lost: trying again; the migration goes on there`,
      );
    } else if (link.state === 'live' && this.lost) {
      this.lost = false;
      this.reporter.say('the connection is back');
    }
  }

  private entryFrom(written: WrittenEntry): JournalEntry | undefined {
    const { entry, problem } = parseEntry(JSON.stringify(written), `entry ${written.seq} of ${this.id}`);
    if (problem !== undefined) this.reporter.say(`warning: ${problem}`);
    return entry;
  }
}
