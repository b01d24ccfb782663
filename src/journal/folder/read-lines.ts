/** Reads a journal's file piece by piece, so that a long one does not hold up what else goes on. */
import fs from 'node:fs';
import { errnoWords } from '../errno-words.ts';
import type { JournalEntry } from '../journal-entry.ts';
import { JournalError } from '../journal-error.ts';
import { type ParsedLine, parseEntry } from '../parse-entry.ts';
import { openSafely } from './safe-path.ts';

const PIECE_BYTES = 64 * 1024;
/** Most first lines fit. */
const FIRST_PIECE_BYTES = 4096;
const LONGEST_LINE = 16 * 1024 * 1024;
/** Of one journal; one that is no journal at all would else print as many sentences as it has lines. */
const TOLD_PROBLEMS = 3;

/**
 * The lines of each piece, checked. What follows the last newline is torn (the machine died in mid-write), or is
 * being written: it is left out.
 * @throws {JournalError} when the file cannot be read
 */
export async function* readLines(file: string): AsyncGenerator<readonly ParsedLine[], void> {
  let number = 0;
  for await (const lines of readText(file, PIECE_BYTES))
    yield lines.map((line) => {
      number += 1;
      return parseEntry(line, `${file}:${number}`);
    });
}

/** The first line only, without a look at the others. @throws {JournalError} when the file cannot be read */
export async function readFirstLine(file: string): Promise<ParsedLine | undefined> {
  for await (const [first] of readText(file, FIRST_PIECE_BYTES))
    if (first !== undefined) return parseEntry(first, `${file}:1`);
  return undefined;
}

/** Whole lines, and where the file goes on after them. */
export interface ReadPiece {
  readonly lines: readonly ParsedLine[];
  readonly endByte: number;
}

/**
 * What was written after that byte, which a line begins with, piece by piece. What is torn or being written is left out.
 * @throws {JournalError} when the file cannot be read
 */
export async function* readSince(file: string, fromByte: number): AsyncGenerator<ReadPiece, void> {
  const handle = await openToRead(file);
  try {
    const piece = Buffer.alloc(PIECE_BYTES);
    let rest = Buffer.alloc(0);
    let at = fromByte;
    for (;;) {
      const { bytesRead } = await handle.read(piece, 0, PIECE_BYTES, at + rest.length);
      if (bytesRead === 0) return;
      const all = Buffer.concat([rest, piece.subarray(0, bytesRead)]);
      const wholeBytes = all.lastIndexOf('\n') + 1;
      rest = all.subarray(wholeBytes);
      if (rest.length > LONGEST_LINE)
        throw new JournalError(`${file} has a line without end: it is no journal`);
      if (wholeBytes === 0) continue;
      const lines = all.toString('utf8', 0, wholeBytes - 1).split('\n');
      const where = `${file}, after byte ${at},`;
      at += wholeBytes;
      yield { lines: lines.map((line) => parseEntry(line, where)), endByte: at };
    }
  } catch (cause) {
    if (cause instanceof JournalError) throw cause;
    throw unreadable(file, cause);
  } finally {
    await handle.close();
  }
}

async function* readText(file: string, pieceBytes: number): AsyncGenerator<readonly string[], void> {
  const handle = await openToRead(file);
  try {
    const decoder = new TextDecoder();
    const buffer = Buffer.alloc(pieceBytes);
    let rest = '';
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, pieceBytes, null);
      if (bytesRead === 0) return;
      const lines = (rest + decoder.decode(buffer.subarray(0, bytesRead), { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LONGEST_LINE)
        throw new JournalError(`${file} has a line without end: it is no journal`);
      yield lines;
    }
  } catch (cause) {
    if (cause instanceof JournalError) throw cause;
    throw unreadable(file, cause);
  } finally {
    await handle.close();
  }
}

/** All entries of a file, and a sentence for each of the first lines that are none. */
export async function readEntries(
  file: string,
): Promise<{ readonly entries: JournalEntry[]; readonly problems: string[] }> {
  const entries: JournalEntry[] = [];
  const problems: string[] = [];
  let untold = 0;
  for await (const lines of readLines(file))
    for (const { entry, problem } of lines) {
      if (entry) entries.push(entry);
      else if (problems.length < TOLD_PROBLEMS) problems.push(problem);
      else untold += 1;
    }
  if (untold > 0) problems.push(`${file} has ${untold} more such lines`);
  return { entries, problems };
}

async function openToRead(file: string): Promise<fs.promises.FileHandle> {
  try {
    return await openSafely(file, fs.constants.O_RDONLY);
  } catch (cause) {
    if (cause instanceof JournalError) throw cause;
    throw unreadable(file, cause);
  }
}

function unreadable(file: string, cause: unknown): JournalError {
  return new JournalError(`the journal ${file} cannot be read (${errnoWords(cause)})`, { cause });
}
