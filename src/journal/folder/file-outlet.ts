/** A journal as two files: what happened, and apart from it the samples, which are many and can be missed. */
import fs from 'node:fs';
import type { JournalEntry } from '../journal-entry.ts';
import { lineOf } from '../line-of.ts';
import type { Outlet } from '../outlet.ts';
import { LinesFile } from './lines-file.ts';

/** Samples that are older are written with the next entry. */
const GATHER_MS = 1000;

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
  /** Samples that are not written yet. */
  private gathered: string[] = [];
  private gatheredSinceMs = 0;
  private writing: Promise<void> = Promise.resolve();
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
    const others = entries.filter(({ type }) => type !== 'tick');
    if (others.length > 0) await this.journal.append(others.map(lineOf));
    if (this.gathered.length === 0) this.gatheredSinceMs = performance.now();
    this.gathered.push(...entries.filter(({ type }) => type === 'tick').map(lineOf));
    // With what they were known at, or else a few at a time: most of what hundreds of migrations write are samples.
    if (others.length > 0 || performance.now() - this.gatheredSinceMs >= GATHER_MS) await this.writeSamples();
  }

  async sync(): Promise<void> {
    await this.writeSamples();
    await this.journal.sync();
  }

  async read(fromSeq: number): Promise<readonly JournalEntry[]> {
    await this.writeSamples();
    return await this.files.read(fromSeq);
  }

  async close(): Promise<void> {
    await this.writeSamples();
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

  /** Never rejects: samples that cannot be written are missed, and are no reason to think that the journal cannot. */
  private writeSamples(): Promise<void> {
    // One after the other: whoever reads has them written too.
    this.writing = this.writing.then(async () => await this.writeGathered());
    return this.writing;
  }

  private async writeGathered(): Promise<void> {
    const lines = this.gathered.splice(0);
    if (lines.length === 0) return;
    try {
      this.samples ??= await LinesFile.continue(this.files.samples);
      await this.samples.append(lines);
    } catch {
      // The next ones are tried again.
    }
  }
}
