import { askHost } from './host-shells.ts';
import { refusalOf } from './refusal.ts';

/** @throws {RefusedError} in place of what virsh says */
export async function ask(uri: string, args: readonly string[]): Promise<string> {
  try {
    return await askHost(uri, args);
  } catch (error) {
    throw refusalOf(uri, error);
  }
}
