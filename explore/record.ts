/**
 * What was explored of the code as it is, over as many calls as it takes: a million seeds are hours on a small machine. Once
 * the code is another one the record begins anew.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { type ShareResult, together } from './shares.ts';

/** From which all that an exploration runs is loaded. */
const PROGRAMS = ['explore/crew.ts', 'explore/worker.ts'];
const ROOT = path.join(import.meta.dirname, '..');
const IMPORTED = /\b(?:from '|import\(')([\w@./-]+)'[;)]/g;
/** Of types only: nothing is loaded for it. */
const TYPES = /^(?:import|export) type [^;]*;/gm;

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

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({ integrity: z.string().optional(), dependencies: z.record(z.string(), z.string()).optional() }),
  ),
});

export type Explored = z.infer<typeof recordSchema>;

/**
 * Of the files that an exploration runs, and the packages that these load: what else changes has no part in what was explored.
 *
 * @returns undefined where one of them was changed and not committed: then nobody could tell what was explored
 */
export function codeHere(): string | undefined {
  const { files, packages } = loadedBy(PROGRAMS);
  const git = (...args: readonly string[]) =>
    execFileSync('git', [...args, '--', ...files], { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (git('status', '--porcelain') !== '') return undefined;
  const hash = createHash('sha256').update(git('ls-files', '--stage'));
  return hash
    .update(JSON.stringify(locked(packages)))
    .digest('hex')
    .slice(0, 16);
}

/** @param programs from the root of the project @returns what they load, and the packages, each sorted by name */
export function loadedBy(programs: readonly string[]): { files: string[]; packages: string[] } {
  const files = new Set(programs);
  const packages = new Set<string>();
  // A set is walked to its end also where it grows on the way.
  for (const file of files) {
    for (const [, from = ''] of readFileSync(path.join(ROOT, file), 'utf8')
      .replaceAll(TYPES, '')
      .matchAll(IMPORTED)) {
      if (from.startsWith('.')) files.add(path.join(path.dirname(file), from));
      else if (!from.startsWith('node:')) packages.add(/^(?:@[^/]+\/)?[^/]+/.exec(from)?.[0] ?? from);
    }
  }
  return { files: [...files].sort(), packages: [...packages].sort() };
}

/** @returns which version of each there is, by the lock, with those that they depend on */
function locked(packages: readonly string[]): readonly [string, unknown][] {
  const lock = lockSchema.parse(JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')));
  const all = new Set(packages);
  for (const name of all)
    for (const each of Object.keys(lock.packages[`node_modules/${name}`]?.dependencies ?? {})) all.add(each);
  return [...all].sort().map((name) => [name, lock.packages[`node_modules/${name}`]?.integrity]);
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
