/**
 * A controller's view of a clock and of sockets that ends when the controller is killed: nothing of it runs any more, and
 * the kernel closes what it had open. For tests of what a SIGKILL leaves behind.
 */
import type { Clock } from '../clock.ts';
import type { OpenQmpSocket, QmpSocket } from '../qemu/qmp/qmp-socket.ts';

const FOR_EVER = new Promise<never>(() => {});

export class KillableController {
  private alive = true;
  private readonly sockets = new Set<QmpSocket>();
  private readonly base: { readonly clock: Clock; readonly open: OpenQmpSocket };

  constructor(base: { readonly clock: Clock; readonly open: OpenQmpSocket }) {
    this.base = base;
  }

  get isAlive(): boolean {
    return this.alive;
  }

  readonly clock: Clock = {
    now: () => this.base.clock.now(),
    sleep: async (ms) => {
      await this.base.clock.sleep(ms);
      if (!this.alive) await FOR_EVER;
    },
    after: (ms, callback) =>
      this.base.clock.after(ms, () => {
        if (this.alive) callback();
      }),
  };

  readonly open: OpenQmpSocket = async (path, signal) => {
    const socket = await this.base.open(path, signal);
    if (!this.alive) return await FOR_EVER;
    this.sockets.add(socket);
    return {
      on: (event: string, take: (argument: never) => void) =>
        socket.on(
          event as 'data',
          ((argument: never) => {
            if (this.alive) take(argument);
          }) as (chunk: Buffer) => void,
        ),
      write: (text) => this.alive && socket.write(text),
      destroy: () => socket.destroy(),
    };
  };

  kill(): void {
    this.alive = false;
    for (const socket of this.sockets) socket.destroy();
  }
}
