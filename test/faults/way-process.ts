/**
 * The way to a monitor, as a process of its own: what `ssh -L` is to a user. It listens on one unix socket and
 * carries every connection to another one. Killed, it leaves what a killed ssh leaves: dropped connections, and a
 * socket file on which nobody listens.
 *
 * Run by {@link Way} (way.ts) with an IPC channel; it ends when that closes.
 */
import net from 'node:net';

/** From the client to QEMU, or back. */
export type Direction = 'to-qemu' | 'to-client';

export type WayOrder =
  | { readonly do: 'listen'; readonly path: string; readonly monitorPath: string }
  /** Stops at the first line that matches, before it is passed on; then nothing passes in that direction. */
  | { readonly do: 'hold-at'; readonly direction: Direction; readonly pattern: string }
  | { readonly do: 'hold'; readonly direction: Direction }
  /** All that comes from now on takes so much longer, in each direction. */
  | { readonly do: 'delay'; readonly delayMs: number }
  /** Passes on what was held back, and all that follows. */
  | { readonly do: 'let-go'; readonly direction: Direction };

export type WayNews =
  | { readonly did: WayOrder['do'] }
  | { readonly did: 'held'; readonly direction: Direction; readonly line: string };

/** One direction of one connection. What does not pass waits here. */
interface Flow {
  readonly to: net.Socket;
  waiting: string;
}

const held: Record<Direction, boolean> = { 'to-qemu': false, 'to-client': false };
let delayMs = 0;
const holdAt: Partial<Record<Direction, RegExp>> = {};
const flows: Record<Direction, Set<Flow>> = { 'to-qemu': new Set(), 'to-client': new Set() };

process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  const order = message as WayOrder;
  switch (order.do) {
    case 'listen':
      net.createServer((client) => carry(client, order.monitorPath)).listen(order.path, () => tell(order.do));
      return;
    case 'hold-at':
      holdAt[order.direction] = new RegExp(order.pattern);
      break;
    case 'hold':
      held[order.direction] = true;
      break;
    case 'delay':
      delayMs = order.delayMs;
      break;
    case 'let-go':
      held[order.direction] = false;
      for (const flow of flows[order.direction]) passOn(order.direction, flow);
      break;
  }
  tell(order.do);
});

function tell(did: WayOrder['do']): void {
  process.send?.({ did } satisfies WayNews);
}

function carry(client: net.Socket, monitorPath: string): void {
  const qemu = net.connect(monitorPath);
  flow('to-qemu', client, qemu);
  flow('to-client', qemu, client);
}

function flow(direction: Direction, from: net.Socket, to: net.Socket): void {
  const own: Flow = { to, waiting: '' };
  flows[direction].add(own);
  from.setEncoding('latin1');
  from.on('data', (text: string) =>
    onceThere(() => {
      own.waiting += text;
      passOn(direction, own);
    }),
  );
  from.on('error', () => {});
  from.on('close', () =>
    onceThere(() => {
      flows[direction].delete(own);
      to.destroy();
    }),
  );
}

/** Timers of the same length end in the order in which they began. */
function onceThere(arrive: () => void): void {
  if (delayMs === 0) arrive();
  else setTimeout(arrive, delayMs);
}

function passOn(direction: Direction, flow: Flow): void {
  if (held[direction]) return;
  const lines = flow.waiting.split(/(?<=\n)/);
  const at = lines.findIndex((line) => holdAt[direction]?.test(line));
  const passing = at < 0 ? lines : lines.slice(0, at);
  flow.to.write(passing.join(''), 'latin1');
  flow.waiting = lines.slice(passing.length).join('');
  if (at < 0) return;
  // Once only: what is held is let go in the end, and must pass then.
  delete holdAt[direction];
  held[direction] = true;
  process.send?.({ did: 'held', direction, line: lines[at] ?? '' } satisfies WayNews);
}
