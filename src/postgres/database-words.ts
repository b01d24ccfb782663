/** What people are told of a database: where it is, and why it cannot be used. Never a password. Pure. */
import type { ClientConfig } from 'pg';
import { StoreError } from './store-error.ts';

interface Words {
  /** What follows the database's place in a sentence. */
  readonly words: string;
  /** It may be there again later. */
  readonly isAway: boolean;
  readonly sqlState: string | undefined;
}

/** Codes of the system. */
const UNREACHED: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
  ENOENT: 'there is no such socket',
  EACCES: 'its socket is closed to this user',
  ENOTFOUND: 'the host is not known',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  ETIMEDOUT: 'the host does not answer',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'its network cannot be reached',
};

/** Codes of PostgreSQL. */
const REFUSED: Readonly<Record<string, string>> = {
  '28P01': 'refuses the password: mend the address',
  '28000': 'lets this user not in: see its pg_hba.conf',
  '3D000': 'is not there: `createdb` makes it',
  '42501': "refuses it to this user, who needs the right to create a schema there, or switchover's own",
};
const AWAY: Readonly<Record<string, string>> = {
  '57P01': 'was stopped',
  '57P02': 'crashed',
  '57P03': 'is starting or stopping',
  '53300': 'has no connection free',
};

/** @throws {StoreError} when it is no address of a PostgreSQL; without the address, which may hold a password */
export function addressOf(url: string): ClientConfig {
  parsed(url);
  return { connectionString: url };
}

/** The address without its password. @throws {StoreError} when it is none */
export function placeOf(url: string): string {
  const address = parsed(url);
  address.password = '';
  for (const name of [...address.searchParams.keys()])
    if (/password|passfile/i.test(name)) address.searchParams.delete(name);
  return `the database ${address.href}`;
}

export function wordsOf(cause: unknown): Words {
  const { code = '', message = String(cause) } = (cause ?? {}) as { code?: string; message?: string };
  // Of several addresses of one name each has failed.
  const [first] = (cause as AggregateError | undefined)?.errors ?? [];
  if (first !== undefined && !UNREACHED[code]) return wordsOf(first);
  const unreached = UNREACHED[code];
  if (unreached !== undefined)
    return { words: `cannot be reached (${unreached})`, isAway: true, sqlState: undefined };
  const away = AWAY[code];
  if (away !== undefined) return { words: away, isAway: true, sqlState: code };
  const refused = REFUSED[code];
  if (refused !== undefined) return { words: refused, isAway: false, sqlState: code };
  if (/^[0-9A-Z]{5}$/.test(code))
    return { words: `refuses it (${firstLine(message)})`, isAway: code.startsWith('08'), sqlState: code };
  if (/timeout/i.test(message))
    return { words: 'cannot be reached (it does not answer)', isAway: true, sqlState: undefined };
  const isAway = /terminated|closed|ended/i.test(message);
  return { words: `cannot be used (${firstLine(message)})`, isAway, sqlState: undefined };
}

function parsed(url: string): URL {
  const address = URL.parse(url);
  if (address && /^postgres(ql)?:$/.test(address.protocol)) return address;
  throw new StoreError(
    '--database takes the address of a PostgreSQL, such as postgres://user@host/name or postgres:///name?host=/run/postgresql',
  );
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
