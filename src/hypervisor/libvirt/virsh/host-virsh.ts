/**
 * The lasting virshs of one host: one that looks, and a second that acts where a look hangs, since a virsh carries out
 * one command after the other. The second is started only then.
 */
import { VirshError } from './virsh.ts';
import type { Shell } from './virsh-shell.ts';

export class HostVirsh {
  private readonly open: () => Shell;
  private looking: Shell | undefined;
  private acting: Shell | undefined;
  /** Commands that the first has not answered yet. */
  private pending = 0;
  private closed = false;

  constructor(open: () => Shell) {
    this.open = open;
  }

  /** Asks. Waits for what was asked before. @throws as {@link Shell.run} */
  async ask(args: readonly string[], timeoutMs?: number): Promise<string> {
    this.assertOpen();
    this.looking ??= this.open();
    this.pending += 1;
    try {
      return await this.looking.run(args, timeoutMs);
    } finally {
      this.pending -= 1;
    }
  }

  /** Does something, before whatever was asked and is not answered. @throws as {@link Shell.run} */
  async act(args: readonly string[], timeoutMs?: number): Promise<string> {
    if (this.pending === 0) return await this.ask(args, timeoutMs);
    this.assertOpen();
    this.acting ??= this.open();
    return await this.acting.run(args, timeoutMs);
  }

  /** Ends them, for good; what was asked and not answered is rejected. */
  close(): void {
    this.closed = true;
    this.looking?.close();
    this.acting?.close();
  }

  private assertOpen(): void {
    if (this.closed) throw new VirshError('virsh was ended');
  }
}
