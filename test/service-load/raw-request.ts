/** Requests that no HTTP library would send, and readers that do not read. */
import net from 'node:net';

/** Sends that text as it is. @returns all that was answered until the service closed, or nothing came for that long */
export async function sendRaw(at: string, text: string, quietMs = 1500): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let answered = '';
  const socket = open(at, text);
  socket.setTimeout(quietMs, () => socket.destroy());
  socket.setEncoding('latin1').on('data', (piece: string) => {
    answered += piece;
  });
  socket.once('close', () => resolve());
  await promise;
  return answered;
}

export interface Stuck {
  /** Whether the service has let go of it. */
  closed(): boolean;
  end(): void;
}

/** Asks for that place, and reads so many bytes a second of what comes, or none. */
export function readSlowly(at: string, place: string, bytesPerSecond: number): Stuck {
  const { host } = new URL(at);
  const socket = open(at, `GET ${place} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  socket.pause();
  const timer =
    bytesPerSecond > 0 ? setInterval(() => socket.read(Math.ceil(bytesPerSecond / 4)), 250) : undefined;
  return stuck(socket, () => clearInterval(timer));
}

/** Begins a request and never ends it. */
export function neverAsk(at: string): Stuck {
  const { host } = new URL(at);
  const socket = open(at, `GET /v1/migrations HTTP/1.1\r\nHost: ${host}\r\nX-Slow: `);
  // It reads what it is told, or else it would not notice that it is let go of.
  socket.resume();
  return stuck(socket);
}

function stuck(socket: net.Socket, ended: () => void = () => {}): Stuck {
  let isClosed = false;
  socket.once('close', () => {
    isClosed = true;
  });
  return {
    closed: () => isClosed,
    end: () => {
      ended();
      socket.destroy();
    },
  };
}

function open(at: string, text: string): net.Socket {
  const { hostname, port } = new URL(at);
  const socket = net.connect(Number(port), hostname, () => socket.write(text, 'latin1'));
  // Refused or cut: that is one of the answers.
  socket.on('error', () => {});
  return socket;
}
