import { refusalOf } from './refusal.ts';
import { virsh } from './virsh.ts';

/** @throws {RefusedError} in place of what virsh says */
export async function ask(uri: string, args: readonly string[]): Promise<string> {
  try {
    return await virsh(uri, args);
  } catch (error) {
    throw refusalOf(uri, error);
  }
}
