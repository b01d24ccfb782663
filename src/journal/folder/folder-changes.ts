/** What is new in a folder of journals, whoever writes there: this process, or the command line's. */
import fs from 'node:fs';
import { errnoWords } from '../errno-words.ts';
import { JournalError } from '../journal-error.ts';
import { idOfFile, type JournalPaths } from './journal-paths.ts';
import { isSafeFolder } from './safe-path.ts';

/** How far a journal's two files go, or were read. */
export interface FileBytes {
  readonly journal: number;
  readonly samples: number;
}

export const NO_BYTES: FileBytes = { journal: 0, samples: 0 };

export class FolderChanges {
  private readonly paths: JournalPaths;
  private readonly changed: (id: string) => void;
  private watcher: fs.FSWatcher | undefined;

  /** @param changed hears the id of each journal that is written or removed */
  constructor(paths: JournalPaths, changed: (id: string) => void) {
    this.paths = paths;
    this.changed = changed;
  }

  /**
   * From now on, in the folder that is there now: makes it where there is none.
   * @returns false where the system tells no changes, and one has to look again and again
   * @throws {JournalError} where there can be no folder
   */
  listen(): boolean {
    this.close();
    try {
      fs.mkdirSync(this.paths.folder, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw new JournalError(`${this.paths.folder} cannot be made (${errnoWords(cause)})`, { cause });
    }
    try {
      this.watcher = fs.watch(this.paths.folder, { persistent: false }, (_, name) => {
        const file = name === null ? undefined : idOfFile(name);
        if (file) this.changed(file.id);
      });
      this.watcher.on('error', () => this.close());
      return true;
    } catch {
      // The system's watches are used up, or its file system has none.
      return false;
    }
  }

  close(): void {
    this.watcher?.close();
    this.watcher = undefined;
  }

  /** Of every journal. @throws {JournalError} where the folder cannot be read, or trusted */
  async all(): Promise<ReadonlyMap<string, FileBytes>> {
    const all = new Map<string, FileBytes>();
    if (!(await isSafeFolder(this.paths.folder))) return all;
    try {
      for await (const { name } of await fs.promises.opendir(this.paths.folder)) {
        const file = idOfFile(name);
        if (file && !file.samples) all.set(file.id, NO_BYTES);
      }
    } catch (cause) {
      throw new JournalError(`${this.paths.folder} cannot be read (${errnoWords(cause)})`, { cause });
    }
    for (const id of all.keys()) all.set(id, await this.of(id));
    return all;
  }

  /** Of files that are not there: 0. */
  async of(id: string): Promise<FileBytes> {
    const [journal, samples] = await Promise.all([
      sizeOf(this.paths.journal(id)),
      sizeOf(this.paths.samples(id)),
    ]);
    return { journal, samples };
  }
}

async function sizeOf(file: string): Promise<number> {
  const stats = await fs.promises.lstat(file).catch(() => undefined);
  return stats?.size ?? 0;
}
