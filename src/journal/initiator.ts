import os from 'node:os';

/** Who asked for a migration, for whoever has to find out later. */
export interface Initiator {
  /** The login name; the number where the system knows none. */
  readonly user: string;
  /** -1 where the system has no such numbers. */
  readonly uid: number;
  readonly host: string;
  readonly pid: number;
  /** The command line, the program's own name first. */
  readonly command: readonly string[];
}

/** This process and the user that runs it. */
export function initiatorHere(argv: readonly string[] = process.argv): Initiator {
  const uid = process.getuid?.() ?? -1;
  return {
    user: userName() ?? String(uid),
    uid,
    host: os.hostname(),
    pid: process.pid,
    // Without the path of Node and of the script, which differ from machine to machine.
    command: ['switchover', ...argv.slice(2)],
  };
}

/** Who was root before `sudo` is what people look for. */
function userName(): string | undefined {
  const before = process.env['SUDO_USER'];
  try {
    const { username } = os.userInfo();
    return username === 'root' && before ? `root (sudo by ${before})` : username;
  } catch {
    // A container may run under a number that its user database does not name.
    return undefined;
  }
}
