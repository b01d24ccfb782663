/**
 * One side of a pair: a QEMU, and the guest inside it when it runs there.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { problemsIn, readText, tailOf } from './console.ts';
import { type GuestStatus, type GuestVerification, parseStatus, parseVerification } from './guest/answers.ts';
import { askGuest } from './guest/serial.ts';
import { runState } from './monitor.ts';
import type { GuestPaths } from './qemu-command.ts';
import type { QemuProcess } from './qemu-process.ts';
import { waitFor } from './wait.ts';

/** The guest crashed, or its QEMU ended, before the workload was ready. The message ends with the console. */
export class GuestFailedError extends Error {
  override readonly name = 'GuestFailedError';
}

export class LabGuest {
  /** `vm1-source`, `vm1-destination`: what its files in the run folder begin with. */
  readonly name: string;
  readonly pid: number;
  readonly qmpPath: string;
  readonly monitor2Path: string;
  readonly consolePath: string;
  /** True when this guest has an odd RAM size, because its QEMU would lose writes otherwise (QEMU < 9.0). */
  readonly losesWritesWorkaround: boolean;

  readonly #paths: GuestPaths;
  readonly #process: QemuProcess;
  /** The serial port answers one at a time; the next question waits for this. */
  #lastQuestion: Promise<unknown> = Promise.resolve();

  constructor(name: string, paths: GuestPaths, process: QemuProcess, losesWritesWorkaround: boolean) {
    this.name = name;
    this.pid = process.pid;
    this.qmpPath = paths.qmpPath;
    this.monitor2Path = paths.monitor2Path;
    this.consolePath = paths.consolePath;
    this.losesWritesWorkaround = losesWritesWorkaround;
    this.#paths = paths;
    this.#process = process;
  }

  alive(): boolean {
    return this.#process.alive();
  }

  /** Does nothing when QEMU is gone already. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#process.kill(signal);
  }

  /** QEMU's exit status; null when a signal ended it, or when another process than this one had started it. */
  get exited(): Promise<number | null> {
    return this.#process.exited();
  }

  /** QEMU's run state, over the second monitor; undefined when nobody answers there. */
  async runState(): Promise<string | undefined> {
    return await runState(this.monitor2Path);
  }

  /** Where the workload stands. @throws {GuestAnswerError} when the guest does not run here */
  async status(timeoutMs = 10_000): Promise<GuestStatus> {
    return parseStatus(await this.#ask('STATUS', timeoutMs));
  }

  /** Has the guest check all its pages, which stops its writing meanwhile. @throws {GuestAnswerError} */
  async verify(timeoutMs = 60_000): Promise<GuestVerification> {
    return parseVerification(await this.#ask('VERIFY', timeoutMs));
  }

  /**
   * Spoils one page behind the workload's back, so that a test can see {@link verify} fail: `stale` puts its
   * previous generation back, which is what a lost write looks like, `flip` turns one bit.
   */
  async corrupt(page: number, how: 'stale' | 'flip' = 'stale'): Promise<void> {
    await this.#ask(`CORRUPT ${page} ${how}`, 10_000);
  }

  /** Lines of the console that tell of a crash or of broken memory. */
  async consoleProblems(): Promise<string[]> {
    return problemsIn(await readText(this.consolePath));
  }

  /**
   * Waits until the workload has touched its whole working set and begun its steady writing.
   * @throws {GuestFailedError} as soon as the guest crashes or QEMU ends
   * @throws {WaitTimeoutError}
   */
  async ready(timeoutMs = 120_000): Promise<void> {
    await waitFor(
      `the workload of ${this.name}, see ${this.consolePath}`,
      async () => {
        const gone = !this.alive();
        if (/^READY\r?$/m.test(await readText(this.#paths.serialLogPath))) return true;
        if (gone) return await this.#fail('its QEMU ended');
        const problems = await this.consoleProblems();
        if (problems.length === 0) return undefined;
        await sleep(500); // a panic is many lines, and they tell the cause
        return await this.#fail((await this.consoleProblems())[0] ?? '');
      },
      { timeoutMs },
    );
  }

  async #ask(request: string, timeoutMs: number): Promise<string> {
    const answer = this.#lastQuestion.then(
      async () => await askGuest(this.#paths.serialPath, request, timeoutMs),
    );
    this.#lastQuestion = answer.catch(() => undefined);
    return await answer;
  }

  async #fail(why: string): Promise<never> {
    const output = [await tailOf(this.#paths.logPath), await tailOf(this.consolePath)]
      .filter(Boolean)
      .join('\n');
    throw new GuestFailedError(`${this.name} did not become ready: ${why}\n${output}`);
  }
}
