/** What carries a QMP connection: QEMU's unix socket, or a stand-in that is simulated. */
import { once } from 'node:events';
import { Socket } from 'node:net';
import { explainConnectFailure } from './connect-failure.ts';
import { QmpConnectError } from './errors.ts';

/** As much of a `node:net` socket as a connection needs. Open when it is handed out. */
export interface QmpSocket {
  on(event: 'data', take: (chunk: Buffer) => void): unknown;
  on(event: 'error', take: (error: Error) => void): unknown;
  /** Once, after the last data, whoever hung up. */
  on(event: 'close', take: () => void): unknown;
  write(text: string): unknown;
  /** Hangs up; `close` follows. */
  destroy(): unknown;
}

/** @throws {QmpConnectError | QmpNegotiationError} when it does not open */
export type OpenQmpSocket = (path: string) => Promise<QmpSocket>;

/** sun_path holds 108 bytes with its closing NUL (man 7 unix). libuv cuts or refuses what is longer. */
const MAX_PATH_BYTES = 107;

export const openUnixSocket: OpenQmpSocket = async (path) => {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) throw new QmpConnectError(path, 'path-too-long');
  const socket = new Socket();
  try {
    socket.connect({ path });
    await once(socket, 'connect');
    return socket;
  } catch (error) {
    socket.destroy();
    throw await explainConnectFailure(path, error);
  }
};
