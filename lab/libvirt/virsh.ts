/** `virsh`, as a person would call it from outside the lab's hosts, in the C locale. */
import { run } from '../run.ts';

/**
 * @param words the command and its arguments, each taken as it is. A domain is best named by its UUID: virsh
 *   would take a name like `-1` for an option
 * @returns what it printed @throws {CommandError} with what virsh said
 */
export async function virsh(uri: string, ...words: string[]): Promise<string> {
  const output = await run(['env', 'LC_ALL=C', 'virsh', '--quiet', '--connect', uri, ...words]);
  return output.trim();
}
