/**
 * Who may do what: named tokens, of which the file keeps hashes only. A token is 256 random bits, so a plain hash of it is as
 * good as a slow one. Whoever may open the unix socket owns the file of tokens too, and may do everything. Others on this machine
 * may look, until there is a token: from then on nobody may do anything without one.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
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
  }),
);
type Token = z.infer<typeof tokensSchema>[number];

const OWNER: Caller = { name: 'local', role: 'admin', byToken: false };
const NEIGHBOUR: Caller = { name: 'local', role: 'view', byToken: false };

export class AccessError extends Error {
  override readonly name = 'AccessError';
}

export class Access {
  private readonly file: string;

  /** @param file need not be there */
  constructor(file: string) {
    this.file = file;
  }

  /** @throws {AccessError} when the file is not what it should be */
  tokens(): readonly Token[] {
    let text: string;
    try {
      const { mode } = fs.statSync(this.file);
      if ((mode & 0o022) !== 0)
        throw new AccessError(
          `others may write ${this.file}, and so let themselves in: chmod 600 ${this.file}`,
        );
      text = fs.readFileSync(this.file, 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw cause instanceof AccessError
        ? cause
        : new AccessError(`${this.file} cannot be read: ${String(cause)}`, { cause });
    }
    const parsed = tokensSchema.safeParse(asJson(text));
    if (!parsed.success)
      throw new AccessError(`${this.file} is no list of tokens: make it with \`switchover token add\``);
    return parsed.data;
  }

  /**
   * @param authorization the header of that name
   * @param bySocket it came by the unix socket
   * @throws {Problem} 401
   */
  callerOf(authorization: string | undefined, bySocket: boolean): Caller {
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
    return { name: token.name, role: token.role, byToken: true };
  }

  /** @returns the token, which is kept nowhere @throws {AccessError} */
  add(name: string, role: Role, now = new Date()): string {
    if (!NAME.test(name))
      throw new AccessError(
        `"${name}" is no name for a token: up to 64 letters, digits, dots, dashes and underscores`,
      );
    const tokens = this.tokens();
    if (tokens.some((token) => token.name === name))
      throw new AccessError(`there is a token ${name} already: take another name, or remove that one first`);
    const token = randomBytes(32).toString('base64url');
    const sha256 = createHash('sha256').update(token).digest('hex');
    this.write([...tokens, { name, role, sha256, since: now.toISOString() }]);
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
    fs.writeFileSync(draft, `${JSON.stringify(tokens, null, 2)}\n`, { mode: 0o600 });
    fs.renameSync(draft, this.file);
  }
}

export function mayDo(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
