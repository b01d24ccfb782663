/** Runs the real command line, as a user would, and collects what it said. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { MigrationDocument } from '../src/journal/document.ts';

export const PROGRAM = path.join(import.meta.dirname, '..', 'bin', 'switchover');

export interface Ran {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A switchover under way. */
export class Running {
  readonly process: ChildProcess;
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ran>;

  /** @param prefix a command that runs the rest, like `ip netns exec NAME` */
  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}, prefix: readonly string[] = []) {
    const [program = PROGRAM, ...words] = [...prefix, PROGRAM, ...args];
    const child = spawn(program, words, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.ended = once(child, 'close').then(([status, signal]) => ({
      status: status as number | null,
      signal: signal as NodeJS.Signals | null,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  /** Waits until it has said this on standard error. @throws {Error} when it ends before */
  async says(pattern: RegExp): Promise<void> {
    await this.until(pattern, () => this.stderr);
  }

  /** Waits until it has printed this on standard output. @throws {Error} when it ends before */
  async prints(pattern: RegExp): Promise<void> {
    await this.until(pattern, () => this.stdout);
  }

  private async until(pattern: RegExp, text: () => string): Promise<void> {
    let over = false;
    void this.ended.then(() => {
      over = true;
    });
    while (!pattern.test(text())) {
      if (over) throw new Error(`switchover ended without saying ${pattern}:\n${this.stderr}${this.stdout}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

export async function switchover(...args: string[]): Promise<Ran> {
  return await new Running(args).ended;
}

/** What `--json` printed. @throws {Error} with everything it said, when that is no document */
export function documentFrom(ran: Ran): MigrationDocument {
  try {
    return JSON.parse(ran.stdout) as MigrationDocument;
  } catch (cause) {
    throw new Error(`no document (exit ${ran.status}):\n${ran.stdout}\n${ran.stderr}`, { cause });
  }
}
