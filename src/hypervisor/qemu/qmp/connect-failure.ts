import { stat } from 'node:fs/promises';
import { QmpConnectError, type QmpError, QmpNegotiationError } from './errors.ts';

/** What it means that the socket at `path` did not open. Reads the file's type where the errno is ambiguous. */
export async function explainConnectFailure(path: string, error: unknown): Promise<QmpError> {
  if (error instanceof QmpConnectError) return error;
  switch (error instanceof Error && 'code' in error ? error.code : undefined) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new QmpConnectError(path, 'no-socket', error);
    case 'ECONNREFUSED': {
      // Linux says ECONNREFUSED, not ENOTSOCK, for a file or a folder (net/unix/af_unix.c).
      const isSocket = await stat(path).then(
        (file) => file.isSocket(),
        () => true,
      );
      return new QmpConnectError(path, isSocket ? 'refused' : 'not-a-socket', error);
    }
    case 'ENOTSOCK':
    case 'EPROTOTYPE':
      return new QmpConnectError(path, 'not-a-socket', error);
    case 'EACCES':
    case 'EPERM':
      return new QmpConnectError(path, 'permission', error);
    case 'EAGAIN':
      // QEMU listens with a backlog of 1: it serves one client, the kernel lets two more wait, and refuses the
      // next at once (seen on 10.0.2). A client that gave up waiting keeps its place until the first has gone.
      return new QmpNegotiationError(path, 'busy', { cause: error });
    default:
      return new QmpConnectError(path, 'other', error);
  }
}
