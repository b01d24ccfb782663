/**
 * The two serial lines of a guest on one host: what its kernel printed, and questions to its workload.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { problemsIn, readText, tailOf } from './console.ts';
import { type GuestStatus, type GuestVerification, parseStatus, parseVerification } from './guest/answers.ts';
import { askGuest } from './guest/serial.ts';
import { waitFor } from './wait.ts';

/** The guest crashed, or its QEMU ended, before the workload was ready. The message ends with the console. */
export class GuestFailedError extends Error {
  override readonly name = 'GuestFailedError';
}

/** Where the lines end on the outside. */
export interface LinePaths {
  /** The first serial port: what the kernel prints. */
  readonly consolePath: string;
  /** The second one, as a socket: questions to the workload. */
  readonly serialPath: string;
  /** What the workload has ever said there. */
  readonly serialLogPath: string;
  /** QEMU's own output. */
  readonly logPath: string;
}

export class GuestLines {
  readonly paths: LinePaths;
  /** The serial port answers one at a time; the next question waits for this. */
  #lastQuestion: Promise<unknown> = Promise.resolve();

  constructor(paths: LinePaths) {
    this.paths = paths;
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
    return problemsIn(await readText(this.paths.consolePath));
  }

  /**
   * Waits until the workload has touched its whole working set and begun its steady writing.
   * @param name of the guest, for the message
   * @param alive whether its QEMU is there
   * @throws {GuestFailedError} as soon as the guest crashes or QEMU ends
   * @throws {WaitTimeoutError}
   */
  protected async untilReady(name: string, alive: () => boolean, timeoutMs = 120_000): Promise<void> {
    await waitFor(
      `the workload of ${name}, see ${this.paths.consolePath}`,
      async () => {
        const gone = !alive();
        if (/^READY\r?$/m.test(await readText(this.paths.serialLogPath))) return true;
        if (gone) return await this.#fail(name, 'its QEMU ended');
        const problems = await this.consoleProblems();
        if (problems.length === 0) return undefined;
        await sleep(500); // a panic is many lines, and they tell the cause
        return await this.#fail(name, (await this.consoleProblems())[0] ?? '');
      },
      { timeoutMs },
    );
  }

  async #ask(request: string, timeoutMs: number): Promise<string> {
    const answer = this.#lastQuestion.then(
      async () => await askGuest(this.paths.serialPath, request, timeoutMs),
    );
    this.#lastQuestion = answer.catch(() => undefined);
    return await answer;
  }

  async #fail(name: string, why: string): Promise<never> {
    const output = [await tailOf(this.paths.logPath), await tailOf(this.paths.consolePath)]
      .filter(Boolean)
      .join('\n');
    throw new GuestFailedError(`${name} did not become ready: ${why}\n${output}`);
  }
}
