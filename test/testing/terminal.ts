/** switchover, or another program, at a terminal of its own that can be told to stop reading: `script` of util-linux. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf } from '../../lab/children-of.ts';
import { PROGRAM } from '../../lab/switchover-process.ts';

/** The line discipline's signs of Ctrl-S and Ctrl-Q. */
const XOFF = '\x13';
const XON = '\x11';

/** Below the tests' own timeouts, which would leave the processes behind. */
const HANGS_MS = 25_000;

export class AtTerminal implements AsyncDisposable {
  private readonly ended: Promise<number | null>;
  /** Everything that the terminal showed. */
  screen = '';
  private readonly script: ChildProcess;

  /** @param command of a shell, on whose standard output and error is the terminal */
  constructor(command: string, env: NodeJS.ProcessEnv = {}) {
    this.script = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      env: { ...process.env, TERM: 'xterm', ...env },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.script.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.screen += text;
    });
    this.ended = once(this.script, 'exit').then(([status]) => status as number | null);
  }

  static switchover(args: readonly string[], env: NodeJS.ProcessEnv = {}): AtTerminal {
    return new AtTerminal(`stty cols 100; exec ${[PROGRAM, ...args].map(quoted).join(' ')}`, env);
  }

  /** Ctrl-S: from now on the terminal takes nothing. */
  stopReading(): void {
    this.script.stdin?.write(XOFF);
  }

  /** Ctrl-Q */
  readOn(): void {
    this.script.stdin?.write(XON);
  }

  type(text: string): void {
    this.script.stdin?.write(text);
  }

  /** @throws {Error} when the program ends before, or hangs */
  async shows(pattern: RegExp): Promise<void> {
    let over: string | undefined;
    void this.ends().then(
      () => {
        over = 'it ended';
      },
      (error: Error) => {
        over = error.message;
      },
    );
    while (!pattern.test(this.screen)) {
      if (over !== undefined) throw new Error(`${over} without showing ${pattern}:\n${this.screen}`);
      await sleep(20);
    }
  }

  /** @returns the exit status @throws {Error} when it goes on for long */
  async ends(): Promise<number | null> {
    const hangs = sleep(HANGS_MS, undefined, { ref: false }).then(() => {
      throw new Error(`it hangs after ${HANGS_MS} ms`);
    });
    return await Promise.race([this.ended, hangs]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Of a terminal that is closed switchover takes no notice: it would follow the migration for as long as that lasts.
    killChildren(this.script.pid);
    this.script.kill('SIGKILL');
    await this.ended;
  }
}

function killChildren(parent: number | undefined): void {
  try {
    for (const pid of childrenOf(parent)) process.kill(pid, 'SIGKILL');
  } catch {
    // They, or their parent, have ended by themselves.
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
