/**
 * Journals as files: one JSON Lines file for each migration, `<state dir>/journal/<id>.jsonl`.
 *
 * Each line goes to the kernel in one write before the next step is taken, so a killed switchover leaves
 * everything it did. A torn last line (the machine died mid-write) is ignored when read.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { JOURNAL_SCHEMA, type JournalEntry } from './journal-entry.ts';

/** The journal cannot be opened or read; the message says where and what to do. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
}

/**
 * `--state-dir` or SWITCHOVER_STATE_DIR, else `$XDG_STATE_HOME/switchover`, else
 * `~/.local/state/switchover`.
 */
export function stateDirectory(chosen: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  if (chosen) return path.resolve(chosen);
  // A relative XDG path is to be ignored, says the XDG base directory specification.
  const xdg = env['XDG_STATE_HOME'];
  const base = xdg && path.isAbsolute(xdg) ? xdg : path.join(os.homedir(), '.local', 'state');
  return path.join(base, 'switchover');
}

function journalDirectory(stateDir: string): string {
  return path.join(stateDir, 'journal');
}

/** The file of the journal with that id, whether or not it is there. */
export function journalPath(stateDir: string, id: string): string {
  return path.join(journalDirectory(stateDir), `${id}.jsonl`);
}

/** `20261122T195748.120-vm1-3f2a`: sorts by time, safe as a file name whatever the VM is called. */
export function newMigrationId(
  vmName: string,
  now: Date = new Date(),
  random: () => number = Math.random,
): string {
  const stamp = now.toISOString().replace(/[-:Z]/g, '');
  const name =
    vmName
      .replace(/[^A-Za-z0-9_]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 40) || 'vm';
  const tail = Math.floor(random() * 0x10000)
    .toString(16)
    .padStart(4, '0');
  return `${stamp}-${name}-${tail}`;
}

export class JournalFile {
  readonly path: string;
  private readonly fd: number;

  private constructor(file: string, fd: number) {
    this.path = file;
    this.fd = fd;
  }

  /**
   * Creates the journal with its first entry, and so proves that the folder takes data before anything begins.
   * @throws {JournalError} when the folder cannot be made or written
   */
  static create(stateDir: string, id: string, opening: JournalEntry): JournalFile {
    const directory = journalDirectory(stateDir);
    const file = journalPath(stateDir, id);
    let fd: number | undefined;
    try {
      fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
      fd = fs.openSync(file, 'ax', 0o600);
      const journal = new JournalFile(file, fd);
      journal.append(opening);
      fs.fdatasyncSync(fd);
      return journal;
    } catch (cause) {
      if (fd !== undefined) {
        fs.closeSync(fd);
        fs.rmSync(file, { force: true });
      }
      throw new JournalError(
        `the journal cannot be written in ${directory} (${errorCode(cause)}): make room and make it writable, or choose another folder with --state-dir`,
        { cause },
      );
    }
  }

  /** @throws {Error} the file system's error */
  append(entry: JournalEntry): void {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    const written = fs.writeSync(this.fd, line);
    if (written < line.length) throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
  }

  remove(): void {
    fs.rmSync(this.path, { force: true });
  }

  /** Waits until the lines are on the disk; best effort. */
  close(): void {
    try {
      fs.fdatasyncSync(this.fd);
    } catch {
      // The kernel has the lines; only a crash of the machine could lose them now.
    }
    fs.closeSync(this.fd);
  }
}

/** @throws {JournalError} when it is not there, not a journal, or of a schema that is not {@link JOURNAL_SCHEMA} */
export function readJournal(file: string): JournalEntry[] {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (cause) {
    throw new JournalError(`the journal ${file} cannot be read (${errorCode(cause)})`, { cause });
  }
  const lines = text.split('\n');
  // Whole lines end in a newline: what follows the last one is torn, or empty.
  lines.pop();
  return lines.map((line, index) => parseEntry(line, `${file}:${index + 1}`));
}

function parseEntry(line: string, where: string): JournalEntry {
  let entry: Partial<JournalEntry>;
  try {
    entry = JSON.parse(line) as Partial<JournalEntry>;
  } catch (cause) {
    throw new JournalError(`${where} is not JSON: the journal is damaged or is no journal`, { cause });
  }
  if (typeof entry.schema !== 'number' || typeof entry.type !== 'string' || typeof entry.atMs !== 'number')
    throw new JournalError(`${where} is no journal entry: it lacks schema, type or atMs`);
  if (entry.schema > JOURNAL_SCHEMA)
    throw new JournalError(
      `${where} has schema ${entry.schema}, this switchover reads up to ${JOURNAL_SCHEMA}: use a newer switchover`,
    );
  if (entry.schema !== JOURNAL_SCHEMA)
    throw new JournalError(
      `${where} has schema ${entry.schema}, this switchover reads from ${JOURNAL_SCHEMA} on: use the switchover that wrote it`,
    );
  return entry as JournalEntry;
}

/** Ids of the journals in the folder, oldest first; empty when there is no folder. */
export function listJournals(stateDir: string): string[] {
  try {
    return fs
      .readdirSync(journalDirectory(stateDir))
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => name.slice(0, -'.jsonl'.length))
      .sort();
  } catch {
    return [];
  }
}

/**
 * Finds a journal by its id, by an unambiguous part of it, or `last`.
 * @throws {JournalError} when there is none or more than one
 */
export function findJournal(stateDir: string, id: string): string {
  const all = listJournals(stateDir);
  const matches =
    id === 'last' ? all.slice(-1) : all.includes(id) ? [id] : all.filter((each) => each.includes(id));
  const only = matches[0];
  if (only === undefined)
    throw new JournalError(
      `no migration "${id}" in ${journalDirectory(stateDir)}: \`switchover list\` shows what there is`,
    );
  if (matches.length > 1)
    throw new JournalError(`"${id}" fits ${matches.length} migrations: ${matches.join(', ')}`);
  return journalPath(stateDir, only);
}

/** The file system's reason in words. */
export function errorCode(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const words: Record<string, string> = {
    EACCES: 'permission denied',
    EROFS: 'read-only file system',
    ENOSPC: 'no space left on the disk',
    ENOENT: 'no such file',
    ENOTDIR: 'a part of the path is a file',
    EEXIST: 'it exists already',
    EISDIR: 'it is a folder',
  };
  return (code && words[code]) ?? code ?? String(error);
}
