/**
 * A controller's view of a clock and of sockets, for tests of what happens to it. Killed (SIGKILL), nothing of it runs any
 * more and the kernel closes what it had open. Frozen (SIGSTOP), its timers and what it is sent wait, and all of it comes
 * at once when it goes on: timers first, as in Node.
 */
import type { Clock } from '../clock.ts';
import type { OpenQmpSocket, QmpSocket } from '../qemu/qmp/qmp-socket.ts';

const FOR_EVER = new Promise<never>(() => {});

type Listener = (argument: never) => void;

export class KillableController {
  readonly clock: Clock;
  readonly open: OpenQmpSocket;
  private alive = true;
  /** What waits while it is frozen; undefined while it is not. */
  private waiting: { readonly timers: (() => void)[]; readonly lines: (() => void)[] } | undefined;
  private frozenSinceMs = 0;
  private frozenMs = 0;
  private readonly sockets = new Set<QmpSocket>();

  constructor(base: { readonly clock: Clock; readonly open: OpenQmpSocket }) {
    const after: Clock['after'] = (ms, callback) => {
      let wanted = true;
      const due = (): void => {
        if (this.alive && wanted) callback();
      };
      const cancel = base.clock.after(ms, () => {
        if (this.waiting) this.waiting.timers.push(due);
        else due();
      });
      return () => {
        wanted = false;
        cancel();
      };
    };
    this.clock = {
      now: () => base.clock.now(),
      uptimeMs: () => base.clock.uptimeMs(),
      awakeMs: () => base.clock.awakeMs() - this.frozenMs,
      sleep: async (ms) => await new Promise<void>((resolve) => after(ms, resolve)),
      after,
    };
    this.open = async (path) => {
      const socket = await base.open(path);
      if (!this.alive) return await FOR_EVER;
      this.sockets.add(socket);
      return {
        on: (event: string, take: Listener) => socket.on(event as 'close', this.heard(take)),
        write: (text) => this.alive && socket.write(text),
        destroy: () => socket.destroy(),
      };
    };
  }

  get isAlive(): boolean {
    return this.alive;
  }

  kill(): void {
    this.alive = false;
    for (const socket of this.sockets) socket.destroy();
  }

  freeze(): void {
    if (this.waiting) return;
    this.waiting = { timers: [], lines: [] };
    this.frozenSinceMs = this.clock.now();
  }

  thaw(): void {
    const { timers, lines } = this.waiting ?? { timers: [], lines: [] };
    if (this.waiting) this.frozenMs += this.clock.now() - this.frozenSinceMs;
    this.waiting = undefined;
    for (const doing of [...timers, ...lines]) doing();
  }

  /** What comes to it from outside, as it is taken: not while it is frozen, nor when it is dead. */
  heard(take: Listener): () => void {
    return (...given: unknown[]) => {
      const doing = (): void => {
        if (this.alive) take(...(given as [never]));
      };
      if (this.waiting) this.waiting.lines.push(doing);
      else doing();
    };
  }
}
