/**
 * The ids of a folder's journals, kept up as the system tells what is new there: a hundred thousand names are not read anew each
 * time that somebody looks at the newest fifty.
 */
import type { JournalStore } from '../journal-store.ts';
import { countOlder } from '../migration-id.ts';
import { FolderChanges } from './folder-changes.ts';
import { JournalPaths } from './journal-paths.ts';

/** What the system did not tell is found by then. */
const READ_EVERY_MS = 600_000;

export class FolderIds {
  private readonly store: Pick<JournalStore, 'list'>;
  private readonly changes: FolderChanges;
  private readonly changed = new Set<string>();
  private ids: Promise<string[]> | undefined;
  private readAgainMs = 0;

  constructor(stateDir: string, store: Pick<JournalStore, 'list'>) {
    this.store = store;
    this.changes = new FolderChanges(new JournalPaths(stateDir), (id) => this.changed.add(id));
  }

  /** @throws {JournalError} where the folder cannot be read */
  async oldestFirst(): Promise<readonly string[]> {
    const known = this.ids;
    if (known === undefined || performance.now() >= this.readAgainMs) return await this.read();
    const ids = await known;
    for (const id of [...this.changed]) {
      this.changed.delete(id);
      const isThere = (await this.changes.of(id)).journal > 0;
      const at = countOlder(ids, id);
      if (isThere !== (ids[at] === id)) ids.splice(at, isThere ? 0 : 1, ...(isThere ? [id] : []));
    }
    return ids;
  }

  close(): void {
    this.changes.close();
    this.ids = undefined;
  }

  private async read(): Promise<readonly string[]> {
    // First: what changes from here on is told. Where it is not, they are read each time.
    const isTold = this.changes.listen();
    this.changed.clear();
    const ids = this.store.list().then((list) => [...list]);
    this.ids = isTold ? ids : undefined;
    this.readAgainMs = performance.now() + READ_EVERY_MS;
    try {
      return await ids;
    } catch (error) {
      this.ids = undefined;
      throw error;
    }
  }
}
