/**
 * An address of a monitor that can be far, can be lost, can fall silent, and comes back: a socket of ours in front of QEMU's.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import path from 'node:path';
import type { Direction, WayNews, WayOrder } from './way-process.ts';

const PROGRAM = path.join(import.meta.dirname, 'way-process.ts');

export class Way implements AsyncDisposable {
  /** Where switchover is to connect. */
  readonly path: string;
  readonly monitorPath: string;
  /** Undefined while the way is lost. */
  #process: ChildProcess | undefined;

  private constructor(wayPath: string, monitorPath: string) {
    this.path = wayPath;
    this.monitorPath = monitorPath;
  }

  static async open(wayPath: string, monitorPath: string): Promise<Way> {
    const way = new Way(wayPath, monitorPath);
    await way.restore();
    return way;
  }

  get address(): string {
    return `qmp:${this.path}`;
  }

  /**
   * Cuts the connections.
   * @param leaves `stale-socket`: a file on which nobody listens, as a killed ssh; `nothing`: no file
   */
  async lose(leaves: 'stale-socket' | 'nothing'): Promise<void> {
    const lost = this.#process;
    this.#process = undefined;
    if (lost) await end(lost);
    if (leaves === 'nothing') rmSync(this.path, { force: true });
  }

  /** A working way, whatever it was: lost, silent or whole. Connections that were open through it are cut. */
  async restore(): Promise<void> {
    await (await this.prepare())();
  }

  /** The slow part of {@link restore}. @returns the rest of it */
  async prepare(): Promise<() => Promise<void>> {
    const next = fork(PROGRAM, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    await once(next, 'spawn');
    return async () => {
      await this.lose('nothing');
      this.#process = next;
      await this.#order({ do: 'listen', path: this.path, monitorPath: this.monitorPath });
    };
  }

  /** As from a controller far away: every line takes `delayMs` more, there and back alike. */
  async moveAway(delayMs: number): Promise<void> {
    await this.#order({ do: 'delay', delayMs });
  }

  /** Keeps the connections open, accepts new ones, and passes nothing on. */
  async fallSilent(): Promise<void> {
    await this.hold('to-qemu');
    await this.hold('to-client');
  }

  /** Passes on all that was held back meanwhile, as a QEMU does whose main loop hung. */
  async speakAgain(): Promise<void> {
    await this.letGo('to-qemu');
    await this.letGo('to-client');
  }

  async hold(direction: Direction): Promise<void> {
    await this.#order({ do: 'hold', direction });
  }

  async letGo(direction: Direction): Promise<void> {
    await this.#order({ do: 'let-go', direction });
  }

  /**
   * Holds back the first line that matches, and all that follows it in that direction.
   * @param onHeld called once it is held
   */
  async holdAt(direction: Direction, pattern: RegExp, onHeld: (line: string) => void): Promise<void> {
    this.#process?.on('message', (news: WayNews) => {
      if (news.did === 'held' && news.direction === direction) onHeld(news.line);
    });
    await this.#order({ do: 'hold-at', direction, pattern: pattern.source });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lose('nothing');
  }

  /** @returns once it is done; at once where the way is lost */
  async #order(order: WayOrder): Promise<void> {
    const process = this.#process;
    if (!process) return;
    await new Promise<void>((resolve) => {
      const onNews = ({ did }: WayNews) => {
        if (did !== order.do) return;
        process.off('message', onNews);
        process.off('exit', done);
        resolve();
      };
      const done = () => resolve();
      process.on('message', onNews);
      process.once('exit', done);
      process.send(order);
    });
  }
}

async function end(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const exited = once(process, 'exit');
  process.kill('SIGKILL');
  await exited;
}
