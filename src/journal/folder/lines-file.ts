/**
 * A file that only grows, line by line. Lines go to the kernel in one write, so a killed switchover leaves all that
 * was written. A write that fails half way is taken back, so that no line is torn in the middle.
 */
import fs from 'node:fs';
import { openSafely } from './safe-path.ts';

const { O_APPEND, O_CREAT, O_EXCL, O_RDWR } = fs.constants;
const NEWLINE = 0x0a;
const PIECE_BYTES = 64 * 1024;

export class LinesFile {
  private readonly handle: fs.promises.FileHandle;
  /** A torn line that could not be taken back: the next one begins on a line of its own. */
  private torn = false;

  private constructor(handle: fs.promises.FileHandle) {
    this.handle = handle;
  }

  /** @throws {Error} when it is there already, or cannot be made */
  static async create(file: string): Promise<LinesFile> {
    return new LinesFile(await openSafely(file, O_RDWR | O_APPEND | O_CREAT | O_EXCL));
  }

  /** Makes it, or goes on with it: a torn last line is cut off then. @throws {Error} */
  static async continue(file: string): Promise<LinesFile> {
    const handle = await openSafely(file, O_RDWR | O_APPEND | O_CREAT);
    try {
      const { size } = await handle.stat();
      const wholeBytes = await wholeBytesOf(handle, size);
      if (wholeBytes < size) await handle.truncate(wholeBytes);
      return new LinesFile(handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** All of them, or none. @throws {Error} */
  async append(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    const before = this.torn;
    const bytes = Buffer.from(`${before ? '\n' : ''}${lines.join('\n')}\n`);
    let written = 0;
    try {
      while (written < bytes.length) {
        const { bytesWritten } = await this.handle.write(bytes, written);
        if (bytesWritten === 0) throw Object.assign(new Error('nothing was written'), { code: 'ENOSPC' });
        written += bytesWritten;
      }
      this.torn = false;
    } catch (error) {
      const left = written > 0 && !(await this.takeBack(written));
      this.torn = before || left;
      throw error;
    }
  }

  async sync(): Promise<void> {
    await this.handle.datasync();
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  /** @returns whether the file is again as it was */
  private async takeBack(bytes: number): Promise<boolean> {
    try {
      const { size } = await this.handle.stat();
      await this.handle.truncate(size - bytes);
      return true;
    } catch {
      return false;
    }
  }
}

/** Up to and with the last newline. */
async function wholeBytesOf(handle: fs.promises.FileHandle, size: number): Promise<number> {
  const buffer = Buffer.alloc(PIECE_BYTES);
  for (let end = size; end > 0; end -= PIECE_BYTES) {
    const start = Math.max(0, end - PIECE_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, end - start, start);
    const newline = buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    if (newline >= 0) return start + newline + 1;
  }
  return 0;
}
