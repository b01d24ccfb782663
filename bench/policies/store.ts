/** Finished runs, one file each, so that an interrupted bench goes on where it was. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

export const ROOT = path.join(import.meta.dirname, '..', '..');
export const CACHE = path.join(ROOT, '.cache', 'bench', 'policies');

/** What is measured with: the product, the lab with its guests, and what says how a run is made. */
const FOLDERS = ['src', 'lab'];
const FILES = ['contenders.ts', 'cell.ts', 'record.ts'];

/**
 * Runs are comparable with each other as long as this is the same.
 * @param parameters all that was fixed before the run
 */
export function fingerprint(parameters: unknown): string {
  const hash = createHash('sha256').update(JSON.stringify(parameters));
  const inFolders = FOLDERS.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /(?<!\.test)\.(ts|c|h)$/.test(file))
      .map((file) => path.join(ROOT, folder, file))
      .sort(),
  );
  for (const file of [...inFolders, ...FILES.map((name) => path.join(import.meta.dirname, name))])
    hash.update(path.relative(ROOT, file)).update(readFileSync(file));
  return hash.digest('hex').slice(0, 12);
}

export class Store<Item> {
  readonly folder: string;

  /** @param name of the run, such as its {@link fingerprint} */
  constructor(name: string) {
    this.folder = path.join(CACHE, name);
    mkdirSync(this.folder, { recursive: true });
  }

  clear(): void {
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder, { recursive: true });
  }

  all(): Item[] {
    return readdirSync(this.folder)
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => JSON.parse(readFileSync(path.join(this.folder, name), 'utf8')) as Item);
  }

  /** Whole or not at all, whenever this process is ended. */
  save(name: string, item: Item): void {
    const file = path.join(this.folder, `${fileName(name)}.json`);
    writeFileSync(`${file}.part`, `${JSON.stringify(item, null, 1)}\n`);
    renameSync(`${file}.part`, file);
  }

  keepJournal(name: string, journal: string): void {
    writeFileSync(path.join(this.folder, `${fileName(name)}.jsonl.gz`), gzipSync(journal));
  }
}

function fileName(name: string): string {
  return name.replaceAll('/', '+');
}
