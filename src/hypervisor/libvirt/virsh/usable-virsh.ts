import { RefusedError } from '../../hypervisor.ts';
import { refusalOf } from './refusal.ts';
import { outputOf, spawnVirsh } from './virsh.ts';

let usable: Promise<void> | undefined;

/**
 * Looks for what switchover needs of virsh and old ones have not: once, until it is there. A long-lived daemon
 * finds the virsh that was installed meanwhile.
 * @throws {RefusedError} `no-virsh` or `lacks-feature`
 */
export async function assertUsableVirsh(): Promise<void> {
  usable ??= look();
  const asked = usable;
  try {
    await asked;
  } catch (error) {
    if (usable === asked) usable = undefined;
    throw error;
  }
}

/** By its own help, which it gives without a host. */
async function look(): Promise<void> {
  const help = await ran(['help', 'domjobinfo']);
  if (help.includes('--rawstats')) return;
  const version = (await ran(['--version'])).trim();
  throw new RefusedError(
    'lacks-feature',
    `virsh ${version} is too old: it has no \`domjobinfo --rawstats\`; install libvirt-clients 9.0 or newer`,
  );
}

/** On libvirt's built-in test host, since virsh connects somewhere whatever it is asked. */
async function ran(args: readonly string[]): Promise<string> {
  try {
    return (await outputOf(spawnVirsh('test:///default', args, 'ignore'))).stdout;
  } catch (error) {
    throw refusalOf('virsh', error);
  }
}
