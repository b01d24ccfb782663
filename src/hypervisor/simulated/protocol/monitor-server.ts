/**
 * One QEMU's QMP server in memory, in virtual time. As QEMU's: one client at a time, the next one connects and waits in
 * silence; commands in their order, each once the main loop has time for it; out-of-band ones at once; events at any
 * time, from an I/O thread of their own.
 */
import type { Clock } from '../../clock.ts';
import type { Side } from '../../hypervisor.ts';
import { QmpConnectError } from '../../qemu/qmp/errors.ts';
import type { QmpSocket } from '../../qemu/qmp/qmp-socket.ts';
import type { QemuVersion } from '../../qemu-rules/version.ts';
import type { Answer, Occurrence } from './faults.ts';
import { SimulatedSocket } from './simulated-socket.ts';

/** Thrown by a command: it is answered with this error. */
export class SimulatedRefusal extends Error {
  override readonly name = 'SimulatedRefusal';
  readonly errorClass: string;
  constructor(desc: string, errorClass = 'GenericError') {
    super(desc);
    this.errorClass = errorClass;
  }
}

export interface MonitorServerParts {
  readonly side: Side;
  readonly clock: Clock;
  readonly version: QemuVersion;
  /** One way, from a line written to a line read. Left out: as on one machine. */
  readonly wayMs: number | undefined;
  /** @throws {SimulatedRefusal} */
  execute(command: string, args: Readonly<Record<string, unknown>>): unknown;
  /** Hears each command just before it is carried out, or refused. */
  heard(command: string, args: Readonly<Record<string, unknown>>): void;
  /** False while the main loop is held up. */
  mainLoopIsFree(): boolean;
  meet(occurrence: Occurrence): Answer | undefined;
}

interface Request {
  readonly command: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly id: unknown;
}

interface Client {
  readonly socket: SimulatedSocket;
  negotiated: boolean;
  gone: boolean;
}

/** As the simulation's clock begins, by the wall clock of every machine in it: no clock tells a time before 1970. */
const BEGAN_MS = Date.UTC(2026, 0, 1);
/** One way, on one machine. */
const LATENCY_MS = 0.1;
const OUT_OF_BAND: readonly string[] = ['yank', 'query-yank', 'migrate-pause', 'migrate-recover'];

export class MonitorServer {
  private readonly parts: MonitorServerParts;
  /** The first is being served. */
  private clients: Client[] = [];
  private inbox: { readonly client: Client; readonly request: Request }[] = [];
  private listening = true;
  private closed = false;
  /** An event that is late holds up what is sent after it until then. */
  private clockSetMs = 0;
  private lateUntilMs = 0;
  /** A command that is late holds up those after it. */
  private isHeldUp = false;
  private silentUntilMs = 0;
  /** What the silent way holds for good, until it is mended. */
  private held: (() => void)[] = [];

  constructor(parts: MonitorServerParts) {
    this.parts = parts;
  }

  /** @throws {QmpConnectError} where nobody listens */
  open(path: string): QmpSocket {
    if (!this.listening) throw new QmpConnectError(path, 'refused');
    const socket = new SimulatedSocket({
      take: (text) => this.carry(() => this.receive(client, text)),
      left: () => this.carry(() => this.leave(client)),
    });
    const client: Client = { socket, negotiated: false, gone: false };
    this.clients.push(client);
    if (this.clients[0] === client) this.greet(client);
    return socket;
  }

  /** Closes every connection, and opens none until then. */
  lose(forMs: number): void {
    this.listening = false;
    for (const client of [...this.clients]) this.hangUp(client);
    this.parts.clock.after(forMs, () => {
      this.listening = !this.closed;
    });
  }

  /** The way here carries nothing until then, and what is written waits. */
  silence(forMs: number): void {
    this.silentUntilMs = Math.max(this.silentUntilMs, this.parts.clock.now() + forMs);
  }

  /** Its process ends. */
  close(): void {
    this.closed = true;
    this.lose(Number.POSITIVE_INFINITY);
  }

  /** Whatever was lost or silent is so no more. */
  repair(): void {
    if (!this.closed) this.listening = true;
    this.silentUntilMs = 0;
    this.lateUntilMs = 0;
    for (const doing of this.held.splice(0)) this.carry(doing);
  }

  /** The wall clock of its machine, by which events are stamped, is set forward by that much. */
  setClock(byMs: number): void {
    this.clockSetMs += byMs;
  }

  emit(name: string, data?: Readonly<Record<string, unknown>>): void {
    const { side, clock } = this.parts;
    const status = typeof data?.['status'] === 'string' ? data['status'] : undefined;
    const [client] = this.clients;
    const answer = this.parts.meet({ kind: 'event', name, side, status });
    if (!client?.negotiated || client.gone || answer?.do === 'never') return;
    if (answer?.do === 'drop') return this.hangUp(client);
    const nowMs = clock.now();
    const wallMs = BEGAN_MS + nowMs + this.clockSetMs;
    const seconds = Math.floor(wallMs / 1000);
    const timestamp = { seconds, microseconds: Math.round((wallMs - 1000 * seconds) * 1000) };
    const told = answer?.do === 'garbled' ? answer.value : data;
    const line = { event: name, timestamp, ...(told === undefined ? {} : { data: told }) };
    // What follows it on its way stays behind it.
    if (answer?.do === 'delay') this.lateUntilMs = Math.max(this.lateUntilMs, nowMs + answer.ms);
    this.send(client, line);
  }

  /** The main loop may have time again. */
  wake(): void {
    while (this.parts.mainLoopIsFree() && !this.isHeldUp) {
      const next = this.inbox.shift();
      if (!next) return;
      this.run(next.client, next.request);
    }
  }

  private greet(client: Client): void {
    const { major, minor, micro } = this.parts.version;
    this.send(client, {
      QMP: { version: { qemu: { major, minor, micro }, package: '' }, capabilities: ['oob'] },
    });
  }

  private receive(client: Client, text: string): void {
    for (const line of text.split('\n').filter((each) => each !== '')) {
      const request = JSON.parse(line) as Record<string, unknown>;
      const outOfBand = 'exec-oob' in request;
      const command = String(request[outOfBand ? 'exec-oob' : 'execute']);
      const args = (request['arguments'] ?? {}) as Record<string, unknown>;
      const received = { command, args, id: request['id'] };
      if (outOfBand && OUT_OF_BAND.includes(command)) this.run(client, received);
      else this.inbox.push({ client, request: received });
    }
    this.wake();
  }

  private run(client: Client, request: Request): void {
    const { side, clock } = this.parts;
    if (request.command !== 'qmp_capabilities') this.parts.heard(request.command, request.args);
    const answer = this.parts.meet({ kind: 'command', name: request.command, side });
    switch (answer?.do) {
      case 'delay':
        // A monitor takes one command after the other.
        this.isHeldUp = true;
        clock.after(answer.ms, () => {
          this.isHeldUp = false;
          this.send(client, this.carryOut(client, request));
          this.wake();
        });
        return;
      case 'error':
        this.send(client, errorOf(request, new SimulatedRefusal('a scripted fault')));
        return;
      case 'lost':
        return;
      case 'never':
        this.carryOut(client, request);
        return;
      case 'garbled':
        this.carryOut(client, request);
        this.send(client, { return: answer.value, id: request.id });
        return;
      case 'drop':
        this.carryOut(client, request);
        this.hangUp(client);
        return;
      default:
        this.send(client, this.carryOut(client, request));
    }
  }

  private carryOut(client: Client, request: Request): object {
    if (request.command === 'qmp_capabilities') {
      client.negotiated = true;
      return { return: {}, id: request.id };
    }
    try {
      return { return: this.parts.execute(request.command, request.args) ?? {}, id: request.id };
    } catch (error) {
      if (error instanceof SimulatedRefusal) return errorOf(request, error);
      throw error;
    }
  }

  private send(client: Client, message: object): void {
    this.carry(() => client.socket.deliver(`${JSON.stringify(message)}\r\n`));
  }

  /** In the order in which they were written; not before the way carries again. */
  private carry(doing: () => void): void {
    const { clock, wayMs = LATENCY_MS } = this.parts;
    const silentMs = Math.max(this.silentUntilMs, this.lateUntilMs) - clock.now();
    if (silentMs === Number.POSITIVE_INFINITY) return void this.held.push(doing);
    clock.after(wayMs + Math.max(0, silentMs), doing);
  }

  private hangUp(client: Client): void {
    this.leave(client);
    client.socket.hangUp();
  }

  private leave(client: Client): void {
    if (client.gone) return;
    client.gone = true;
    const wasServed = this.clients[0] === client;
    this.clients = this.clients.filter((each) => each !== client);
    const [next] = this.clients;
    if (wasServed && next && this.listening) this.greet(next);
  }
}

function errorOf({ id }: Request, { errorClass, message }: SimulatedRefusal): object {
  return { error: { class: errorClass, desc: message }, id };
}
