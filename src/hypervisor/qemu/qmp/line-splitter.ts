/** The longest line taken from a peer, without its line end: 10 MB, as in the reference client qemu.qmp. */
export const MAX_LINE_BYTES = 10 * 1024 * 1024;

/** A line grew beyond the limit; `head` is how it begins. */
export class LineTooLongError extends Error {
  readonly head: Buffer;

  constructor(head: Buffer) {
    super(`A line is longer than the limit; it begins with ${head.length} bytes kept for diagnosis.`);
    this.name = 'LineTooLongError';
    this.head = head;
  }
}

const HEAD_BYTES = 256;

/**
 * Cuts a stream of bytes into lines, however the stream was cut into chunks.
 *
 * Lines are kept as bytes, so that a UTF-8 character spread over two chunks cannot be torn. A line ends with
 * LF; a CR before it is dropped (QEMU sends CRLF). Pieces of an unfinished line are joined once, when its
 * end arrives, so that a long reply costs no more than its length.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  #pieces: Buffer[] = [];
  #pendingBytes = 0;

  constructor(maxBytes = MAX_LINE_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** The line begun but not ended yet. For diagnosis: a peer that sends no line end speaks no QMP. */
  get unfinished(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  /**
   * Takes the next chunk, and yields each line that it completes as soon as that line is found. Iterate to
   * the end, or give the stream up.
   *
   * @throws LineTooLongError when a line exceeds the limit, after the lines before it. The stream is then
   *   out of step and the splitter must not be used again.
   */
  *push(chunk: Buffer): Generator<Buffer, void, undefined> {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      this.#keep(chunk.subarray(start, end));
      start = end + 1;
      yield this.#finishLine();
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  #keep(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#pendingBytes += piece.length;
    if (this.#pendingBytes > this.#maxBytes)
      throw new LineTooLongError(this.unfinished.subarray(0, HEAD_BYTES));
  }

  #finishLine(): Buffer {
    const line = this.#pieces.length === 1 ? (this.#pieces[0] as Buffer) : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#pendingBytes = 0;
    return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
  }
}
