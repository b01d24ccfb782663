/**
 * A lab that outlives the command which opened it: what `./dev lab up` writes down, and how the other commands
 * find it again.
 */
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuestStatus } from './guest/answers.ts';
import type { LabGuest } from './lab-guest.ts';
import type { Side } from './namespaces.ts';
import { findPair, type PairOptions, type PairPlace, QemuPair } from './qemu-pair.ts';
import { listRunFolders, type RunFolder, readRunFolder } from './run-folder.ts';
import { UsageError } from './usage-error.ts';

/** The content of `pair.json` in the run folder. */
export interface KeptPair {
  readonly place: PairPlace;
  readonly options: PairOptions;
  /** What the guest said of itself last: the next verification must go on from there. */
  readonly before: GuestStatus | undefined;
}

export type Sides = Partial<Record<Side, LabGuest>>;

export async function writeKeptPair(pair: KeptPair): Promise<void> {
  const path = join(pair.place.folder, 'pair.json');
  await writeFile(`${path}.new`, JSON.stringify(pair));
  await rename(`${path}.new`, path);
}

/** @returns undefined when the lab was not made by `./dev lab up`, or is not that far yet */
export function readKeptPair(folder: RunFolder): KeptPair | undefined {
  try {
    return JSON.parse(readFileSync(join(folder.path, 'pair.json'), 'utf8')) as KeptPair;
  } catch {
    return undefined;
  }
}

/** @param id may be left out while there is one kept lab only @throws {UsageError} */
export function chooseLab(id: string | undefined): RunFolder {
  if (id !== undefined) {
    const folder = readRunFolder(id);
    if (folder === undefined) throw new UsageError(`there is no lab "${id}": see ./dev lab status`);
    return folder;
  }
  const kept = listRunFolders().filter((folder) => folder.keep);
  const [only] = kept;
  if (only === undefined) throw new UsageError('there is no lab: ./dev lab up starts one');
  if (kept.length > 1)
    throw new UsageError(
      `there are ${kept.length} labs, say which: ${kept.map((folder) => folder.id).join(', ')}`,
    );
  return only;
}

/** @throws {UsageError} when the lab belongs to a running test or demo, or is still being made */
export function chooseKeptPair(id: string | undefined): KeptPair {
  const folder = chooseLab(id);
  const pair = readKeptPair(folder);
  if (pair === undefined)
    throw new UsageError(
      `lab "${folder.id}" has no pair of QEMUs of its own: ./dev lab up, without --libvirt, makes such labs`,
    );
  return pair;
}

/** The sides of the pair whose QEMU is still there. */
export async function sidesOf(pair: KeptPair): Promise<Sides> {
  return await findPair(pair.place, pair.options);
}

/** @returns the side on which the guest runs now; undefined when it runs on none, or neither monitor says */
export async function whereItRuns(sides: Sides): Promise<Side | undefined> {
  for (const side of ['destination', 'source'] as const) {
    if ((await sides[side]?.runState()) === 'running') return side;
  }
  return undefined;
}

/** @throws {UsageError} when restarting would end the guest, or there is nothing left to migrate */
export async function restartDestination(pair: KeptPair): Promise<QemuPair> {
  const sides = await sidesOf(pair);
  const id = pair.place.labId;
  if (sides.source === undefined)
    throw new UsageError(`the source QEMU of lab "${id}" has ended: take the lab down and start another`);
  if ((await whereItRuns(sides)) === 'destination')
    throw new UsageError(`the guest of lab "${id}" runs on the destination: restarting that would end it`);
  const found = new QemuPair(pair.place, pair.options, sides.source, sides.destination);
  await found.startDestination();
  return found;
}
