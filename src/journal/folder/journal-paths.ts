/**
 * Where a journal's files are: `<state dir>/journal/<id>.jsonl`, its samples beside it in `<id>.samples.jsonl`, both
 * JSON Lines, and for all of them the index by VM.
 */
import path from 'node:path';
import { JournalError } from '../journal-error.ts';

const JOURNAL = '.jsonl';
const SAMPLES = '.samples.jsonl';

/** What an id may be: a plain file name. */
const ID = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

export class JournalPaths {
  readonly folder: string;
  readonly index: string;

  constructor(stateDir: string) {
    this.folder = path.join(stateDir, 'journal');
    this.index = path.join(this.folder, 'index');
  }

  /** @throws {JournalError} when it is no id */
  journal(id: string): string {
    return this.file(id, JOURNAL);
  }

  /** @throws {JournalError} when it is no id */
  samples(id: string): string {
    return this.file(id, SAMPLES);
  }

  private file(id: string, suffix: string): string {
    if (!ID.test(id))
      throw new JournalError(`"${id}" is no id of a migration: \`switchover list\` shows them`);
    return path.join(this.folder, `${id}${suffix}`);
  }
}

/** The id whose journal, or whose samples, that file is; undefined: neither. */
export function idOfFile(name: string): { readonly id: string; readonly samples: boolean } | undefined {
  const samples = name.endsWith(SAMPLES);
  if (!samples && !name.endsWith(JOURNAL)) return undefined;
  const id = name.slice(0, -(samples ? SAMPLES : JOURNAL).length);
  return ID.test(id) ? { id, samples } : undefined;
}
