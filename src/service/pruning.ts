/** Old journals of the folder go when a service begins, and once a day. Where it follows hosts, watch does that. */
import { errnoWords } from '../journal/errno-words.ts';
import { JournalError } from '../journal/journal-error.ts';
import type { JournalStore } from '../journal/journal-store.ts';
import { formatBytes } from '../model/units.ts';

const EVERY_MS = 24 * 3600e3;

export class Pruning {
  private readonly store: Pick<JournalStore, 'prune'>;
  private readonly say: (sentence: string) => void;
  private readonly everyMs: number;
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  /** @param everyMs for tests */
  constructor(store: Pick<JournalStore, 'prune'>, say: (sentence: string) => void, everyMs = EVERY_MS) {
    this.store = store;
    this.say = say;
    this.everyMs = everyMs;
  }

  start(): void {
    void this.goOn();
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
  }

  /** Never rejects. */
  private async goOn(): Promise<void> {
    const problem = await this.prune();
    if (problem !== undefined) this.say(`old journals could not be removed: ${problem}`);
    if (this.isClosed) return;
    this.timer = setTimeout(() => void this.goOn(), this.everyMs).unref();
  }

  /** @returns what was wrong */
  private async prune(): Promise<string | undefined> {
    try {
      const { removed, kept, problems } = await this.store.prune();
      const bytes = removed.reduce((sum, each) => sum + each.bytes, 0);
      if (removed.length > 0)
        this.say(
          `removed ${removed.length === 1 ? '1 old journal' : `${removed.length} old journals`} of ${formatBytes(bytes)} from the folder; ${kept.count} left`,
        );
      return problems[0];
    } catch (error) {
      return error instanceof JournalError ? error.message : errnoWords(error);
    }
  }
}
