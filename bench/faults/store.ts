/** Results of cells, one file each, so that an interrupted matrix goes on where it was. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { CellRecord } from './record.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const CACHE = path.join(ROOT, '.cache', 'bench', 'faults');

/** What decides how a cell goes: the product, the guests, and how the faults are made and judged. */
const FOLDERS = ['src', 'lab', 'test/faults'];

/** Results belong together as long as this is the same. */
function fingerprint(): string {
  const hash = createHash('sha256');
  for (const folder of FOLDERS)
    for (const name of readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' }).sort()) {
      if (!/(?<!\.test)\.(ts|c|h)$/.test(name)) continue;
      const file = path.join(folder, name);
      hash.update(file).update(readFileSync(path.join(ROOT, file)));
    }
  return hash.digest('hex').slice(0, 12);
}

export class FaultStore {
  readonly #folder = path.join(CACHE, fingerprint());

  constructor() {
    mkdirSync(this.#folder, { recursive: true });
  }

  all(): CellRecord[] {
    return readdirSync(this.#folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => JSON.parse(readFileSync(path.join(this.#folder, name), 'utf8')) as CellRecord);
  }

  /** Whole or not at all, whenever this process is ended. @returns where the timeline is, from the checkout's root */
  save(record: CellRecord, timeline: string): string {
    const file = path.join(this.#folder, record.name.replaceAll('/', '+'));
    writeFileSync(`${file}.log`, timeline);
    writeFileSync(`${file}.part`, `${JSON.stringify(record, null, 1)}\n`);
    renameSync(`${file}.part`, `${file}.json`);
    return path.relative(ROOT, `${file}.log`);
  }
}

/** `6020ed3`, with a `+` where the tree has changes that are not in it. */
export function commitNow(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain', '--', ...FOLDERS) !== '';
  return `${git('rev-parse', '--short', 'HEAD')}${changed ? '+' : ''}`;
}
