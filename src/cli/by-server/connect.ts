/** The service that a command goes through, and what is said where that does not go well. */
import fs from 'node:fs';
import path from 'node:path';
import { SwitchoverClient } from '../../client/client.ts';
import { ServerAddressError } from '../../client/server.ts';
import { ServiceError } from '../../client/service-error.ts';
import { errnoWords } from '../../journal/errno-words.ts';
import { stateDirectory } from '../../journal/state-directory.ts';
import { VERSION } from '../../version.ts';
import { standardError } from '../output/standard.ts';
import { SERVE_SOCKET } from '../serve-socket.ts';
import { UsageError } from '../usage-error.ts';

/** What commander hands over. */
export interface ServerOptions {
  readonly server?: string;
  readonly serverCa?: string;
  readonly tokenFile?: string;
}

/** As they are printed. */
const TOKEN = /^[A-Za-z0-9_-]{1,200}$/;

/** What an older or a newer service may say of what it does not know. */
const OF_ANOTHER_VERSION = ['no-such-place', 'no-such-method', 'not-understood'];

/** Runs what a command does through a service. @throws {UsageError} and what `doing` throws */
export async function throughServer<T>(
  options: ServerOptions,
  doing: (client: SwitchoverClient) => Promise<T>,
): Promise<T> {
  const client = clientOf(options);
  try {
    return await doing(client);
  } catch (error) {
    throw error instanceof ServiceError ? await withVersions(error, client) : error;
  }
}

/** Of the commands that only a service can do: the one of this machine where none is named. */
export function orOwnService<Options extends ServerOptions & { readonly stateDir?: string }>(
  options: Options,
): Options & { readonly server: string } {
  const server = options.server ?? `unix:${path.join(stateDirectory(options.stateDir), SERVE_SOCKET)}`;
  return { ...options, server };
}

function clientOf({ server = '', serverCa, tokenFile }: ServerOptions): SwitchoverClient {
  const ca = serverCa === undefined ? undefined : contentOf(serverCa, '--server-ca');
  if (ca !== undefined && !ca.includes('-----BEGIN CERTIFICATE-----'))
    throw new UsageError(`--server-ca ${serverCa}: there is no certificate in it (PEM)`);
  const token = tokenOf(tokenFile);
  try {
    const client = new SwitchoverClient({ server, token, ca });
    if (token !== undefined && isOpenToOthers(client.where))
      standardError().write(
        `warning: the token goes to ${client.where} unencrypted: whoever is on the way can read it; https:// keeps it\n`,
      );
    return client;
  } catch (error) {
    throw error instanceof ServerAddressError ? new UsageError(`--server: ${error.message}`) : error;
  }
}

function isOpenToOthers(where: string): boolean {
  return where.startsWith('http:') && !/^http:\/\/(localhost|127\.[\d.]+|\[::1\])(:|$)/.test(where);
}

/** Never on the command line, which every user of the machine can read. */
function tokenOf(file: string | undefined): string | undefined {
  const fromEnv = process.env['SWITCHOVER_TOKEN'] || undefined;
  const token = file === undefined ? fromEnv : contentOf(file, '--token-file').trim();
  if (token === undefined || TOKEN.test(token)) return token;
  const from = file === undefined ? 'SWITCHOVER_TOKEN' : `--token-file ${file}`;
  throw new UsageError(`${from} holds no token: it is one word, as \`switchover token add\` printed it`);
}

function contentOf(file: string, option: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UsageError(`${option} ${file} cannot be read (${errnoWords(cause)})`);
  }
}

/** The same, with both versions where they differ and that may be why. */
async function withVersions(error: ServiceError, client: SwitchoverClient): Promise<ServiceError> {
  const { status, code, message } = error;
  if (!OF_ANOTHER_VERSION.includes(code)) return error;
  try {
    const { version } = client.answered(await client.api.GET('/v1/session'));
    if (version === VERSION) return error;
    const words = `${message}; the service is switchover ${version} and this is ${VERSION}: use the same on both sides`;
    return new ServiceError(status, code, words, { cause: error });
  } catch {
    return error;
  }
}
