/** Where a service is: `unix:/run/user/1000/serve.sock`, `http://127.0.0.1:8686` or `https://host1.example.org:8686`. */

export type Server =
  | { readonly kind: 'unix'; readonly socketPath: string }
  | { readonly kind: 'tcp'; readonly origin: string };

export class ServerAddressError extends Error {
  override readonly name = 'ServerAddressError';
}

/** @throws {ServerAddressError} */
export function parseServer(text: string): Server {
  if (text.startsWith('unix:')) {
    const socketPath = text.slice('unix:'.length);
    if (socketPath.startsWith('/')) return { kind: 'unix', socketPath };
    throw new ServerAddressError(`${text}: give the socket's path from the root: unix:/run/switchover.sock`);
  }
  const url = URL.parse(text);
  const isPlain =
    url !== null &&
    ['http:', 'https:'].includes(url.protocol) &&
    url.pathname === '/' &&
    `${url.search}${url.hash}` === '';
  if (isPlain && url.username === '' && url.password === '') return { kind: 'tcp', origin: url.origin };
  if (isPlain)
    throw new ServerAddressError('no name and no password stand in the address: a token is given by itself');
  throw new ServerAddressError(
    `"${text}" is no address of a service: write it like https://host1.example.org:8686, http://127.0.0.1:8686 or unix:/run/switchover.sock`,
  );
}

export function serverInWords(server: Server): string {
  return server.kind === 'unix' ? `unix:${server.socketPath}` : server.origin;
}
