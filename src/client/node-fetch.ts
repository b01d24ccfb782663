/** Fetches from one service: over a unix socket too, and trusting a certificate of its own, which Node's `fetch` cannot be told. */
import http from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import type { Server } from './server.ts';
import { unreachable } from './unreachable.ts';

export type Fetch = (request: Request) => Promise<Response>;

/** Statuses whose answer has no body. */
const EMPTY = [204, 205, 304];

/** @param ca in PEM, in place of those that Node trusts. @returns throws an {@link UnreachableError} where no answer comes */
export function fetchFrom(server: Server, ca: string | undefined): Fetch {
  return async (request) => {
    const body = request.body === null ? undefined : Buffer.from(await request.arrayBuffer());
    const url = new URL(request.url);
    const options: https.RequestOptions = {
      method: request.method,
      path: `${url.pathname}${url.search}`,
      headers: {
        ...Object.fromEntries(request.headers),
        ...(body === undefined ? {} : { 'content-length': String(body.length) }),
      },
      signal: request.signal,
      ...(server.kind === 'unix'
        ? { socketPath: server.socketPath }
        : { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: url.port }),
      ...(ca === undefined ? {} : { ca }),
    };
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const asked = url.protocol === 'https:' ? https.request(options) : http.request(options);
    asked.once('response', (answer) => resolve(responseFrom(answer)));
    // Once there is an answer its body tells what breaks it.
    asked.on('error', (cause) => reject(request.signal.aborted ? cause : unreachable(server, cause)));
    asked.end(body);
    return await promise;
  };
}

function responseFrom(answer: http.IncomingMessage): Response {
  const { statusCode: status = 0, headers } = answer;
  const pairs = Object.entries(headers).flatMap(([name, value = '']) =>
    [value].flat().map((each): [string, string] => [name, each]),
  );
  if (EMPTY.includes(status)) answer.resume();
  const body = EMPTY.includes(status) ? null : (Readable.toWeb(answer) as ReadableStream<Uint8Array>);
  return new Response(body, { status, headers: pairs });
}
