import { type Access, REAL_ACCESS } from './access.ts';
import { refusalOf } from './virsh/refusal.ts';

/** @throws {RefusedError} in place of what virsh says */
export async function ask(
  uri: string,
  args: readonly string[],
  { virsh }: Access = REAL_ACCESS,
): Promise<string> {
  try {
    return await virsh.ask(uri, args);
  } catch (error) {
    throw refusalOf(uri, error);
  }
}
