/**
 * Who asked for what, from where, and what came of it: one line of JSON each, only ever added. It is written before what was asked
 * for is done, and again with what came of it. A file that has grown large is put aside under the time at which that was, and stays: nothing
 * here removes what was written down.
 *
 * Where it cannot be written (a full disk) nothing is begun and no limit is changed, as nobody could say afterwards who did it. A cancel
 * is done all the same, as it is the way out of what goes wrong and the guest stays where it is, and so are the removal of a token, and
 * whatever holds a drain up. The log has the line then.
 */
import fs from 'node:fs';
import path from 'node:path';
import { z } from '@hono/zod-openapi';
import { errnoWords } from '../journal/errno-words.ts';
import type { Caller } from './access.ts';
import { Problem } from './problem.ts';

export const auditEntrySchema = z
  .object({
    time: z.iso.datetime(),
    who: z.string().describe('the name of the token; local: without one, on this machine'),
    role: z.string(),
    from: z.string().nullable().describe('the address that it came from; null: the socket'),
    did: z.enum([
      ...['start', 'cancel', 'limits', 'switchover', 'token-add', 'token-remove'],
      ...[
        'drain',
        'drain-pause',
        'drain-resume',
        'drain-cancel',
        'drain-release',
        'drain-retry',
        'drain-allow-pause',
        'drain-decide',
        'drain-return',
      ],
      ...['cordon', 'uncordon'],
    ] as const),
    migration: z.string().nullable().describe('its id, once there is one; null: it is of none'),
    drain: z.string().nullable().optional().describe('its id, once there is one; left out: it is of none'),
    asked: z.record(z.string(), z.unknown()).describe('the request; `before` and `after` of what it changes'),
    reason: z.string().nullable(),
    cameTo: z.string().describe('asked; then done, or the code of the problem'),
  })
  .openapi('AuditEntry');

export type AuditEntry = z.infer<typeof auditEntrySchema>;

export type Act = Pick<AuditEntry, 'did' | 'migration' | 'drain' | 'asked' | 'reason' | 'from'>;

/** After it less goes on than before, and each guest stays where it is or arrives. */
const NEVER_REFUSED: readonly Act['did'][] = [
  'cancel',
  'token-remove',
  'drain-pause',
  'drain-cancel',
  'cordon',
];
/** More lines than anybody reads at once. */
const MOST_READ = 1000;
/** Some ten thousand acts. */
const LARGEST_BYTES = 8 * 2 ** 20;

export class Audit {
  private readonly file: string;
  private readonly say: (sentence: string) => void;
  private readonly largestBytes: number;
  private asides = 0;

  /** @param say hears of what cannot be written down, and is done all the same */
  constructor(file: string, say: (sentence: string) => void, largestBytes = LARGEST_BYTES) {
    this.file = file;
    this.say = say;
    this.largestBytes = largestBytes;
  }

  /**
   * @param act what is done. @returns what it returns, with the id where that is known only then
   * @throws {Problem} where it cannot be written down: then it is not done, but for {@link NEVER_REFUSED}; else what `act` throws
   */
  async audited<T>(
    caller: Pick<Caller, 'name' | 'role'>,
    asked: Act,
    act: () => Promise<T>,
    idOf?: (done: T) => string,
  ): Promise<T> {
    const entry = { who: caller.name, role: caller.role, ...asked };
    try {
      await this.add({ ...entry, cameTo: 'asked' });
    } catch (cause) {
      if (NEVER_REFUSED.includes(asked.did)) this.sayInstead({ ...entry, cameTo: 'asked' }, cause);
      else
        throw new Problem(
          503,
          'audit-unwritable',
          `nothing is done, as ${this.file} cannot be written: ${errnoWords(cause)}`,
          { cause },
        );
    }
    try {
      const done = await act();
      const id = idOf?.(done);
      const found = id === undefined ? {} : entry.drain === undefined ? { migration: id } : { drain: id };
      await this.addOrSay({ ...entry, ...found, cameTo: 'done' });
      return done;
    } catch (error) {
      await this.addOrSay({ ...entry, cameTo: error instanceof Problem ? error.code : 'unexpected' });
      throw error;
    }
  }

  /** The newest first, from the files put aside too. */
  async newest(): Promise<AuditEntry[]> {
    const found: AuditEntry[] = [];
    for (const file of [this.file, ...(await this.putAside()).reverse()]) {
      const text = await readIfThere(file);
      const lines = text.split('\n').slice(-MOST_READ - 1);
      found.push(...lines.flatMap(entryIn).reverse());
      if (found.length >= MOST_READ) break;
    }
    return found.slice(0, MOST_READ);
  }

  private async addOrSay(entry: Omit<AuditEntry, 'time'>): Promise<void> {
    try {
      await this.add(entry);
    } catch (cause) {
      // It is done already.
      this.sayInstead(entry, cause);
    }
  }

  private sayInstead(entry: Omit<AuditEntry, 'time'>, cause: unknown): void {
    this.say(
      `${this.file} cannot be written (${errnoWords(cause)}), so it is told here: ${JSON.stringify(entry)}`,
    );
  }

  /** No decision waits for a disk. */
  private async add(entry: Omit<AuditEntry, 'time'>): Promise<void> {
    await fs.promises.mkdir(path.dirname(this.file), { recursive: true, mode: 0o700 });
    await this.putAsideIfLarge();
    const line = `${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`;
    await fs.promises.appendFile(this.file, line, { mode: 0o600, flush: true });
  }

  /** Whoever has it open meanwhile writes into the file that is put aside; one who does it as well puts a smaller one aside. */
  private async putAsideIfLarge(): Promise<void> {
    const { size } = await fs.promises.stat(this.file).catch(() => ({ size: 0 }));
    if (size < this.largestBytes) return;
    this.asides += 1;
    // A name that nobody has, as a rename replaces what has it.
    const when = new Date().toISOString().replaceAll(':', '');
    await fs.promises
      .rename(this.file, `${this.file}.${when}-${process.pid}-${this.asides}`)
      .catch(() => undefined);
  }

  /** The oldest first. */
  private async putAside(): Promise<string[]> {
    const folder = path.dirname(this.file);
    const names = await fs.promises.readdir(folder).catch((): string[] => []);
    return names
      .filter((name) => name.startsWith(`${path.basename(this.file)}.`))
      .sort()
      .map((name) => path.join(folder, name));
  }
}

function entryIn(line: string): AuditEntry[] {
  const parsed = line === '' ? undefined : auditEntrySchema.safeParse(asJson(line));
  return parsed?.success ? [parsed.data] : [];
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
