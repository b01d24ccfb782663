import { stateDirectory } from '../journal/state-directory.ts';
import { table } from '../model/table.ts';
import { Access, AccessError, type Role } from '../service/access.ts';
import { tokensFile } from '../service/tokens-file.ts';
import { UsageError } from './usage-error.ts';

interface TokenOptions {
  readonly role?: Role;
  readonly json?: boolean;
  readonly stateDir?: string;
}

/** `switchover token`. @returns the exit status @throws {UsageError} */
export function tokens(
  which: 'add' | 'remove' | 'list',
  name: string | undefined,
  options: TokenOptions,
): number {
  const access = new Access(tokensFile(stateDirectory(options.stateDir)));
  try {
    if (which === 'add' && name !== undefined)
      process.stdout.write(`${access.add(name, options.role ?? 'view')}\n`);
    else if (which === 'remove' && name !== undefined) access.remove(name);
    else list(access, options.json === true);
    return 0;
  } catch (error) {
    throw error instanceof AccessError ? new UsageError(error.message) : error;
  }
}

function list(access: Access, json: boolean): void {
  const all = access.tokens().map(({ name, role, since }) => ({ name, role, since }));
  if (json) process.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
  else if (all.length === 0)
    process.stderr.write(
      'there are no tokens: whoever is on this machine may use the service, and nobody else\n',
    );
  else
    process.stdout.write(
      `${table([['NAME', 'ROLE', 'SINCE'], ...all.map((each) => [each.name, each.role, each.since])])}\n`,
    );
}
