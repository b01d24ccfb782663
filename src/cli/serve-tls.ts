import type { Place } from '../service/serve-at.ts';
import { Tls } from '../service/tls.ts';
import { TlsFilesError } from '../service/tls-files.ts';
import { UsageError } from './usage-error.ts';

export interface ServeTlsOptions {
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsClientCa?: string;
  readonly name?: readonly string[];
}

/** @returns undefined where none is asked for @throws {UsageError} */
export function tlsOf(
  { tlsCert, tlsKey, tlsClientCa, name = [] }: ServeTlsOptions,
  places: readonly Place[],
  say: (sentence: string) => void,
): Tls | undefined {
  if (tlsCert === undefined && tlsKey === undefined && tlsClientCa === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined)
    throw new UsageError('TLS takes both --tls-cert and --tls-key');
  if (places.every(({ kind }) => kind === 'unix'))
    throw new UsageError('--tls-cert is for ports, and --listen names sockets only');
  const tls = loaded({ cert: tlsCert, key: tlsKey, clientCa: tlsClientCa }, say);
  say(`its certificate is ${tls.words}`);
  const names = tls.names.filter((each) => each.startsWith('DNS:')).map((each) => each.slice('DNS:'.length));
  const unheard = names.filter(
    (each) => !each.startsWith('*') && each !== 'localhost' && !name.includes(each),
  );
  if (unheard.length > 0)
    say(
      `the certificate is for ${unheard.join(', ')} too, and by that name nobody is answered: start with --name ${unheard.join(' --name ')} if it is to be`,
    );
  return tls;
}

function loaded(paths: ConstructorParameters<typeof Tls>[0], say: (sentence: string) => void): Tls {
  try {
    return new Tls(paths, say);
  } catch (error) {
    throw error instanceof TlsFilesError ? new UsageError(error.message) : error;
  }
}
