/**
 * The disk of the machine that controllers run on, for their journals: lines that outlive them. It may be full, or answer
 * late. What a controller has not handed to it yet is lost with the controller.
 */
import type { Clock } from '../../src/hypervisor/clock.ts';
import type { JournalEntry } from '../../src/journal/journal-entry.ts';
import { lineOf } from '../../src/journal/line-of.ts';
import type { Outlet } from '../../src/journal/outlet.ts';
import { parseEntry } from '../../src/journal/parse-entry.ts';

const ANSWERS_AFTER_MS = 1;

export class Disk {
  readonly journals = new Map<string, string[]>();
  isFull = false;
  answersAfterMs = ANSWERS_AFTER_MS;
  /** What the lines of a journal say, as far as they have been read: they only ever grow. */
  private readonly parsed = new Map<string, JournalEntry[]>();

  /** @throws {Error} for a line that no journal may have */
  entriesOf(id: string): readonly JournalEntry[] {
    const lines = this.journals.get(id) ?? [];
    const entries = this.parsed.get(id) ?? [];
    this.parsed.set(id, entries);
    for (const line of lines.slice(entries.length)) {
      const { entry, problem } = parseEntry(line, `${id}:${entries.length + 1}`);
      if (!entry) throw new Error(problem);
      entries.push(entry);
    }
    return entries;
  }

  remove(id: string): void {
    this.journals.delete(id);
    this.parsed.delete(id);
  }
}

/** @param clock the writing controller's, so that nothing is written once that is dead */
export class DiskOutlet implements Outlet {
  readonly place: string;
  private readonly disk: Disk;
  private readonly clock: Clock;
  private readonly isNew: boolean;

  constructor(id: string, disk: Disk, clock: Clock, isNew: boolean) {
    this.place = id;
    this.disk = disk;
    this.clock = clock;
    this.isNew = isNew;
  }

  async write(entries: readonly JournalEntry[]): Promise<void> {
    await this.answer();
    const lines = this.disk.journals.get(this.place) ?? [];
    lines.push(...entries.map(lineOf));
    this.disk.journals.set(this.place, lines);
  }

  async sync(): Promise<void> {
    await this.answer();
  }

  async read(fromSeq: number): Promise<readonly JournalEntry[]> {
    return this.disk.entriesOf(this.place).filter(({ seq }) => seq >= fromSeq);
  }

  async close(): Promise<void> {}

  async remove(): Promise<void> {
    if (this.isNew) this.disk.remove(this.place);
  }

  private async answer(): Promise<void> {
    await this.clock.sleep(this.disk.answersAfterMs);
    if (this.disk.isFull) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  }
}
