/** The journals of one state folder. */
import fs from 'node:fs';
import { errnoWords } from '../errno-words.ts';
import { findId } from '../find-id.ts';
import { concernsTheNext } from '../former-settings.ts';
import type { JournalEntry, Opened } from '../journal-entry.ts';
import { JournalError } from '../journal-error.ts';
import type {
  JournalReading,
  JournalStore,
  JournalWriter,
  NewOpening,
  PruneOptions,
  PruneReport,
  Show,
  VmKey,
} from '../journal-store.ts';
import { newMigrationId, sortIds } from '../migration-id.ts';
import { Recorder, type RecorderOptions } from '../recorder.ts';
import { isUnfinished } from '../unfinished.ts';
import type { MigrationView } from '../view.ts';
import { FileOutlet, type OutletFiles } from './file-outlet.ts';
import { JournalPaths } from './journal-paths.ts';
import { pruneFolder } from './prune-folder.ts';
import { readEntries } from './read-lines.ts';
import { readView } from './read-view.ts';
import { isSafeFolder } from './safe-path.ts';
import { isSameVm, journalIds, VmIndex } from './vm-index.ts';

/** Another process may take the same id in the same millisecond. */
const ID_ATTEMPTS = 3;

export class FolderJournals implements JournalStore {
  readonly place: string;
  private readonly stateDir: string;
  private readonly paths: JournalPaths;
  private readonly index: VmIndex;
  private readonly options: RecorderOptions;

  /** @param options for tests */
  constructor(stateDir: string, options: RecorderOptions = {}) {
    this.stateDir = stateDir;
    this.paths = new JournalPaths(stateDir);
    this.place = this.paths.folder;
    this.index = new VmIndex(this.paths);
    this.options = options;
  }

  async open(opening: NewOpening, show?: Show): Promise<JournalWriter> {
    try {
      await fs.promises.mkdir(this.paths.folder, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw this.unwritable(cause);
    }
    await this.isSafe();
    for (let attempt = 1; ; attempt += 1) {
      const id = newMigrationId(opening.guest.name, (await this.list()).at(-1));
      try {
        const recorder = await this.begin({ type: 'opened', id, ...opening }, show);
        await this.index.add(id, { vm: opening.vm, uuid: opening.vmUuid });
        return recorder;
      } catch (cause) {
        if (cause instanceof JournalError) throw cause;
        const taken = (cause as NodeJS.ErrnoException).code === 'EEXIST';
        if (!taken || attempt === ID_ATTEMPTS) throw this.unwritable(cause);
      }
    }
  }

  async reopen(id: string, show?: Show): Promise<JournalWriter> {
    const { entries } = await this.read(id, 0, { samples: true });
    const nextSeq = (entries.at(-1)?.seq ?? -1) + 1;
    try {
      const outlet = await FileOutlet.continue(this.filesOf(id));
      return new Recorder(id, outlet, nextSeq, { ...this.options, show });
    } catch (cause) {
      throw cause instanceof JournalError ? cause : this.unwritable(cause);
    }
  }

  async read(
    id: string,
    fromSeq = 0,
    { samples = false }: { readonly samples?: boolean } = {},
  ): Promise<JournalReading> {
    await this.isSafe();
    const journal = await readEntries(this.paths.journal(id));
    const apart = samples ? await this.readSamples(id) : { entries: [], problems: [] };
    const entries = [...journal.entries, ...apart.entries]
      .filter(({ seq }) => seq >= fromSeq)
      .sort((a, b) => a.seq - b.seq);
    return { id, entries, problems: [...journal.problems, ...apart.problems] };
  }

  async list(): Promise<readonly string[]> {
    if (!(await this.isSafe())) return [];
    try {
      return sortIds(await journalIds(this.paths));
    } catch (cause) {
      throw new JournalError(`the journals in ${this.place} cannot be listed (${errnoWords(cause)})`, {
        cause,
      });
    }
  }

  async find(idOrPart: string): Promise<string> {
    return findId(await this.list(), idOrPart, this.place);
  }

  async unfinishedOf(vm: VmKey): Promise<MigrationView | undefined> {
    const newest = await this.newestOf(vm);
    return newest && isUnfinished(newest) ? newest : undefined;
  }

  async owingOf(vm: VmKey): Promise<MigrationView | undefined> {
    const newest = await this.newestOf(vm);
    return newest && concernsTheNext(newest) ? newest : undefined;
  }

  async prune(options: Partial<PruneOptions> = {}): Promise<PruneReport> {
    if (!(await this.isSafe())) return { removed: [], kept: { count: 0, bytes: 0 }, problems: [] };
    return await pruneFolder(this.paths, this.index, options);
  }

  /** @returns false where nothing was kept yet @throws {JournalError} */
  private async isSafe(): Promise<boolean> {
    return (await isSafeFolder(this.stateDir)) && (await isSafeFolder(this.paths.folder));
  }

  private async begin(opened: Opened, show: Show | undefined): Promise<Recorder> {
    const outlet = await FileOutlet.create(this.filesOf(opened.id));
    try {
      const recorder = await Recorder.begin(outlet, opened, { ...this.options, show });
      await syncFolder(this.paths.folder);
      return recorder;
    } catch (error) {
      await outlet.remove().catch(() => {
        // The first error says more.
      });
      throw error;
    }
  }

  private filesOf(id: string): OutletFiles {
    return {
      journal: this.paths.journal(id),
      samples: this.paths.samples(id),
      read: async (fromSeq) => (await this.read(id, fromSeq, { samples: true })).entries,
    };
  }

  private async readSamples(id: string): Promise<{ entries: JournalEntry[]; problems: string[] }> {
    try {
      return await readEntries(this.paths.samples(id));
    } catch (error) {
      const { cause } = error as { cause?: NodeJS.ErrnoException };
      if (cause?.code === 'ENOENT') return { entries: [], problems: [] };
      throw error;
    }
  }

  private async newestOf(vm: VmKey): Promise<MigrationView | undefined> {
    if (!(await this.isSafe())) return undefined;
    const newestFirst = sortIds(await this.index.idsOf(vm)).reverse();
    for (const id of newestFirst) {
      const view = await readView(this.paths.journal(id));
      if (view && isSameVm({ uuid: view.vmUuid, vm: view.vm }, vm)) return view;
    }
    return undefined;
  }

  private unwritable(cause: unknown): JournalError {
    return new JournalError(
      `the journal cannot be written in ${this.place} (${errnoWords(cause)}): make room and make it writable, or choose another folder with --state-dir`,
      { cause },
    );
  }
}

/** So that the file's name survives the machine's end, as its first line does. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await fs.promises.open(folder, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
