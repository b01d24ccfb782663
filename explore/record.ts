/**
 * What was explored of the code as it is, over as many calls as it takes: a million seeds are hours on a small machine. Once
 * the code is another one the record begins anew.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { type ShareResult, together } from './shares.ts';

/** The files that an exploration runs. What tests it is not among them. */
const RUN = ['src', 'explore', 'package-lock.json', ':!*.test.ts', ':!explore/results'];

const counts = z.record(z.string(), z.number());
const recordSchema = z.object({
  /** Tells one state of the code from another. */
  code: z.string(),
  /** At which the last of them were explored. */
  commit: z.string(),
  /** Ranges, first and last. */
  seeds: z.array(z.tuple([z.int(), z.int()])),
  tookMs: z.number(),
  explored: z.int(),
  failures: z.array(z.object({ seed: z.int(), violations: z.array(z.string()) })),
  commands: z.int(),
  faults: counts,
});

export type Explored = z.infer<typeof recordSchema>;

/** @returns undefined where something of it was changed and not committed: then nobody could tell what was explored */
export function codeHere(): string | undefined {
  const git = (...args: readonly string[]) =>
    execFileSync('git', [...args, '--', ...RUN], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (git('status', '--porcelain') !== '') return undefined;
  return createHash('sha256').update(git('ls-files', '--stage')).digest('hex').slice(0, 16);
}

/** @returns undefined where nothing is kept, or nothing that this program reads */
export function readRecord(file: URL): Explored | undefined {
  if (!existsSync(file)) return undefined;
  return recordSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
}

/** Whether one of these seeds, first and last, is in it, of that code. */
export function holds(kept: Explored | undefined, code: string, [first, last]: [number, number]): boolean {
  return kept?.code === code && kept.seeds.some(([from, to]) => from <= last && first <= to);
}

/** @returns both, where they are of the same code; else the new one */
export function addedTo(kept: Explored | undefined, found: Explored): Explored {
  if (kept?.code !== found.code) return found;
  const all: ShareResult = together(kept, found);
  return {
    code: found.code,
    commit: found.commit,
    seeds: [...kept.seeds, ...found.seeds],
    tookMs: kept.tookMs + found.tookMs,
    explored: all.explored,
    failures: [...kept.failures, ...found.failures],
    commands: all.commands,
    faults: { ...all.faults },
  };
}
