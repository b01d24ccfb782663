import type { JournalEntry } from '../journal-entry.ts';
import type { Outlet } from '../outlet.ts';

/** A disk that is full, hangs or breaks as a test says. */
export class ScriptedOutlet implements Outlet {
  readonly place = '/state/journal/one.jsonl';
  readonly kept: JournalEntry[] = [];
  readonly calls: string[] = [];
  /** Why the next writes fail; undefined: they do not. */
  failure: string | undefined;
  /** How many entries fit into one write, when {@link failure} is set. */
  fits = 0;
  syncFails = false;
  closeFails = false;
  private hanging: PromiseWithResolvers<void> | undefined;

  /** Writes do not settle until {@link goOn}. */
  hang(): void {
    this.hanging = Promise.withResolvers();
  }

  goOn(): void {
    this.hanging?.resolve();
    this.hanging = undefined;
  }

  async write(entries: readonly JournalEntry[]): Promise<void> {
    this.calls.push('write');
    await this.hanging?.promise;
    if (this.failure && entries.length > this.fits) throw coded(this.failure);
    this.kept.push(...entries);
  }

  async sync(): Promise<void> {
    this.calls.push('sync');
    if (this.syncFails) throw coded('EIO');
  }

  async read(fromSeq: number): Promise<readonly JournalEntry[]> {
    return this.kept.filter(({ seq }) => seq >= fromSeq);
  }

  async close(): Promise<void> {
    this.calls.push('close');
    if (this.closeFails) throw coded('EDQUOT');
  }

  async remove(): Promise<void> {
    this.calls.push('remove');
    if (this.closeFails) throw coded('EDQUOT');
  }
}

function coded(code: string): Error {
  return Object.assign(new Error(code), { code });
}
