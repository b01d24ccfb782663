/**
 * Who may do what: named tokens, of which the file keeps hashes only. A token is 256 random bits, so a plain hash of it is as
 * good as a slow one. Whoever may open the unix socket owns the file of tokens too, and may do everything. Others on this machine
 * may look, until there is a token: from then on nobody may do anything without one.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { errnoWords } from '../journal/errno-words.ts';
import { Problem } from './problem.ts';

/** Each may do what those before it may. */
export const ROLES = ['view', 'operate', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export interface Caller {
  /** Of the token; without one `local`. */
  readonly name: string;
  readonly role: Role;
  readonly byToken: boolean;
}

const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const tokensSchema = z.array(
  z.object({
    name: z.string().regex(NAME),
    role: z.enum(ROLES),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    since: z.iso.datetime(),
    /** Left out: it holds until it is removed. */
    expires: z.iso.datetime().optional(),
  }),
);
export type Token = z.infer<typeof tokensSchema>[number];

const OWNER: Caller = { name: 'local', role: 'admin', byToken: false };
const NEIGHBOUR: Caller = { name: 'local', role: 'view', byToken: false };

export class AccessError extends Error {
  override readonly name = 'AccessError';
}

export class Access {
  private readonly file: string;
  /** As the file was when it was read; it is read again once it is another. */
  private known: { readonly version: string; readonly tokens: readonly Token[] } | undefined;

  /** @param file need not be there */
  constructor(file: string) {
    this.file = file;
  }

  /** Those that have expired too. @throws {AccessError} when the file is not what it should be */
  tokens(): readonly Token[] {
    const { file } = this;
    try {
      const stats = fs.statSync(file, { bigint: true, throwIfNoEntry: false });
      if (!stats) return [];
      if ((stats.mode & 0o022n) !== 0n)
        throw new AccessError(`others may write ${file}, and so let themselves in: chmod 600 ${file}`);
      // A file is put in place whole, so that each change is a file of its own.
      const version = [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join();
      if (this.known?.version !== version)
        this.known = { version, tokens: tokensFrom(fs.readFileSync(file, 'utf8'), file) };
      return this.known.tokens;
    } catch (cause) {
      this.known = undefined;
      if (cause instanceof AccessError) throw cause;
      throw new AccessError(`${file} cannot be read: ${errnoWords(cause)}`, { cause });
    }
  }

  /**
   * @param authorization the header of that name
   * @param bySocket it came by the unix socket
   * @throws {Problem} 401
   */
  callerOf(authorization: string | undefined, bySocket: boolean, now = Date.now()): Caller {
    if (bySocket && authorization === undefined) return OWNER;
    const tokens = this.tokens();
    if (tokens.length === 0) return NEIGHBOUR;
    const [, given] = /^Bearer ([A-Za-z0-9_-]{1,200})$/i.exec(authorization ?? '') ?? [];
    if (given === undefined)
      throw new Problem(401, 'token-needed', 'a token is needed: send it as `Authorization: Bearer TOKEN`');
    const hash = createHash('sha256').update(given).digest();
    const token = tokens.find(({ sha256 }) => timingSafeEqual(Buffer.from(sha256, 'hex'), hash));
    if (!token)
      throw new Problem(
        401,
        'token-unknown',
        'this token is not known here: ask who runs the service for one',
      );
    if (hasExpired(token, now))
      throw new Problem(
        401,
        'token-expired',
        `the token ${token.name} expired at ${token.expires}: ask who runs the service for a new one`,
      );
    return { name: token.name, role: token.role, byToken: true };
  }

  /** @param forMs how long it holds; undefined: until it is removed @returns the token, which is kept nowhere @throws {AccessError} */
  add(name: string, role: Role, forMs?: number, now = new Date()): string {
    if (!NAME.test(name))
      throw new AccessError(
        `"${name}" is no name for a token: up to 64 letters, digits, dots, dashes and underscores`,
      );
    const tokens = this.tokens();
    if (tokens.some((token) => token.name === name))
      throw new AccessError(`there is a token ${name} already: take another name, or remove that one first`);
    const token = randomBytes(32).toString('base64url');
    const sha256 = createHash('sha256').update(token).digest('hex');
    const expires = forMs === undefined ? {} : { expires: new Date(now.getTime() + forMs).toISOString() };
    this.write([...tokens, { name, role, sha256, since: now.toISOString(), ...expires }]);
    return token;
  }

  /** @throws {AccessError} where there is none of that name */
  remove(name: string): void {
    const tokens = this.tokens();
    const left = tokens.filter((token) => token.name !== name);
    if (left.length === tokens.length)
      throw new AccessError(`there is no token ${name}: \`switchover token list\` shows what there is`);
    this.write(left);
  }

  private write(tokens: readonly Token[]): void {
    fs.mkdirSync(path.dirname(this.file), { recursive: true, mode: 0o700 });
    const draft = `${this.file}.${process.pid}`;
    fs.writeFileSync(draft, `${JSON.stringify(tokens, null, 2)}\n`, { mode: 0o600, flush: true });
    fs.renameSync(draft, this.file);
    this.known = undefined;
  }
}

export function hasExpired({ expires }: Token, now = Date.now()): boolean {
  return expires !== undefined && now >= Date.parse(expires);
}

export function mayDo(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** @throws {AccessError} */
function tokensFrom(text: string, file: string): readonly Token[] {
  const parsed = tokensSchema.safeParse(asJson(text));
  if (parsed.success) return parsed.data;
  throw new AccessError(`${file} is no list of tokens: make it with \`switchover token add\``);
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
