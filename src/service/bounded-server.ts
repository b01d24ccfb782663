/** What one who connects may cost: how many connections, for how long a request may come in and an answer go out, how large a header. */
import {
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Socket } from 'node:net';
import { problemBody } from './problem.ts';

/** How long a client may take to send a request, which is small. A connection that sends nothing is closed after it too. */
const REQUEST_WITHIN_MS = 10_000;
/** And to read the end of an answer. */
const ANSWER_WITHIN_MS = 60_000;
const MOST_CONNECTIONS = 2000;
const MOST_OF_AN_ADDRESS = 500;

export const BOUNDS = {
  requestTimeout: REQUEST_WITHIN_MS,
  headersTimeout: REQUEST_WITHIN_MS,
  // Node looks every 30 s otherwise.
  connectionsCheckingInterval: 1000,
  keepAliveTimeout: 5000,
  maxHeaderSize: 16 * 1024,
} satisfies ServerOptions;

/** @param server made with {@link BOUNDS} */
export function bound(
  server: Server,
  { answerWithinMs = ANSWER_WITHIN_MS, mostOfAnAddress = MOST_OF_AN_ADDRESS } = {},
): void {
  server.maxConnections = MOST_CONNECTIONS;
  // Of many headers none is looked at that could matter.
  server.maxHeadersCount = 100;
  boundAddresses(server, mostOfAnAddress);
  // Before the listener, which may answer at once.
  server.prependListener('request', (_: IncomingMessage, response: ServerResponse) => {
    // All of it is with the system once it is finished: until then it is kept here.
    response.once('prefinish', () => {
      const timer = setTimeout(() => response.socket?.destroy(), answerWithinMs).unref();
      response.once('close', () => clearTimeout(timer));
    });
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const answer = ANSWERS[error.code ?? ''] ?? [400, 'no-http', 'this is no request that HTTP knows'];
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else socket.end(rawProblem(...answer), () => socket.destroy());
  });
}

type RawAnswer = readonly [status: number, code: string, sentence: string];

/** By what Node calls it. */
const ANSWERS: Readonly<Record<string, RawAnswer>> = {
  HPE_HEADER_OVERFLOW: [431, 'headers-too-large', `the headers are over ${BOUNDS.maxHeaderSize} bytes`],
  ERR_HTTP_REQUEST_TIMEOUT: [
    408,
    'too-slow',
    `the request did not come within ${REQUEST_WITHIN_MS / 1000} s`,
  ],
};

function rawProblem(status: number, code: string, message: string): string {
  const body = JSON.stringify(problemBody({ status, code, message }));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/** One address must not take all connections. The unix socket has none. */
function boundAddresses(server: Server, most: number): void {
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined) return;
    const before = open.get(remoteAddress) ?? 0;
    if (before >= most) {
      socket.destroy();
      return;
    }
    open.set(remoteAddress, before + 1);
    socket.once('close', () => {
      const left = (open.get(remoteAddress) ?? 1) - 1;
      if (left > 0) open.set(remoteAddress, left);
      else open.delete(remoteAddress);
    });
  });
}
