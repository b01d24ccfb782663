/** Events that are still to be delivered: a file each, so that they outlive the service. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Message } from './deliver.ts';

const keptSchema = z.object({
  webhook: z.string(),
  id: z.string(),
  /** Of the event. */
  since: z.number(),
  body: z.string(),
});
type Kept = z.infer<typeof keptSchema>;

/** An event that waits for its receiver. */
export interface Waiting {
  readonly webhook: string;
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly file: string;
  /** Only where the disk does not take it. */
  body: string | undefined;
  /** So many have failed, of this service. */
  attempts: number;
  dueAt: number;
  isUnderWay: boolean;
}

export class Spool {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The oldest first. A draft that a kill left behind goes. */
  async read(): Promise<Waiting[]> {
    const names = await fs.promises.readdir(this.folder).catch((): string[] => []);
    const read = names.map(async (name): Promise<Waiting[]> => {
      const file = path.join(this.folder, name);
      const kept = name.endsWith('.json') ? await readKept(file) : undefined;
      if (kept) return [waiting(kept, file)];
      await fs.promises.unlink(file).catch(() => undefined);
      return [];
    });
    const found = (await Promise.all(read)).flat();
    return found.sort((a, b) => a.since - b.since);
  }

  /** @returns it, with its body where the disk has not taken it */
  async add(webhook: string, { id, body }: Message, since: number): Promise<Waiting> {
    const name = createHash('sha256').update(`${webhook} ${id}`).digest('hex').slice(0, 32);
    const file = path.join(this.folder, `${name}.json`);
    const kept: Kept = { webhook, id, since, body };
    try {
      await fs.promises.mkdir(this.folder, { recursive: true, mode: 0o700 });
      const draft = `${file}.${process.pid}`;
      await fs.promises.writeFile(draft, JSON.stringify(kept), { mode: 0o600, flush: true });
      await fs.promises.rename(draft, file);
      return waiting(kept, file);
    } catch {
      return { ...waiting(kept, file), body };
    }
  }

  /** @returns undefined where it is not there any more */
  async bodyOf({ body, file }: Waiting): Promise<string | undefined> {
    return body ?? (await readKept(file))?.body;
  }

  async remove({ file }: Waiting): Promise<void> {
    await fs.promises.unlink(file).catch(() => undefined);
  }
}

function waiting({ webhook, id, since }: Kept, file: string): Waiting {
  return { webhook, id, since, file, body: undefined, attempts: 0, dueAt: 0, isUnderWay: false };
}

async function readKept(file: string): Promise<Kept | undefined> {
  try {
    return keptSchema.parse(JSON.parse(await fs.promises.readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}
