/** Where the service listens: an address and port, or a unix socket. */

import fs from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { isIP } from 'node:net';
import path from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { BOUNDS, bound } from './bounded-server.ts';
import type { Arrival } from './route-parts.ts';
import type { Tls } from './tls.ts';

export type Place =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export class PlaceError extends Error {
  override readonly name = 'PlaceError';
}

/** `127.0.0.1:8686`, `[::1]:8686` or `unix:/run/switchover.sock`. @throws {PlaceError} */
export function parsePlace(text: string): Place {
  if (text.startsWith('unix:')) {
    const file = text.slice('unix:'.length);
    if (!path.isAbsolute(file))
      throw new PlaceError(`${text}: give the socket's path from the root: unix:/run/switchover.sock`);
    return { kind: 'unix', path: file };
  }
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535 || (host !== 'localhost' && isIP(host) === 0))
    throw new PlaceError(
      `"${text}" is no place to listen at: write it like 127.0.0.1:8686 or unix:/run/switchover.sock`,
    );
  return { kind: 'tcp', host, port: Number(port) };
}

export function isThisMachineOnly(place: Place): boolean {
  return (
    place.kind === 'unix' ||
    place.host === 'localhost' ||
    place.host === '::1' ||
    place.host.startsWith('127.')
  );
}

/** Like the one that it was given; the port that was found where it was 0. */
export function placeInWords(place: Place, isTls = false): string {
  if (place.kind === 'unix') return `unix:${place.path}`;
  return `${isTls ? 'https' : 'http'}://${place.host.includes(':') ? `[${place.host}]` : place.host}:${place.port}/`;
}

export interface Listening {
  readonly place: Place;
  /** Ends what is open too: whoever follows comes back by himself. */
  close(): Promise<void>;
}

/** @param tls for a port; the socket, which its owner alone may use, has none @throws {PlaceError} when it cannot listen there */
export async function serveAt(
  place: Place,
  fetch: (request: Request, arrival: Arrival) => Response | Promise<Response>,
  tls?: Tls,
): Promise<Listening> {
  if (place.kind === 'unix') await removeStale(place.path);
  const bySocket = place.kind === 'unix';
  const encrypted = tls !== undefined && !bySocket;
  const listener = getRequestListener(async (request, env) => {
    const incoming = env.incoming as IncomingMessage;
    // Not by the address that it has now: a connection that is gone has none.
    return await fetch(request, { bySocket, encrypted, incoming, outgoing: env.outgoing as ServerResponse });
  });
  const server = encrypted ? serverWith(tls, listener) : createServer(BOUNDS, listener);
  bound(server);
  try {
    await listen(server, place);
  } catch (cause) {
    const why = whyNot(place, cause as NodeJS.ErrnoException);
    throw new PlaceError(`cannot listen at ${placeInWords(place, encrypted)}: ${why}`, { cause });
  }
  const address = server.address();
  return {
    place:
      place.kind === 'tcp' && address && typeof address !== 'string'
        ? { ...place, port: address.port }
        : place,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function serverWith(tls: Tls, listener: RequestListener): Server {
  const server = createTlsServer({ ...BOUNDS, ...tls.serverOptions }, listener);
  const stop = tls.follow(server);
  server.once('close', stop);
  return server;
}

function whyNot(place: Place, cause: NodeJS.ErrnoException): string {
  const { code } = cause;
  // Node calls a missing folder EACCES.
  const folder = place.kind === 'unix' ? path.dirname(place.path) : undefined;
  if (folder !== undefined && !fs.existsSync(folder)) return `there is no folder ${folder}: make it first`;
  return code === 'EADDRINUSE' ? 'somebody listens there already' : String(code ?? cause);
}

async function listen(server: Server, place: Place): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', resolve);
    if (place.kind === 'tcp') server.listen(place.port, place.host);
    else {
      // Whoever may write to it may migrate every VM.
      const before = process.umask(0o177);
      server.listen(place.path);
      process.umask(before);
    }
  });
}

/** The socket of a service that was killed is in the way of the next. @throws {PlaceError} where one listens */
async function removeStale(file: string): Promise<void> {
  const { connect } = await import('node:net');
  const alive = await new Promise<boolean>((resolve) => {
    const socket = connect(file);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
  if (alive) throw new PlaceError(`a service listens at unix:${file} already`);
  if (fs.statSync(file, { throwIfNoEntry: false })?.isSocket()) fs.unlinkSync(file);
}
