/**
 * A way to a QEMU's monitor that can end, or fall silent, while QEMU goes on, like an `ssh -L` that drops or hangs: QEMU
 * sees a client leave, or nothing, and whoever used it can tell nothing of QEMU any more.
 */
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';

export class MonitorProxy implements AsyncDisposable {
  /** Where to connect instead of the monitor. */
  readonly path: string;
  readonly #monitorPath: string;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #silent = false;

  private constructor(monitorPath: string, path: string) {
    this.#monitorPath = monitorPath;
    this.path = path;
  }

  static async open(monitorPath: string): Promise<MonitorProxy> {
    const proxy = new MonitorProxy(monitorPath, `${monitorPath}-proxy`);
    await proxy.restore();
    return proxy;
  }

  /** Drops every connection, and takes no new one. */
  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    await rm(this.path, { force: true });
  }

  /** Takes connections, keeps those that are there, and passes nothing on any more. */
  fallSilent(): void {
    this.#silent = true;
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  /** Takes connections again. */
  async restore(): Promise<void> {
    const server = createServer((client) => this.#join(client));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.path, resolve);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut();
  }

  #join(client: Socket): void {
    const monitor = connect(this.#monitorPath);
    for (const [socket, other] of [
      [client, monitor],
      [monitor, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      if (!this.#silent) socket.pipe(other);
    }
  }
}
