/**
 * A terminal that is never waited for. Node writes to terminals synchronously: one that does not read (Ctrl-S, an ssh
 * session that hangs) stops the whole process. So the terminal's device is opened once more, with O_NONBLOCK. An
 * opening of our own, because that flag belongs to the opening, and the one that we inherited is the shell's too.
 */
import { constants, fstatSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Outlet } from './outlet.ts';

/** A terminal's readiness cannot be waited for without libuv, which would block again. */
const ASK_AGAIN_MS = 50;

export class TerminalOutlet implements Outlet {
  readonly isTTY = true;
  readonly isIdle = true;
  private readonly fd: number;
  private readonly width: () => number | undefined;

  private constructor(fd: number, width: () => number | undefined) {
    this.fd = fd;
    this.width = width;
  }

  /**
   * @param fd of a terminal, 1 or 2
   * @returns undefined where it cannot be opened again
   */
  static reopen(fd: number, width: () => number | undefined): TerminalOutlet | undefined {
    const own =
      openNonBlocking(`/proc/self/fd/${fd}`) ?? (isOurs(fd) ? openNonBlocking('/dev/tty') : undefined);
    return own === undefined ? undefined : new TerminalOutlet(own, width);
  }

  get columns(): number | undefined {
    return this.width();
  }

  take(bytes: Uint8Array): number | 'gone' {
    try {
      return writeSync(this.fd, bytes);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // EIO: it was hung up.
      return code === 'EAGAIN' || code === 'EINTR' ? 0 : 'gone';
    }
  }

  whenRoom(callback: () => void): void {
    // What waits for a terminal is no reason to go on living.
    setTimeout(callback, ASK_AGAIN_MS).unref();
  }
}

function openNonBlocking(path: string): number | undefined {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}

/**
 * Whether the terminal is the one that controls this process, which /dev/tty opens. After `su` or `sudo -u` the
 * device itself still belongs to the user who logged in, and only that way is open.
 */
function isOurs(fd: number): boolean {
  try {
    // The program's name, in brackets, may hold anything; tty_nr is the fifth field behind it: proc(5).
    const [, , , , ttyNumber] = (readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1) ?? '').split(' ');
    return Number(ttyNumber) === fstatSync(fd).rdev;
  } catch {
    return false;
  }
}
