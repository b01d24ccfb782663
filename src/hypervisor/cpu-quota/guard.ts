/**
 * A small process that outlives us: when we end, however we do, the pipe to it closes, and it undoes what we did. It is in a
 * session of its own, so that what is sent to ours does not reach it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export class Guard {
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  /** @param undoing what it does in the end, for sh @throws {Error} when it does not start */
  static async start(undoing: string): Promise<Guard> {
    const script = `trap '' HUP INT TERM\necho ready\nread -r _\n${undoing}\ntrue`;
    const child = spawn('sh', ['-c', script], { detached: true, stdio: ['pipe', 'pipe', 'ignore'] });
    child.unref();
    child.stdin?.on('error', () => {});
    const failed = once(child, 'error').then(([error]) => Promise.reject(error as Error));
    failed.catch(() => {});
    // It has to be there before there is anything to undo.
    await Promise.race([once(child.stdout ?? child, 'data'), failed]);
    child.stdout?.destroy();
    return new Guard(child);
  }

  /** It undoes now, and ends. */
  end(): void {
    this.child.stdin?.destroy();
  }
}
