/** A journal as two files: what happened, and apart from it the samples, which are many and can be missed. */
import fs from 'node:fs';
import type { JournalEntry } from '../journal-entry.ts';
import { lineOf } from '../line-of.ts';
import type { Outlet } from '../outlet.ts';
import { LinesFile } from './lines-file.ts';

export interface OutletFiles {
  readonly journal: string;
  readonly samples: string;
  /** What both hold, from that number on. */
  read(fromSeq: number): Promise<readonly JournalEntry[]>;
}

export class FileOutlet implements Outlet {
  readonly place: string;
  private readonly files: OutletFiles;
  private readonly journal: LinesFile;
  /** Made with the first sample. */
  private samples: LinesFile | undefined;
  private readonly isNew: boolean;

  private constructor(files: OutletFiles, journal: LinesFile, isNew: boolean) {
    this.isNew = isNew;
    this.place = files.journal;
    this.files = files;
    this.journal = journal;
  }

  /** @throws {Error} when it is there already, or cannot be made */
  static async create(files: OutletFiles): Promise<FileOutlet> {
    return new FileOutlet(files, await LinesFile.create(files.journal), true);
  }

  /** @throws {Error} */
  static async continue(files: OutletFiles): Promise<FileOutlet> {
    return new FileOutlet(files, await LinesFile.continue(files.journal), false);
  }

  async write(entries: readonly JournalEntry[]): Promise<void> {
    await this.journal.append(entries.filter(({ type }) => type !== 'tick').map(lineOf));
    await this.writeSamples(entries.filter(({ type }) => type === 'tick').map(lineOf));
  }

  async sync(): Promise<void> {
    await this.journal.sync();
  }

  read(fromSeq: number): Promise<readonly JournalEntry[]> {
    return this.files.read(fromSeq);
  }

  async close(): Promise<void> {
    const results = await Promise.allSettled([this.journal.close(), this.samples?.close()]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  async remove(): Promise<void> {
    await Promise.allSettled([this.close()]);
    // What another controller wrote is all that the next one has to go by.
    if (!this.isNew) return;
    await fs.promises.rm(this.files.samples, { force: true });
    await fs.promises.rm(this.files.journal, { force: true });
  }

  /** Samples that cannot be written are missed, and are no reason to think that the journal cannot. */
  private async writeSamples(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    try {
      this.samples ??= await LinesFile.continue(this.files.samples);
      await this.samples.append(lines);
    } catch {
      // The next ones are tried again.
    }
  }
}
