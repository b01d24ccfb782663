import { randomBytes } from 'node:crypto';
import { type Clock, REAL_CLOCK } from '../../clock.ts';
import type { QemuVersion } from '../../qemu-rules/version.ts';
import type { QmpCommands } from './commands.ts';
import { Connection, type Line, type QmpRecord } from './connection.ts';
import {
  QmpClosedError,
  QmpCommandError,
  type QmpError,
  type QmpProtocolCode,
  QmpProtocolError,
  QmpReplyError,
  QmpTimeoutError,
} from './errors.ts';
import { isReadable, type QmpEvent } from './events.ts';
import { type Message, parseMessage } from './message.ts';
import { negotiate, type Session } from './negotiate.ts';
import type { OpenQmpSocket } from './qmp-socket.ts';
import { afterReading } from './read-first.ts';
import { faultOfReply } from './replies.ts';

export interface ConnectOptions {
  /** How long the greeting may take. Default 2000. */
  readonly greetingTimeoutMs?: number;
  /** How long a command may take unless it says otherwise, and the capabilities. Default 10000; Infinity waits for ever. */
  readonly commandTimeoutMs?: number;
  /** Gets every line in both directions, synchronously. It must not throw. */
  readonly record?: (entry: QmpRecord) => void;
  /** Times and deadlines come from it. Default: the real one. */
  readonly clock?: Clock;
  /** How the path is opened. Default: as a unix socket. */
  readonly open?: OpenQmpSocket;
}

export interface ExecuteOptions {
  /** How long to wait for the answer. Default: the client's `commandTimeoutMs`. */
  readonly timeoutMs?: number;
  /**
   * Run it out of band (`exec-oob`): at once, even while QEMU's main loop hangs. QEMU allows this for few
   * commands (yank, query-yank, migrate-pause, migrate-recover). In band where `QmpClient.oob` is false.
   */
  readonly oob?: boolean;
}

/** Arguments and options of a known command; the arguments may be left out if the command needs none. */
type ExecuteRest<C extends keyof QmpCommands> = undefined extends QmpCommands[C]['args']
  ? [args?: QmpCommands[C]['args'], options?: ExecuteOptions]
  : [args: QmpCommands[C]['args'], options?: ExecuteOptions];

interface Waiter {
  readonly command: string;
  readonly sentMs: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Subscriber {
  readonly name: string;
  readonly deliver: (event: QmpEvent) => void;
}

/**
 * Connects to the QMP monitor of a QEMU and negotiates.
 *
 * Events that QEMU emits before the first `onEvent` are not seen, so first listen, then query the state.
 *
 * @throws QmpConnectError if the socket does not open, QmpNegotiationError if no QMP session comes about
 *   ('busy': another client holds the monitor), QmpClosedError if the peer hangs up meanwhile.
 */
export async function connectQmp(path: string, options: ConnectOptions = {}): Promise<QmpClient> {
  const { greetingTimeoutMs = 2000, commandTimeoutMs = 10_000, record, open } = options;
  const connection = new Connection(path, { record, open, clock: options.clock ?? REAL_CLOCK });
  await connection.connect();
  const session = await negotiate(connection, greetingTimeoutMs, commandTimeoutMs);
  // It may have answered and closed by the time we come to read.
  if (connection.state.kind !== 'negotiating')
    throw new QmpClosedError(path, 'hung-up', { cause: await connection.closed });
  return new QmpClient(connection, session, commandTimeoutMs);
}

/** A negotiated QMP connection to one QEMU. Made by `connectQmp`. */
export class QmpClient implements AsyncDisposable {
  readonly path: string;
  readonly version: QemuVersion;
  /** Out-of-band execution is enabled. */
  readonly oob: boolean;
  /**
   * Resolves when the connection is closed, never rejects: undefined after `close()`, a QmpClosedError if
   * QEMU hung up, a QmpProtocolError if the connection was given up.
   */
  readonly closed: Promise<QmpError | undefined>;
  readonly #connection: Connection;
  readonly #commandTimeoutMs: number;
  /** The commands without an answer yet, by id. Empty once closed. */
  readonly #waiters = new Map<string, Waiter>();
  readonly #subscribers = new Set<Subscriber>();
  /** Differs for each connection: QEMU may still answer a command of the client before us. */
  readonly #idPrefix = randomBytes(4).toString('hex');
  #commandCount = 0;
  #fastestAnswerMs = Number.POSITIVE_INFINITY;
  /** When the last command was sent that has been answered. */
  #answeredSentMs: number;

  constructor(connection: Connection, session: Session, commandTimeoutMs: number) {
    this.path = connection.path;
    this.version = session.version;
    this.oob = session.oob;
    this.#answeredSentMs = session.askedMs;
    this.#connection = connection;
    this.#commandTimeoutMs = commandTimeoutMs;
    this.closed = connection.closed.then((reason) => {
      this.#finish(reason);
      return reason;
    });
    connection.run((line) => this.#route(line));
  }

  /**
   * Runs a command and resolves with QEMU's return value. The command is written before this returns.
   *
   * @throws QmpCommandError if QEMU refuses it; QmpReplyError if its answer is none that QEMU gives; QmpTimeoutError
   *   if there is no answer in time (a late one is dropped); QmpClosedError if the connection is or gets closed (`sent` says whether it was written).
   */
  execute<C extends keyof QmpCommands>(command: C, ...rest: ExecuteRest<C>): Promise<QmpCommands[C]['reply']>;
  /** The same for a command that `QmpCommands` does not know. */
  execute<C extends string>(
    command: C extends keyof QmpCommands ? never : C,
    args?: object,
    options?: ExecuteOptions,
  ): Promise<unknown>;
  async execute(command: string, args?: object, options: ExecuteOptions = {}): Promise<unknown> {
    const { timeoutMs = this.#commandTimeoutMs, oob = false } = options;
    if (this.#connection.state.kind !== 'running') throw await this.#notSent(command);
    const id = `${this.#idPrefix}-${++this.#commandCount}`;
    const verb = oob && this.oob ? 'exec-oob' : 'execute';
    this.#connection.send(JSON.stringify({ [verb]: command, arguments: args, id }));
    return this.#answer(id, command, timeoutMs);
  }

  /**
   * Calls back while the line is routed, so that a command executed in the callback is on the wire before
   * anything else happens in this process. Returns the function that stops it. An event whose data QEMU would not
   * send is passed over.
   *
   * What a callback throws becomes an uncaught exception, after everybody else has got the event.
   */
  onEvent<N extends string>(name: N, callback: (event: QmpEvent<N>) => void): () => void {
    const subscriber = { name, deliver: callback as Subscriber['deliver'] };
    if (!this.#isClosed()) this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }

  /** The shortest time from a command to its answer: the way there and back; `Infinity` before the first. */
  get fastestAnswerMs(): number {
    return this.#fastestAnswerMs;
  }

  /** Hangs up and resolves when the socket is gone. Pending commands reject with QmpClosedError. Idempotent. */
  async close(): Promise<void> {
    this.#connection.close();
    await this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Everything that QEMU sends comes through here. */
  #route({ bytes, receivedMs }: Line): void {
    const message = parseMessage(bytes);
    switch (message.kind) {
      case 'event': {
        const { name, data, timestampMs } = message;
        const notBeforeMs = this.#answeredSentMs;
        const event: QmpEvent = { name, data, timestampMs, receivedMs, notBeforeMs };
        if (isReadable(event)) this.#publish(event);
        break;
      }
      case 'return':
      case 'error':
        if (message.id === undefined) this.#giveUp('no-id', bytes);
        else this.#settle(message);
        break;
      case 'greeting':
        this.#giveUp('not-a-message', bytes);
        break;
      case 'invalid':
        this.#giveUp(message.fault, bytes);
        break;
    }
  }

  /** An id that nobody waits for is a late answer, to a command that timed out: dropped. */
  #settle(answer: Message & { kind: 'return' | 'error' }): void {
    // Ours are text. Another one cannot even be made text, where JSON gave it a `toString`.
    const waiter = typeof answer.id === 'string' ? this.#waiters.get(answer.id) : undefined;
    if (waiter === undefined) return;
    const { command, sentMs } = waiter;
    this.#answeredSentMs = Math.max(this.#answeredSentMs, sentMs);
    this.#fastestAnswerMs = Math.min(this.#fastestAnswerMs, this.#connection.clock.now() - sentMs);
    if (answer.kind === 'error')
      return waiter.reject(new QmpCommandError(this.path, command, answer.errorClass, answer.desc));
    const fault = faultOfReply(command, answer.value);
    if (fault === undefined) waiter.resolve(answer.value);
    else waiter.reject(new QmpReplyError(this.path, command, fault));
  }

  #publish(event: QmpEvent): void {
    for (const subscriber of [...this.#subscribers]) {
      // A callback before this one may have unsubscribed it.
      if (!this.#subscribers.has(subscriber) || subscriber.name !== event.name) continue;
      try {
        subscriber.deliver(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** Waits for the answer to a command that was written; whatever ends the wait forgets the id. */
  #answer(id: string, command: string, timeoutMs: number): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const { clock } = this.#connection;
    const callOff = afterReading(clock, timeoutMs, () =>
      waiter.reject(new QmpTimeoutError(this.path, command, timeoutMs)),
    );
    const forget = (): void => {
      callOff();
      this.#waiters.delete(id);
    };
    const waiter: Waiter = {
      command,
      sentMs: clock.now(),
      resolve: (value) => {
        forget();
        resolve(value);
      },
      reject: (error) => {
        forget();
        reject(error);
      },
    };
    this.#waiters.set(id, waiter);
    return promise;
  }

  #giveUp(code: QmpProtocolCode, received: Uint8Array): void {
    this.#connection.close(new QmpProtocolError(this.path, code, received));
  }

  #finish(reason: QmpError | undefined): void {
    for (const waiter of [...this.#waiters.values()]) {
      waiter.reject(this.#closedError(reason, waiter.command, true));
    }
    this.#subscribers.clear();
  }

  async #notSent(command: string): Promise<QmpClosedError> {
    return this.#closedError(await this.closed, command, false);
  }

  #closedError(reason: QmpError | undefined, command: string, sent: boolean): QmpClosedError {
    if (reason === undefined) return new QmpClosedError(this.path, 'closed-here', { command, sent });
    const code = reason instanceof QmpClosedError ? reason.code : 'gave-up';
    const cause = reason instanceof QmpClosedError ? reason.cause : reason;
    return new QmpClosedError(this.path, code, { command, sent, cause });
  }

  #isClosed(): boolean {
    return this.#connection.state.kind !== 'running';
  }
}
