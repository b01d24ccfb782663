/**
 * What one QEMU says of itself, over a monitor connection that switchover does not know of: its events with QEMU's
 * own time stamps, and its run state asked again and again. On purpose not switchover's client: the matrix must not
 * test it with itself.
 */
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WaitTimeoutError } from '../../lab/wait.ts';
import type { Side } from './cell.ts';

const POLL_MS = 100;
const GREETING_TIMEOUT_MS = 10_000;

export interface WitnessedEvent {
  /** Wall clock, by QEMU. Both QEMUs run on this machine, so their times compare. */
  readonly atMs: number;
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface WitnessedState {
  /** Wall clock, when the answer came. */
  readonly atMs: number;
  readonly status: string;
}

interface Message {
  readonly QMP?: unknown;
  readonly id?: string;
  readonly return?: unknown;
  readonly event?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly timestamp?: { readonly seconds: number; readonly microseconds: number };
}

export class Witness {
  readonly side: Side;
  readonly events: WitnessedEvent[] = [];
  /** Only those that differ from the one before. */
  readonly states: WitnessedState[] = [];
  /** Wall clock when QEMU closed the connection, that is, ended. */
  endedAtMs: number | undefined;
  /** The newest query-migrate status. */
  migration = 'none';

  readonly #socket: net.Socket;
  readonly #timer: NodeJS.Timeout;
  #closing = false;
  #unanswered = 0;

  private constructor(side: Side, socket: net.Socket) {
    this.side = side;
    this.#socket = socket;
    this.#timer = setInterval(() => this.#ask(), POLL_MS);
  }

  /** @throws {WaitTimeoutError} when no monitor answers there */
  static async at(side: Side, monitorPath: string): Promise<Witness> {
    const socket = net.connect(monitorPath);
    const witness = new Witness(side, socket);
    let received = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (received + chunk).split('\n');
      received = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') witness.#take(JSON.parse(line) as Message);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(witness.#timer);
      if (!witness.#closing) witness.endedAtMs ??= Date.now();
    });
    const endMs = performance.now() + GREETING_TIMEOUT_MS;
    while (witness.status === undefined) {
      if (performance.now() > endMs) throw new WaitTimeoutError(`waited for the monitor ${monitorPath}`);
      await sleep(10);
    }
    return witness;
  }

  /** The newest run state; undefined before the first answer and once QEMU has ended. */
  get status(): string | undefined {
    return this.endedAtMs === undefined ? this.states.at(-1)?.status : undefined;
  }

  get ran(): boolean {
    return this.events.some(({ name }) => name === 'RESUME') || this.states[0]?.status === 'running';
  }

  /** Waits for an event, one that has come already included. @returns false when QEMU ends before or it is too late */
  async saw(wanted: (event: WitnessedEvent) => boolean, timeoutMs: number): Promise<boolean> {
    const endMs = performance.now() + timeoutMs;
    while (!this.events.some(wanted)) {
      if (this.endedAtMs !== undefined || performance.now() > endMs) return false;
      await sleep(5);
    }
    return true;
  }

  /** Has this QEMU do something behind switchover's back, as another tool would. Its answer is not waited for. */
  command(execute: string, args: Readonly<Record<string, unknown>>): void {
    this.#socket.write(`${JSON.stringify({ execute, arguments: args, id: 'command' })}\n`);
  }

  close(): void {
    this.#closing = true;
    clearInterval(this.#timer);
    this.#socket.destroy();
  }

  #ask(): void {
    // A QEMU in the stop-and-copy answers late, and then all at once.
    if (this.#unanswered > 4) return;
    this.#unanswered += 2;
    this.#send('query-status', 'status');
    this.#send('query-migrate', 'migration');
  }

  #send(execute: string, id: string): void {
    this.#socket.write(`${JSON.stringify({ execute, id })}\n`);
  }

  #take(message: Message): void {
    if (message.QMP !== undefined) {
      this.#send('qmp_capabilities', 'capabilities');
      this.#ask();
    } else if (message.event !== undefined) {
      const { seconds = 0, microseconds = 0 } = message.timestamp ?? {};
      this.events.push({
        atMs: seconds * 1000 + microseconds / 1000,
        name: message.event,
        data: message.data ?? {},
      });
    } else if (message.id === 'status' || message.id === 'migration') {
      this.#unanswered -= 1;
      const status = (message.return as { status?: string } | undefined)?.status;
      if (message.id === 'migration') this.migration = status ?? this.migration;
      else if (status !== undefined && status !== this.states.at(-1)?.status)
        this.states.push({ atMs: Date.now(), status });
    }
  }
}
