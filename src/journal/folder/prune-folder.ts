/** Which journals of a folder go, by `prune-rules.ts`, and how they do. */
import fs from 'node:fs';
import { errnoWords } from '../errno-words.ts';
import { owesSettings } from '../former-settings.ts';
import type { PruneOptions, PruneReport, VmKey } from '../journal-store.ts';
import { sortIds } from '../migration-id.ts';
import { parseEntry } from '../parse-entry.ts';
import { pruneBy } from '../prune-rules.ts';
import { isUnfinished } from '../unfinished.ts';
import { idOfFile, type JournalPaths } from './journal-paths.ts';
import { readView } from './read-view.ts';
import { openSafely } from './safe-path.ts';
import type { VmIndex } from './vm-index.ts';

/** `ended` is the last entry, but for a warning or two. */
const TAIL_BYTES = 64 * 1024;

interface Kept {
  readonly id: string;
  bytes: number;
  /** Milliseconds since 1970. */
  lastWrittenMs: number;
}

/** @throws {Error} the file system's, where the folder cannot be read */
export async function pruneFolder(
  paths: JournalPaths,
  index: VmIndex,
  options: Partial<PruneOptions>,
): Promise<PruneReport> {
  const journals = await journalsIn(paths);
  const newest = newestOfEach(await index.all());
  const problems: string[] = [];
  const { removed, bytes } = await pruneBy(
    {
      journals,
      newest,
      isUnfinished: async ({ id }) => await isUnfinishedFile(paths.journal(id)),
      owes: async ({ id }) => await owes(paths.journal(id)),
      remove: async ({ id }) => {
        try {
          await remove(paths, id);
          return true;
        } catch (cause) {
          problems.push(`${paths.journal(id)} cannot be removed (${errnoWords(cause)})`);
          return false;
        }
      },
    },
    options,
  );
  if (!options.dryRun && removed.length > 0)
    await index.rewrite().catch((cause: unknown) => {
      problems.push(`${paths.index} cannot be written (${errnoWords(cause)})`);
    });
  return { removed, kept: { count: journals.length - removed.length, bytes }, problems };
}

/** The oldest first, each with its samples. Samples without their journal are left by a removal that was cut short. */
async function journalsIn(paths: JournalPaths): Promise<readonly Kept[]> {
  const found = new Map<string, Kept>();
  for await (const { name } of await fs.promises.opendir(paths.folder)) {
    const file = idOfFile(name);
    if (!file) continue;
    const path = file.samples ? paths.samples(file.id) : paths.journal(file.id);
    const stats = await fs.promises.lstat(path).catch(() => undefined);
    if (!stats?.isFile()) continue;
    const kept = found.get(file.id) ?? { id: file.id, bytes: 0, lastWrittenMs: 0 };
    kept.bytes += stats.size;
    kept.lastWrittenMs = Math.max(kept.lastWrittenMs, stats.mtimeMs);
    found.set(file.id, kept);
  }
  return sortIds([...found.keys()]).flatMap((id) => found.get(id) ?? []);
}

/** The ids of the newest journal of each VM. */
function newestOfEach(keys: ReadonlyMap<string, VmKey>): ReadonlySet<string> {
  const newest = new Map<string, string>();
  for (const id of sortIds([...keys.keys()])) {
    const key = keys.get(id);
    // One without a UUID may be of a VM that has one: each counts as a VM of its own, so rather too much stays.
    if (key) newest.set(key.uuid ?? key.vm, id);
  }
  return new Set(newest.values());
}

/** One that is damaged, or is not written yet, counts as unfinished: only its age makes it go. */
async function isUnfinishedFile(file: string): Promise<boolean> {
  const lines = await tailOf(file);
  for (const line of lines.reverse()) {
    const { entry } = parseEntry(line, file);
    if (entry?.type === 'ended') return isUnfinished(entry);
  }
  return true;
}

/** Its former values may stand far from its end. */
async function owes(file: string): Promise<boolean> {
  const view = await readView(file);
  return view !== undefined && owesSettings(view);
}

async function tailOf(file: string): Promise<string[]> {
  let handle: fs.promises.FileHandle;
  try {
    handle = await openSafely(file, fs.constants.O_RDONLY);
  } catch {
    return [];
  }
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - TAIL_BYTES);
    const buffer = Buffer.alloc(size - start);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, start);
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    // What follows the last newline is torn; so is the first line, if it began before.
    lines.pop();
    return start === 0 ? lines : lines.slice(1);
  } finally {
    await handle.close();
  }
}

/** The samples first: a journal that is there is whole. */
async function remove(paths: JournalPaths, id: string): Promise<void> {
  await fs.promises.rm(paths.samples(id), { force: true });
  await fs.promises.rm(paths.journal(id), { force: true });
}
