/** The input that a thread tries, and how many it has tried, in memory that another thread sees. */
import { MOST_BYTES } from './target.ts';

const HEAD_INTS = 2;

export class Trying {
  readonly shared: SharedArrayBuffer;
  private readonly head: Int32Array;
  private readonly bytes: Uint8Array;

  constructor(shared = new SharedArrayBuffer(HEAD_INTS * 4 + MOST_BYTES)) {
    this.shared = shared;
    this.head = new Int32Array(shared, 0, HEAD_INTS);
    this.bytes = new Uint8Array(shared, HEAD_INTS * 4);
  }

  write(input: Buffer): void {
    const kept = input.subarray(0, MOST_BYTES);
    this.bytes.set(kept);
    this.head[1] = kept.length;
    Atomics.add(this.head, 0, 1);
  }

  get count(): number {
    return Atomics.load(this.head, 0);
  }

  /** The one that was written last. */
  read(): Buffer {
    return Buffer.from(this.bytes.slice(0, this.head[1]));
  }
}
