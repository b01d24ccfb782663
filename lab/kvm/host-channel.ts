/**
 * Runs one command in the KVM host, through the ports of its agent (`agent.sh`).
 *
 * The agent's ports take one client at a time, so a second command waits until the first has ended. To hang up ends
 * the command.
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { MarkedStream } from './marked-stream.ts';

/** The host ended, or its agent went, before the command had. */
export class HostEndedError extends Error {
  override readonly name = 'HostEndedError';
}

/** One stream of what the command prints. */
export interface Output {
  readonly path: string;
  readonly take: ((chunk: Buffer) => void) | undefined;
}

/** What is told of a command that was left: what a shell says of one that Ctrl-C ended. */
const LEFT_STATUS = 130;

export class RunningCommand {
  /**
   * The command's exit status, once all that it printed has been taken; 130 after {@link hangUp}.
   * @throws {HostEndedError}
   */
  readonly ended: Promise<number>;
  /** Once the host has taken the command up. @throws {HostEndedError} */
  readonly begun: Promise<void>;

  readonly #token = randomBytes(8).toString('hex');
  readonly #left = Promise.withResolvers<number[]>();
  readonly #control: Socket;
  readonly #outputs: readonly Socket[];

  /** @param script for the host's /bin/sh */
  constructor(controlPath: string, outputs: readonly Output[], script: string) {
    this.#control = connect(controlPath);
    const taken = outputs.map(({ path, take }) => {
      const socket = connect(path);
      return { socket, stream: new MarkedStream(socket, this.#token, take) };
    });
    this.#outputs = taken.map(({ socket }) => socket);
    const streams = taken.map(({ stream }) => stream);
    const gone = hangUpOf([this.#control, ...this.#outputs]);
    this.begun = Promise.race([gone, Promise.all(streams.map(({ begun }) => begun)).then(() => undefined)]);
    const printed = Promise.all(streams.map(({ status }) => status));
    this.ended = Promise.race([gone, printed, this.#left.promise]).then(([status = 1]) => status);
    this.begun.catch(() => undefined); // the end says the same
    void this.ended.catch(() => undefined).finally(() => this.hangUp());
    this.#send(`run ${Buffer.from(script).toString('base64')}`);
  }

  signal(name: 'INT' | 'TERM' | 'KILL'): void {
    this.#send(`signal ${name}`);
  }

  /** What somebody types. Of a terminal only. */
  type(keys: Buffer): void {
    this.#outputs[0]?.write(keys);
  }

  /** Leaves the command, and the host ends it. */
  hangUp(): void {
    this.#left.resolve([LEFT_STATUS]);
    for (const socket of [this.#control, ...this.#outputs]) socket.destroy();
  }

  #send(request: string): void {
    this.#control.write(`${this.#token} ${request}\n`);
  }
}

async function hangUpOf(sockets: readonly Socket[]): Promise<never> {
  return await new Promise((_resolve, reject) => {
    for (const socket of sockets) {
      socket.once('error', (error) => reject(new HostEndedError(error.message, { cause: error })));
      socket.once('end', () => reject(new HostEndedError('the KVM host has ended')));
    }
  });
}
