/**
 * The lasting virshs of the hosts that this process asks: what costs a process each time, and on another host a login, costs
 * one. A virsh carries out one command after the other, and one that hangs holds up those behind it: so each is lent to
 * one asker at a time, and another is started where none comes back soon.
 */
import { isOutOfReach } from './refusal.ts';
import { virsh } from './virsh.ts';
import { isHarmless, VirshShell } from './virsh-shell.ts';

/** A command takes a few milliseconds. */
const SOON_MS = 150;
/** Before the first has answered it may still be connecting. */
const CONNECTED_MS = 500;
/** Unused for so long, it is ended. */
const IDLE_MS = 10_000;

class HostShells {
  private readonly uri: string;
  private readonly idle: VirshShell[] = [];
  private readonly waiting: ((shell: VirshShell) => void)[] = [];
  private lent = 0;
  /** When one was last started, or given back. */
  private movedMs = 0;
  private connected = false;
  private closed = false;
  private idleTimer: NodeJS.Timeout | undefined;

  constructor(uri: string) {
    this.uri = uri;
  }

  async run(args: readonly string[], timeoutMs: number | undefined): Promise<string> {
    const shell = await this.borrow();
    try {
      const answer = await shell.run(args, timeoutMs);
      this.connected = true;
      return answer;
    } finally {
      this.giveBack(shell);
    }
  }

  /** For good. */
  close(): void {
    this.closed = true;
    this.endIdle();
  }

  private endIdle(): void {
    clearTimeout(this.idleTimer);
    for (const shell of this.idle.splice(0)) shell.close();
    this.connected = false;
  }

  private async borrow(): Promise<VirshShell> {
    const shell = this.idle.pop() ?? (this.lent > 0 ? await this.comesBack() : undefined);
    this.lent += 1;
    if (shell) return shell;
    this.movedMs = performance.now();
    return new VirshShell(this.uri);
  }

  /** @returns undefined where another is to be started: none was given back, and none started, for a while */
  private async comesBack(): Promise<VirshShell | undefined> {
    const { promise, resolve } = Promise.withResolvers<VirshShell | undefined>();
    this.waiting.push(resolve);
    let timer: NodeJS.Timeout;
    const look = () => {
      const leftMs = this.movedMs + (this.connected ? SOON_MS : CONNECTED_MS) - performance.now();
      if (leftMs > 0) {
        timer = setTimeout(look, leftMs);
        return;
      }
      // The others wait for this one.
      this.movedMs = performance.now();
      this.waiting.splice(this.waiting.indexOf(resolve), 1);
      resolve(undefined);
    };
    look();
    return await promise.finally(() => clearTimeout(timer));
  }

  private giveBack(shell: VirshShell): void {
    this.lent -= 1;
    this.movedMs = performance.now();
    const next = this.waiting.shift();
    if (next) return next(shell);
    if (this.closed) return shell.close();
    // It keeps nobody from ending, and ends with whoever started it.
    shell.rest();
    this.idle.push(shell);
    clearTimeout(this.idleTimer);
    this.idleTimer = setTimeout(() => this.endIdle(), IDLE_MS).unref();
  }
}

const hosts = new Map<string, HostShells>();

/**
 * As `virsh()`, which it is where an argument is not fit for virsh's own command line.
 * @returns what it printed @throws {VirshError} @throws {NoVirshError} @throws {VirshTimeoutError}
 */
export async function askHost(uri: string, args: readonly string[], timeoutMs?: number): Promise<string> {
  const alone = async () => await virsh(uri, args, timeoutMs === undefined ? {} : { timeoutMs });
  if (!args.every(isHarmless)) return await alone();
  let shells = hosts.get(uri);
  if (!shells) {
    shells = new HostShells(uri);
    hosts.set(uri, shells);
  }
  try {
    return await shells.run(args, timeoutMs);
  } catch (error) {
    // One that lasts has lost its connection in its own words, or long ago.
    if (!isOutOfReach(error)) throw error;
    return await alone();
  }
}

/** Nobody is asked by one of these again. Those that are being asked end when they have answered. */
export function closeShells(): void {
  for (const shells of hosts.values()) shells.close();
  hosts.clear();
}
