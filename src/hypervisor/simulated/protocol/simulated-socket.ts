/** The client's end of a connection to a simulated monitor. */
import type { QmpSocket } from '../../qemu/qmp/qmp-socket.ts';

export interface SocketPeer {
  take(line: string): void;
  left(): void;
}

type Listener = (argument: never) => void;

export class SimulatedSocket implements QmpSocket {
  private readonly peer: SocketPeer;
  private readonly listeners: { readonly event: string; readonly take: Listener }[] = [];
  private open = true;

  constructor(peer: SocketPeer) {
    this.peer = peer;
  }

  on(event: 'data' | 'error' | 'close', take: Listener): void {
    this.listeners.push({ event, take });
  }

  write(text: string): void {
    if (this.open) this.peer.take(text);
  }

  destroy(): void {
    if (!this.open) return;
    this.peer.left();
    this.hangUp();
  }

  /** The peer sends. */
  deliver(line: string): void {
    if (this.open) this.tell('data', Buffer.from(line));
  }

  /** The peer has gone. */
  hangUp(): void {
    if (!this.open) return;
    this.open = false;
    // As from a real socket, never within the call that caused it.
    queueMicrotask(() => this.tell('close', undefined));
  }

  private tell(event: string, argument: unknown): void {
    for (const each of this.listeners) if (each.event === event) each.take(argument as never);
  }
}
