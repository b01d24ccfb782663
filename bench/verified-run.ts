/** One migration of a bed's guest, and whether the guest has all its memory afterwards. */
import type { Bed } from '../lab/bed.ts';
import { documentFrom } from '../lab/switchover-process.ts';
import type { MigrationDocument } from '../src/journal/document.ts';

export interface VerifiedRun {
  readonly document: MigrationDocument;
  /** The guest has all its memory, where it is now. */
  readonly verified: boolean;
}

/** @param args of `switchover migrate` */
export async function migrate(bed: Bed, ...args: string[]): Promise<VerifiedRun> {
  const document = documentFrom(await (await bed.migrate('--json', ...args)).ended);
  return { document, verified: await isWhole(bed, document) };
}

/** What is wrong is said at once: the figures of a bench do not tell it. */
export async function isWhole(bed: Bed, { runsOn }: Pick<MigrationDocument, 'runsOn'>): Promise<boolean> {
  const { ok, reason } = await bed.arrival(runsOn === 'destination' ? 'destination' : 'source');
  if (!ok) process.stderr.write(`bench: ${reason}\n`);
  return ok;
}
