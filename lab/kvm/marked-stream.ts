/**
 * One stream of a command's output between the marks that the host's agent puts around it: `TOKEN begin`, the output,
 * `TOKEN end STATUS`. What an earlier command left in front of that is dropped.
 */
import type { Readable } from 'node:stream';

export class MarkedStream {
  readonly begun: Promise<void>;
  /** The command's exit status, once the stream's end mark has come. Never, when the stream ends without. */
  readonly status: Promise<number>;

  readonly #begin: string;
  readonly #end: string;
  readonly #take: (chunk: Buffer) => void;
  #reportBegun: () => void = () => undefined;
  #reportStatus: (status: number) => void = () => undefined;
  #state: 'before' | 'inside' | 'after' = 'before';
  #held = Buffer.alloc(0);

  constructor(source: Readable, token: string, take: (chunk: Buffer) => void = () => undefined) {
    this.#begin = `${token} begin`;
    this.#end = `${token} end `;
    this.#take = take;
    this.begun = new Promise((resolve) => {
      this.#reportBegun = resolve;
    });
    this.status = new Promise((resolve) => {
      this.#reportStatus = resolve;
    });
    source.on('data', (chunk: Buffer) => {
      this.#held = Buffer.concat([this.#held, chunk]);
      if (this.#state === 'before') this.#readBegin();
      if (this.#state === 'inside') this.#readInside();
    });
  }

  #readBegin(): void {
    const at = this.#held.indexOf(this.#begin);
    const lineEnd = at < 0 ? -1 : this.#held.indexOf('\n', at);
    if (lineEnd < 0) return;
    this.#held = this.#held.subarray(lineEnd + 1);
    this.#state = 'inside';
    this.#reportBegun();
  }

  #readInside(): void {
    const at = this.#held.indexOf(this.#end);
    if (at < 0) {
      this.#give(this.#held.length - this.#partOfEnd());
      return;
    }
    this.#give(at);
    const [, status] = /^\S+ end (\d+)\r?\n/.exec(this.#held.toString('latin1')) ?? [];
    if (status === undefined) return;
    this.#state = 'after';
    this.#reportStatus(Number(status));
  }

  /** How much of the end mark has come, as far as one can tell. Only that waits: a prompt is shown at once. */
  #partOfEnd(): number {
    const longest = Math.min(this.#end.length - 1, this.#held.length);
    for (let length = longest; length > 0; length -= 1)
      if (this.#held.subarray(-length).toString('latin1') === this.#end.slice(0, length)) return length;
    return 0;
  }

  #give(byteCount: number): void {
    if (byteCount > 0) this.#take(this.#held.subarray(0, byteCount));
    this.#held = this.#held.subarray(byteCount);
  }
}
