/** The store of journals on a simulated disk, as one controller has it: the real recorder, parser and folding. */
import type { Clock } from '../../src/hypervisor/clock.ts';
import { concernsTheNext } from '../../src/journal/former-settings.ts';
import { JournalError } from '../../src/journal/journal-error.ts';
import type {
  JournalReading,
  JournalStore,
  JournalWriter,
  NewOpening,
  PruneReport,
  Show,
  VmKey,
} from '../../src/journal/journal-store.ts';
import { Recorder } from '../../src/journal/recorder.ts';
import { isUnfinished } from '../../src/journal/unfinished.ts';
import { foldEntry, type MigrationView, openView } from '../../src/journal/view.ts';
import type { RunStore } from '../../src/migration/run.ts';
import { type Disk, DiskOutlet } from './disk.ts';

export class DiskJournals implements RunStore, Pick<JournalStore, 'prune'> {
  readonly place = 'the simulated disk';
  private readonly disk: Disk;
  private readonly clock: Clock;

  constructor(disk: Disk, clock: Clock) {
    this.disk = disk;
    this.clock = clock;
  }

  async open(opening: NewOpening, show?: Show): Promise<JournalWriter> {
    const id = `m${this.disk.journals.size + 1}`;
    try {
      const outlet = new DiskOutlet(id, this.disk, this.clock, true);
      return await Recorder.begin(outlet, { type: 'opened', id, ...opening }, this.options(show));
    } catch (cause) {
      throw new JournalError('the journal cannot be written', { cause });
    }
  }

  async reopen(id: string, show?: Show): Promise<JournalWriter> {
    const nextSeq = (this.disk.entriesOf(id).at(-1)?.seq ?? -1) + 1;
    return new Recorder(id, new DiskOutlet(id, this.disk, this.clock, false), nextSeq, this.options(show));
  }

  async read(id: string, fromSeq = 0): Promise<JournalReading> {
    const entries = this.disk.entriesOf(id).filter(({ seq }) => seq >= fromSeq);
    return { id, entries, problems: [] };
  }

  async list(): Promise<readonly string[]> {
    return [...this.disk.journals.keys()];
  }

  async unfinishedOf(vm: VmKey): Promise<MigrationView | undefined> {
    const newest = this.newestOf(vm);
    return newest && isUnfinished(newest) ? newest : undefined;
  }

  async owingOf(vm: VmKey): Promise<MigrationView | undefined> {
    const newest = this.newestOf(vm);
    return newest && concernsTheNext(newest) ? newest : undefined;
  }

  /** Nobody explores for so long that one would be old. */
  async prune(): Promise<PruneReport> {
    return { removed: [], kept: { count: this.disk.journals.size, bytes: 0 }, problems: [] };
  }

  /** Of the one VM that there is here, unless that has no UUID. */
  private newestOf({ uuid }: VmKey): MigrationView | undefined {
    for (const id of [...this.disk.journals.keys()].reverse()) {
      const view = viewOf(this.disk, id);
      if (view.vmUuid === uuid) return view;
    }
    return undefined;
  }

  private options(show: Show | undefined) {
    const { after, now } = this.clock;
    return { show, timers: { now, after, inBackground: after } };
  }
}

/** @throws {Error} for a journal that holds what no journal may */
export function viewOf(disk: Disk, id: string): MigrationView {
  const [first, ...others] = disk.entriesOf(id);
  if (!first) throw new Error(`the journal ${id} is empty`);
  return others.reduce((view, entry) => foldEntry(view, entry), openView(first));
}
