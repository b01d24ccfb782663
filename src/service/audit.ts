/**
 * Who asked for what, from where, and what came of it: one line of JSON each, only ever added. It is written before what was asked
 * for is done, and again with what came of it.
 */
import fs from 'node:fs';
import path from 'node:path';
import { z } from '@hono/zod-openapi';
import type { Caller } from './access.ts';
import { Problem } from './problem.ts';

export const auditEntrySchema = z
  .object({
    time: z.iso.datetime(),
    who: z.string().describe('the name of the token; local: without one, on this machine'),
    role: z.string(),
    from: z.string().nullable().describe('the address that it came from; null: the socket'),
    did: z.enum(['start', 'cancel', 'limits']),
    migration: z.string().nullable().describe('its id, once there is one'),
    asked: z.record(z.string(), z.unknown()).describe('the request'),
    reason: z.string().nullable(),
    cameTo: z.string().describe('asked; then done, or the code of the problem'),
  })
  .openapi('AuditEntry');

export type AuditEntry = z.infer<typeof auditEntrySchema>;

export type Act = Pick<AuditEntry, 'did' | 'migration' | 'asked' | 'reason' | 'from'>;

/** More lines than anybody reads at once. */
const MOST_READ = 1000;

export class Audit {
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /**
   * @param act what is done. @returns what it returns, with the id where that is known only then
   * @throws {Problem} where it cannot be written down: then it is not done; else what `act` throws
   */
  async audited<T>(
    caller: Caller,
    asked: Act,
    act: () => Promise<T>,
    idOf?: (done: T) => string,
  ): Promise<T> {
    const entry = { who: caller.name, role: caller.role, ...asked };
    try {
      await this.add({ ...entry, cameTo: 'asked' });
    } catch (cause) {
      throw new Problem(
        503,
        'audit-unwritable',
        `nothing is done, as ${this.file} cannot be written: ${String(cause)}`,
        {
          cause,
        },
      );
    }
    try {
      const done = await act();
      await this.addIfPossible({ ...entry, migration: idOf?.(done) ?? entry.migration, cameTo: 'done' });
      return done;
    } catch (error) {
      await this.addIfPossible({ ...entry, cameTo: error instanceof Problem ? error.code : 'unexpected' });
      throw error;
    }
  }

  /** The newest first. */
  async newest(): Promise<AuditEntry[]> {
    let text: string;
    try {
      text = await fs.promises.readFile(this.file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
    return text
      .split('\n')
      .slice(-MOST_READ - 1)
      .flatMap((line): AuditEntry[] => {
        const parsed = line === '' ? undefined : auditEntrySchema.safeParse(asJson(line));
        return parsed?.success ? [parsed.data] : [];
      })
      .reverse();
  }

  private async addIfPossible(entry: Omit<AuditEntry, 'time'>): Promise<void> {
    try {
      await this.add(entry);
    } catch {
      // It is done already, and that it was asked for is written.
    }
  }

  /** No decision waits for a disk. */
  private async add(entry: Omit<AuditEntry, 'time'>): Promise<void> {
    await fs.promises.mkdir(path.dirname(this.file), { recursive: true, mode: 0o700 });
    const line = `${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`;
    await fs.promises.appendFile(this.file, line, { mode: 0o600, flush: true });
  }
}

function asJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
