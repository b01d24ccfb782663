import { type Clock, REAL_CLOCK } from '../../clock.ts';
import { QmpClosedError, type QmpError, QmpProtocolError } from './errors.ts';
import { LineSplitter, LineTooLongError } from './line-splitter.ts';
import { type OpenQmpSocket, openUnixSocket, type QmpSocket } from './qmp-socket.ts';
import { moveRunState, type RunState } from './run-state.ts';

/** One line on the wire, for a trace: exactly the text that went by, without its line end. */
export interface QmpRecord {
  readonly direction: 'in' | 'out';
  /** The clock's time when it was read, or just before it was written. */
  readonly atMs: number;
  readonly line: string;
}

/** A line from the peer. */
export interface Line {
  readonly bytes: Buffer;
  /** The clock's time when the chunk that completed it was read. */
  readonly receivedMs: number;
}

export interface ConnectionOptions {
  readonly record?: ((entry: QmpRecord) => void) | undefined;
  readonly clock?: Clock | undefined;
  readonly open?: OpenQmpSocket | undefined;
}

/**
 * A Unix socket as lines, and the run-state of the connection. Knows nothing of QMP.
 *
 * Lines wait in an inbox until somebody takes them: the negotiation one by one with `readLine`, then the
 * client all of them with `run`. So no line is lost between the two, and none is routed before the
 * negotiation has finished.
 */
export class Connection {
  readonly path: string;
  /** Resolves when the socket is gone, never rejects: the reason, or undefined if `close()` was called. */
  readonly closed: Promise<QmpError | undefined>;
  readonly clock: Clock;
  readonly #open: OpenQmpSocket;
  /** Undefined while it is being opened. */
  #socket: QmpSocket | undefined;
  readonly #splitter = new LineSplitter();
  readonly #record: ((entry: QmpRecord) => void) | undefined;
  readonly #resolveClosed: (reason: QmpError | undefined) => void;
  readonly #inbox: Line[] = [];
  /** Who takes the lines; undefined between two `readLine`. */
  #taker: ((line: Line) => void) | undefined;
  /** What the system said, kept until 'close' reports it. */
  #socketError: Error | undefined;
  #state: RunState = { kind: 'connecting' };

  constructor(path: string, { record, clock = REAL_CLOCK, open = openUnixSocket }: ConnectionOptions = {}) {
    this.path = path;
    this.clock = clock;
    this.#open = open;
    this.#record = record;
    const { promise, resolve } = Promise.withResolvers<QmpError | undefined>();
    this.closed = promise;
    this.#resolveClosed = resolve;
  }

  get state(): RunState {
    return this.#state;
  }

  /** The line begun but not ended yet. */
  get unfinishedLine(): Buffer {
    return this.#splitter.unfinished;
  }

  /**
   * Opens the socket: connecting -> negotiating.
   *
   * @throws QmpConnectError if it does not open; QmpNegotiationError 'busy' if the queue of clients waiting
   *   for this QEMU is full. The connection is closed then.
   */
  async connect(): Promise<void> {
    let socket: QmpSocket;
    try {
      socket = await this.#open(this.path);
    } catch (error) {
      this.#finish(undefined);
      throw error;
    }
    this.#socket = socket;
    this.#move({ kind: 'negotiating' });
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => {
      this.#socketError = error;
    });
    socket.on('close', () => {
      const hungUp = () => new QmpClosedError(this.path, 'hung-up', { cause: this.#socketError });
      this.#finish(this.#state.kind === 'closing' ? this.#state.reason : hungUp());
    });
  }

  /**
   * The next line, while negotiating.
   *
   * @throws `stop.reason` once `stop` is aborted; the reason of the end if the connection closes.
   */
  readLine(stop: AbortSignal): Promise<Line> {
    return new Promise((resolve, reject) => {
      if (stop.aborted) return reject(stop.reason);
      stop.addEventListener('abort', () => reject(stop.reason), { once: true });
      void this.closed.then(reject);
      this.#take((line) => {
        this.#taker = undefined;
        resolve(line);
      });
    });
  }

  /** Negotiation is done: negotiating -> running. `taker` gets every line from here on, synchronously. */
  run(taker: (line: Line) => void): void {
    this.#move({ kind: 'running' });
    this.#take(taker);
  }

  /** Writes a line. The system call happens within this call unless QEMU has stopped reading. */
  send(line: string): void {
    this.#record?.({ direction: 'out', atMs: this.clock.now(), line });
    this.#socket?.write(`${line}\n`);
  }

  /** Hangs up: -> closing, then closed once the socket is gone. Without effect when that has begun. */
  close(reason?: QmpError): void {
    if (!this.#isOpen()) return;
    this.#move({ kind: 'closing', reason });
    this.#socket?.destroy();
  }

  #read(chunk: Buffer): void {
    const receivedMs = this.clock.now();
    try {
      for (const bytes of this.#splitter.push(chunk)) {
        this.#record?.({ direction: 'in', atMs: receivedMs, line: bytes.toString('utf8') });
        this.#inbox.push({ bytes, receivedMs });
        this.#deliver();
      }
    } catch (error) {
      if (!(error instanceof LineTooLongError)) throw error;
      this.close(new QmpProtocolError(this.path, 'line-too-long', error.head));
    }
  }

  #take(taker: (line: Line) => void): void {
    this.#taker = taker;
    this.#deliver();
  }

  #deliver(): void {
    while (this.#taker !== undefined && this.#isOpen()) {
      const line = this.#inbox.shift();
      if (line === undefined) return;
      this.#taker(line);
    }
  }

  #isOpen(): boolean {
    return this.#state.kind === 'negotiating' || this.#state.kind === 'running';
  }

  #finish(reason: QmpError | undefined): void {
    this.#move({ kind: 'closed', reason });
    this.#resolveClosed(reason);
  }

  #move(to: RunState): void {
    this.#state = moveRunState(this.#state, to);
  }
}
