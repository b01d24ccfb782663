/**
 * The hosts of a lab: a network namespace each. Two are joined directly by a veth pair, more by a switch, which
 * is a bridge in a namespace of its own.
 *
 * Every lab has the same addresses and interface names, since they exist only inside its own namespaces;
 * so any number of labs can run side by side.
 */
import { INTERFACE, linkOf, switchPort } from './link.ts';
import { addressOf, listNamespaces, namespaceOf, switchOf } from './namespaces.ts';
import { asRoot, CommandError, ip, runNow } from './run.ts';

/** @throws {CommandError} when it may not, or the names exist; nothing is left behind then */
export async function createHosts(id: string, rateBitsPerSecond: number, hostCount = 2): Promise<void> {
  const hosts = Array.from({ length: hostCount }, (_, index) => namespaceOf(id, index));
  try {
    for (const host of hosts) await ip('netns', 'add', host);
    await (hostCount === 2 ? joinDirectly(hosts) : joinBySwitch(id, hosts));
    for (const [index, host] of hosts.entries()) {
      await ip('-n', host, 'link', 'set', 'lo', 'up');
      await ip('-n', host, 'address', 'add', `${addressOf(index)}/24`, 'dev', INTERFACE);
      await ip('-n', host, 'link', 'set', INTERFACE, 'up');
    }
    await linkOf(id, hostCount).setRate(rateBitsPerSecond);
  } catch (error) {
    await removeHosts(id);
    throw error;
  }
}

async function joinDirectly([a = '', b = '']: readonly string[]): Promise<void> {
  await ip('link', 'add', INTERFACE, 'netns', a, 'type', 'veth', 'peer', 'name', INTERFACE, 'netns', b);
}

async function joinBySwitch(id: string, hosts: readonly string[]): Promise<void> {
  const hub = switchOf(id);
  await ip('netns', 'add', hub);
  await ip('-n', hub, 'link', 'add', 'switch', 'type', 'bridge');
  await ip('-n', hub, 'link', 'set', 'switch', 'up');
  for (const [index, host] of hosts.entries()) {
    const port = switchPort(index);
    await ip('link', 'add', INTERFACE, 'netns', host, 'type', 'veth', 'peer', 'name', port, 'netns', hub);
    await ip('-n', hub, 'link', 'set', port, 'master', 'switch', 'up');
  }
}

/** Takes the link with it. Namespaces that do not exist are fine. */
export async function removeHosts(id: string): Promise<void> {
  for (const { name } of listNamespaces(id)) await ip('netns', 'delete', name).catch(ignoreAbsence);
}

/** As {@link removeHosts}, when nothing can be awaited any more. */
export function removeHostsNow(id: string): void {
  for (const { name } of listNamespaces(id)) {
    try {
      runNow(asRoot(['ip', 'netns', 'delete', name]));
    } catch {
      // Absent, or left to the next sweep.
    }
  }
}

function ignoreAbsence(error: unknown): void {
  if (!(error instanceof CommandError) || !error.message.includes('No such file')) throw error;
}
