import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** A command as the fake received it. */
export interface ReceivedCommand {
  readonly command: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly id: unknown;
  /** It came as `exec-oob`. */
  readonly oob: boolean;
}

/** Thrown by a handler: the fake answers the command with this error. */
export class FakeQmpError extends Error {
  readonly errorClass: string;

  constructor(errorClass: string, desc: string) {
    super(desc);
    this.name = 'FakeQmpError';
    this.errorClass = errorClass;
  }
}

/**
 * Answers a command with its return value ({} for undefined), or throws FakeQmpError. It may emit events
 * before it returns.
 */
export type FakeQmpHandler = (args: Readonly<Record<string, unknown>>, received: ReceivedCommand) => unknown;

export interface FakeQmpServerOptions {
  /** What a new client gets: an object as a JSON line, text or bytes as they are, null for silence. */
  readonly greeting?: object | string | Buffer | null;
  readonly handlers?: Readonly<Record<string, FakeQmpHandler>>;
}

/** The greeting of QEMU 10.0.2 as Debian packages it. */
export const FAKE_GREETING = {
  QMP: {
    version: { qemu: { micro: 2, minor: 0, major: 10 }, package: 'Debian 1:10.0.2+ds-2+deb13u1~bpo12+1' },
    capabilities: ['oob'],
  },
};

/** Starts a fake QMP server on a fresh socket. */
export async function startFakeQmpServer(options: FakeQmpServerOptions = {}): Promise<FakeQmpServer> {
  const folder = await mkdtemp(join(tmpdir(), 'fake-qmp-'));
  const server = new FakeQmpServer(folder, options);
  await server.listen();
  return server;
}

/**
 * A stand-in for QEMU's QMP monitor, for tests.
 *
 * Like QEMU it serves one client at a time (the next one connects, and waits in silence), refuses commands
 * before `qmp_capabilities`, answers what is not JSON with an error without id, and ends lines with CRLF.
 * Unlike QEMU it runs commands side by side, so that a delayed one is overtaken by the next.
 */
export class FakeQmpServer implements AsyncDisposable {
  readonly path: string;
  /** Every command received, `qmp_capabilities` included, in order, from all clients. */
  readonly commands: ReceivedCommand[] = [];
  readonly #folder: string;
  readonly #greeting: object | string | Buffer | null;
  readonly #handlers = new Map<string, FakeQmpHandler>([['qmp_capabilities', () => ({})]]);
  readonly #server: Server;
  readonly #awaited: { command: string; resolve: (received: ReceivedCommand) => void }[] = [];
  /** The client being served. */
  #client: Socket | undefined;
  /** The client that has left capabilities mode. */
  #negotiated: Socket | undefined;
  /** The clients that wait for the one being served to go. */
  readonly #queue: Socket[] = [];

  constructor(folder: string, { greeting = FAKE_GREETING, handlers = {} }: FakeQmpServerOptions) {
    this.#folder = folder;
    this.path = join(folder, 'qmp.sock');
    this.#greeting = greeting;
    for (const [command, handler] of Object.entries(handlers)) this.#handlers.set(command, handler);
    this.#server = createServer((socket) => this.#admit(socket));
  }

  /** Called by `startFakeQmpServer`. */
  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.path, resolve));
  }

  /** Sets how a command is answered, from now on, after `delayMs`. */
  handle(command: string, handler: FakeQmpHandler, { delayMs = 0 } = {}): void {
    const delayed: FakeQmpHandler = (args, received) => sleep(delayMs).then(() => handler(args, received));
    this.#handlers.set(command, delayMs === 0 ? handler : delayed);
  }

  /** Resolves with the first command of that name: at once if it has been received already. */
  received(command: string): Promise<ReceivedCommand> {
    const known = this.commands.find((received) => received.command === command);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => this.#awaited.push({ command, resolve }));
  }

  /** Emits an event to the client, at the given time of the fake's wall clock. */
  emit(event: string, data?: object, atMs = Date.now()): void {
    const seconds = Math.floor(atMs / 1000);
    const timestamp = { seconds, microseconds: Math.round((atMs - seconds * 1000) * 1000) };
    this.#send({ timestamp, event, ...(data === undefined ? {} : { data }) });
  }

  /** Sends bytes as they are: the line end is yours to write. */
  sendRaw(bytes: string | Uint8Array): void {
    this.#client?.write(bytes);
  }

  /** Hangs up on the client, as a QEMU that exits does. The next one in the queue is served. */
  drop(): void {
    this.#client?.destroy();
  }

  /** Hangs up on everybody and removes the socket. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#queue.splice(0)) socket.destroy();
    this.#client?.destroy();
    await closed;
    await rm(this.#folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #admit(socket: Socket): void {
    socket.on('error', () => {});
    if (this.#client === undefined) this.#serve(socket);
    else this.#queue.push(socket);
  }

  #serve(socket: Socket): void {
    this.#client = socket;
    socket.on('close', () => {
      this.#client = undefined;
      const next = this.#queue.shift();
      if (next !== undefined) this.#serve(next);
    });
    if (this.#greeting === null) socket.resume();
    else if (typeof this.#greeting === 'string' || Buffer.isBuffer(this.#greeting))
      socket.write(this.#greeting);
    else this.#send(this.#greeting);
    const lines = createInterface({ input: socket });
    lines.on('line', (line) => void this.#answer(line, socket));
    // readline repeats the errors of its input; a client that hung up is none of ours.
    lines.on('error', () => {});
  }

  async #answer(line: string, socket: Socket): Promise<void> {
    let request: Record<string, unknown>;
    try {
      request = JSON.parse(line);
    } catch {
      this.#send({ error: { class: 'GenericError', desc: 'JSON parse error' } });
      return;
    }
    const reply = await this.#run(request, socket).catch((error: unknown) => {
      if (!(error instanceof FakeQmpError)) throw error;
      return { error: { class: error.errorClass, desc: error.message } };
    });
    if (socket === this.#client) this.#send({ ...reply, id: request.id });
  }

  async #run(request: Record<string, unknown>, socket: Socket): Promise<object> {
    const oob = 'exec-oob' in request;
    const command = String(request['exec-oob'] ?? request.execute);
    const args = (request.arguments ?? {}) as Record<string, unknown>;
    const received: ReceivedCommand = { command, args, id: request.id, oob };
    this.commands.push(received);
    for (const awaited of this.#awaited.splice(0)) {
      if (awaited.command === command) awaited.resolve(received);
      else this.#awaited.push(awaited);
    }
    const isNegotiation = command === 'qmp_capabilities';
    if (this.#negotiated !== socket && !isNegotiation) {
      throw new FakeQmpError('CommandNotFound', "Expecting capabilities negotiation with 'qmp_capabilities'");
    }
    const handler = this.#handlers.get(command);
    if (handler === undefined) {
      throw new FakeQmpError('CommandNotFound', `The command ${command} has not been found`);
    }
    const value = await handler(args, received);
    if (isNegotiation) this.#negotiated = socket;
    return { return: value === undefined ? {} : value };
  }

  #send(message: object): void {
    this.#client?.write(`${JSON.stringify(message)}\r\n`);
  }
}
