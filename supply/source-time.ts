/** The time that is named in what is published, in place of when it was made: so the same sources make the same bytes. */
import { execFileSync } from 'node:child_process';
import { ROOT } from './npm.ts';

/** @returns when the sources were last changed, by SOURCE_DATE_EPOCH or the last commit @throws {Error} where nobody knows */
export function sourceTimeMs(): number {
  const stated = process.env['SOURCE_DATE_EPOCH'];
  if (stated !== undefined && !/^\d{1,12}$/.test(stated))
    throw new Error(`SOURCE_DATE_EPOCH is ${JSON.stringify(stated)}, and has to be in seconds`);
  return Number(stated ?? lastCommit()) * 1000;
}

function lastCommit(): string {
  try {
    return execFileSync('git', ['log', '-1', '--format=%ct'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch (cause) {
    throw new Error(
      'when the sources were last changed is not known, because this is no checkout of git: set SOURCE_DATE_EPOCH to the seconds since 1970',
      { cause },
    );
  }
}
