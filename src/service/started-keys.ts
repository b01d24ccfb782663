/** The file of idempotency keys: a line for each, only ever added to while the service runs; those of a day ago go with the next start. */
import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { Problem } from './problem.ts';

/** What was started under a key. */
export interface StartedUnder {
  readonly key: string;
  /** Tells one request from another. */
  readonly request: string;
  /** Of the migration. */
  readonly id: string;
  readonly time: string;
}

export const KEPT_FOR_MS = 24 * 3600e3;
/** Lines that nobody needs any more are taken out after as many. */
const REWRITTEN_AFTER = 2000;

const lineSchema = z.union([
  z.strictObject({ key: z.string(), request: z.string(), id: z.string(), time: z.iso.datetime() }),
  z.strictObject({ key: z.string(), refused: z.literal(true) }),
]);

export class StartedKeys {
  private readonly file: string;
  private readonly rewrittenAfter: number;
  private added = 0;
  /** One after the other: a line that is added while the file is written anew would be lost. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(file: string, rewrittenAfter = REWRITTEN_AFTER) {
    this.file = file;
    this.rewrittenAfter = rewrittenAfter;
  }

  /** The oldest first. What a kill left of a last line is no key: its migration was not begun. @throws {Problem} 503 */
  async read(now: number): Promise<Map<string, StartedUnder>> {
    const found = new Map<string, StartedUnder>();
    const text = await this.inTurn(async () => await readIfThere(this.file));
    for (const line of text.split('\n')) {
      const parsed = lineSchema.safeParse(asJson(line));
      if (!parsed.success) continue;
      if ('refused' in parsed.data) found.delete(parsed.data.key);
      else if (now - Date.parse(parsed.data.time) < KEPT_FOR_MS) found.set(parsed.data.key, parsed.data);
    }
    // Also so that the next line begins a line.
    if (text !== '') await this.rewrite(found.values());
    return found;
  }

  /** Settles once the disk has it. @param all what is to be kept, with this one @throws {Problem} 503 */
  async add(started: StartedUnder, all: Iterable<StartedUnder>): Promise<void> {
    this.added += 1;
    if (this.added >= this.rewrittenAfter) await this.rewrite(all);
    else await this.append(started);
  }

  /** Nothing was begun after all. @throws {Problem} 503 */
  async remove(key: string): Promise<void> {
    await this.append({ key, refused: true });
  }

  private async append(line: object): Promise<void> {
    await this.inTurn(async () => {
      await fs.promises.mkdir(path.dirname(this.file), { recursive: true, mode: 0o700 });
      await fs.promises.appendFile(this.file, `${JSON.stringify(line)}\n`, { mode: 0o600, flush: true });
    });
  }

  private async rewrite(all: Iterable<StartedUnder>): Promise<void> {
    this.added = 0;
    await this.inTurn(async () => {
      const text = [...all].map((each) => `${JSON.stringify(each)}\n`).join('');
      const draft = `${this.file}.${process.pid}`;
      await fs.promises.writeFile(draft, text, { mode: 0o600, flush: true });
      await fs.promises.rename(draft, this.file);
    });
  }

  private async inTurn<T>(doing: () => Promise<T>): Promise<T> {
    const turn = this.last.then(doing);
    this.last = turn.catch(() => undefined);
    try {
      return await turn;
    } catch (cause) {
      throw new Problem(
        503,
        'keys-unusable',
        `nothing is begun, as ${this.file}, which keeps Idempotency-Keys, cannot be read or written: ${String(cause)}`,
        { cause },
      );
    }
  }
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await fs.promises.readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function asJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
