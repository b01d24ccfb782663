import { initiatorHere } from '../journal/initiator.ts';
import { stateDirectory } from '../journal/state-directory.ts';
import { table } from '../model/table.ts';
import { Access, AccessError, hasExpired, type Role, type Token } from '../service/access.ts';
import { Audit } from '../service/audit.ts';
import { Problem } from '../service/problem.ts';
import { auditFile, tokensFile } from '../service/tokens-file.ts';
import { standardError } from './output/standard.ts';
import { UsageError } from './usage-error.ts';

interface TokenOptions {
  readonly role?: Role;
  /** In milliseconds. */
  readonly expires?: number;
  readonly json?: boolean;
  readonly stateDir?: string;
}

/** `switchover token`. @returns the exit status @throws {UsageError} */
export async function tokens(
  which: 'add' | 'remove' | 'list',
  name: string | undefined,
  options: TokenOptions,
): Promise<number> {
  const stateDir = stateDirectory(options.stateDir);
  const access = new Access(tokensFile(stateDir));
  try {
    if (which === 'list' || name === undefined) list(access, options.json === true);
    else await change(which, name, access, options, stateDir);
    return 0;
  } catch (error) {
    throw error instanceof AccessError || error instanceof Problem ? new UsageError(error.message) : error;
  }
}

/** Who is let in is written into the audit too. */
async function change(
  which: 'add' | 'remove',
  name: string,
  access: Access,
  { role = 'view', expires }: TokenOptions,
  stateDir: string,
): Promise<void> {
  const audit = new Audit(auditFile(stateDir), (sentence) => standardError().write(`${sentence}\n`));
  const before = access.tokens().find((token) => token.name === name);
  const after = which === 'add' ? { role, expiresAfterMs: expires ?? null } : null;
  const asked = {
    did: which === 'add' ? ('token-add' as const) : ('token-remove' as const),
    migration: null,
    asked: { token: name, before: before ? shownOf(before) : null, after },
    reason: null,
    from: null,
  };
  await audit.audited({ name: initiatorHere().user, role: 'admin' }, asked, async () => {
    if (which === 'remove') access.remove(name);
    else process.stdout.write(`${access.add(name, role, expires)}\n`);
  });
}

function shownOf({ name, role, since, expires }: Token) {
  return { name, role, since, expires: expires ?? null };
}

function list(access: Access, json: boolean): void {
  const all = access.tokens();
  if (json) process.stdout.write(`${JSON.stringify(all.map(shownOf), null, 2)}\n`);
  else if (all.length === 0)
    standardError().write(
      'there are no tokens: others on this machine may look, its owner may act by the socket, and nobody else\n',
    );
  else
    process.stdout.write(
      `${table([['NAME', 'ROLE', 'SINCE', 'EXPIRES'], ...all.map((each) => [each.name, each.role, each.since, expiryOf(each)])])}\n`,
    );
}

function expiryOf(token: Token): string {
  if (token.expires === undefined) return 'never';
  return hasExpired(token) ? `${token.expires} (it lets nobody in any more)` : token.expires;
}
