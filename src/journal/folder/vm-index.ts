/**
 * Which journals are of which VM, so that taking a migration over reads no other VM's journals. One JSON line for
 * each journal in `<state dir>/journal/index`. The index only saves time: a journal that it lacks (of an older
 * switchover, copied by hand, opened while the disk was full) is looked into once and added.
 */
import fs from 'node:fs';
import { z } from 'zod';
import { JournalError } from '../journal-error.ts';
import type { VmKey } from '../journal-store.ts';
import { idOfFile, type JournalPaths } from './journal-paths.ts';
import { readFirstLine } from './read-lines.ts';
import { openSafely } from './safe-path.ts';

const { O_APPEND, O_CREAT, O_RDONLY, O_WRONLY } = fs.constants;
const PIECE_BYTES = 64 * 1024;
/** How many files are opened at a time. */
const AT_A_TIME = 16;
/** Names of a folder come in as many at a time; other things go on between. */
const NAMES_AT_A_TIME = 512;

const LINE = z.object({ id: z.string(), vm: z.string(), uuid: z.string().nullable() });
type Line = z.infer<typeof LINE>;

export class VmIndex {
  private readonly paths: JournalPaths;
  private readonly known = new Map<string, VmKey>();
  /** How much of the index's file was read, and of which file: `prune` puts another in its place. */
  private read = { inode: 0, bytes: 0 };

  constructor(paths: JournalPaths) {
    this.paths = paths;
  }

  /** Best effort. */
  async add(id: string, key: VmKey): Promise<void> {
    this.known.set(id, key);
    await this.append([{ id, vm: key.vm, uuid: key.uuid }]);
  }

  /** Every journal that is there and whose VM is known. @throws {JournalError} */
  async all(): Promise<ReadonlyMap<string, VmKey>> {
    await this.readOn();
    const there = await journalIds(this.paths);
    const found = new Map<string, VmKey>();
    const unknown: string[] = [];
    for (const id of there) {
      const key = this.known.get(id);
      if (key) found.set(id, key);
      else unknown.push(id);
    }
    for (const { id, vm, uuid } of await this.lookInto(unknown)) found.set(id, { vm, uuid });
    return found;
  }

  /** Ids of this VM's journals, in no order. @throws {JournalError} */
  async idsOf(wanted: VmKey): Promise<string[]> {
    return [...(await this.all())].filter(([, key]) => isSameVm(key, wanted)).map(([id]) => id);
  }

  /** Leaves out what is not there any more. @throws {Error} the file system's */
  async rewrite(): Promise<void> {
    const lines = [...(await this.all())].map(([id, { vm, uuid }]) => ({ id, vm, uuid }));
    const next = `${this.paths.index}.${process.pid}`;
    await fs.promises.rm(next, { force: true });
    const handle = await openSafely(next, O_WRONLY | O_CREAT);
    try {
      await handle.writeFile(textOf(lines));
    } finally {
      await handle.close();
    }
    // What another process adds to the old file meanwhile is looked into again.
    await fs.promises.rename(next, this.paths.index);
    this.known.clear();
  }

  private async lookInto(ids: readonly string[]): Promise<Line[]> {
    const found: Line[] = [];
    for (let from = 0; from < ids.length; from += AT_A_TIME) {
      const lines = await Promise.all(ids.slice(from, from + AT_A_TIME).map((id) => this.openingOf(id)));
      found.push(...lines.filter((line) => line !== undefined));
    }
    for (const { id, vm, uuid } of found) this.known.set(id, { vm, uuid });
    await this.append(found);
    return found;
  }

  /** Undefined for one that is damaged, or was not written yet: it may be next time. */
  private async openingOf(id: string): Promise<Line | undefined> {
    try {
      const first = await readFirstLine(this.paths.journal(id));
      const entry = first?.entry;
      return entry?.type === 'opened' ? { id, vm: entry.vm, uuid: entry.vmUuid } : undefined;
    } catch (error) {
      if (error instanceof JournalError) return undefined;
      throw error;
    }
  }

  private async append(lines: readonly Line[]): Promise<void> {
    if (lines.length === 0) return;
    try {
      const handle = await openSafely(this.paths.index, O_WRONLY | O_APPEND | O_CREAT);
      try {
        await handle.appendFile(textOf(lines));
      } finally {
        await handle.close();
      }
    } catch {
      // A full disk: the journals are looked into again.
    }
  }

  /** Reads what was added since. */
  private async readOn(): Promise<void> {
    const handle = await this.openIndex();
    if (!handle) return;
    try {
      const { ino, size } = await handle.stat();
      if (ino !== this.read.inode || size < this.read.bytes) this.read = { inode: ino, bytes: 0 };
      const buffer = Buffer.alloc(PIECE_BYTES);
      for (;;) {
        const { bytesRead } = await handle.read(buffer, 0, PIECE_BYTES, this.read.bytes);
        const whole = buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1;
        if (whole === 0) return;
        for (const line of buffer.toString('utf8', 0, whole).split('\n')) this.take(line);
        this.read = { inode: ino, bytes: this.read.bytes + whole };
      }
    } finally {
      await handle.close();
    }
  }

  private async openIndex(): Promise<fs.promises.FileHandle | undefined> {
    try {
      return await openSafely(this.paths.index, O_RDONLY);
    } catch (error) {
      if (error instanceof JournalError) throw error;
      return undefined;
    }
  }

  private take(text: string): void {
    try {
      const { id, vm, uuid } = LINE.parse(JSON.parse(text));
      this.known.set(id, { vm, uuid });
    } catch {
      // Torn by a full disk: its journal is looked into again.
    }
  }
}

/** The UUID decides where both have one: addresses change, and a name is given again. */
export function isSameVm(a: VmKey, b: VmKey): boolean {
  return a.uuid !== null && b.uuid !== null ? a.uuid === b.uuid : a.vm === b.vm;
}

/** Of all journals in the folder, in no order; none where there is no folder. */
export async function journalIds(paths: JournalPaths): Promise<string[]> {
  const ids: string[] = [];
  for await (const { name } of await fs.promises.opendir(paths.folder, { bufferSize: NAMES_AT_A_TIME })) {
    const file = idOfFile(name);
    if (file && !file.samples) ids.push(file.id);
  }
  return ids;
}

function textOf(lines: readonly Line[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
