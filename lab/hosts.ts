/**
 * Two hosts and the link between them: two network namespaces, joined directly by a veth pair.
 *
 * Every lab has the same addresses and interface names, since they exist only inside its own namespaces;
 * so any number of labs can run side by side. The link is shaped here and not by QEMU's max-bandwidth,
 * which QEMU lifts for the stop-and-copy: only a real bottleneck gives a real pause.
 */
import { asRoot, CommandError, run, runNow } from './run.ts';

export type Side = 'source' | 'destination';

export const DEFAULT_RATE_BITS_PER_SECOND = 480e6;
export const ADDRESSES: Readonly<Record<Side, string>> = { source: '10.77.0.1', destination: '10.77.0.2' };

const INTERFACE = 'link0';

export function namespaceOf(id: string, side: Side): string {
  return `sw${id}${side === 'source' ? 'a' : 'b'}`;
}

export interface Link {
  /** Pulls the cable. What is sent from then on vanishes silently, as on a real network; nothing is reset. */
  cut(): Promise<void>;
  /** Plugs it in again; connections that have not given up go on. */
  restore(): Promise<void>;
  /** Shapes both directions. */
  setRate(rateBitsPerSecond: number): Promise<void>;
}

/** @throws {CommandError} when it may not, or the names exist; nothing is left behind then */
export async function createHosts(id: string, rateBitsPerSecond: number): Promise<void> {
  const [a, b] = [namespaceOf(id, 'source'), namespaceOf(id, 'destination')];
  try {
    await ip('netns', 'add', a);
    await ip('netns', 'add', b);
    await ip('link', 'add', INTERFACE, 'netns', a, 'type', 'veth', 'peer', 'name', INTERFACE, 'netns', b);
    for (const side of ['source', 'destination'] as const) {
      const namespace = namespaceOf(id, side);
      await ip('-n', namespace, 'link', 'set', 'lo', 'up');
      await ip('-n', namespace, 'address', 'add', `${ADDRESSES[side]}/24`, 'dev', INTERFACE);
      await ip('-n', namespace, 'link', 'set', INTERFACE, 'up');
    }
    await linkOf(id).setRate(rateBitsPerSecond);
  } catch (error) {
    await removeHosts(id);
    throw error;
  }
}

export function linkOf(id: string): Link {
  // The destination's end: taking down the source's own would fail its sends at once with "network is
  // unreachable", which is not what a cut cable looks like to the side that sends.
  const destination = namespaceOf(id, 'destination');
  return {
    cut: async () => await ip('-n', destination, 'link', 'set', INTERFACE, 'down'),
    // The address stays on an interface that is down, and its route comes back with it.
    restore: async () => await ip('-n', destination, 'link', 'set', INTERFACE, 'up'),
    async setRate(rateBitsPerSecond) {
      const shape = ['rate', `${Math.round(rateBitsPerSecond)}bit`, 'burst', '1mb', 'latency', '100ms'];
      for (const side of ['source', 'destination'] as const) {
        const device = ['dev', INTERFACE, 'root'];
        await run(
          asRoot(['tc', '-n', namespaceOf(id, side), 'qdisc', 'replace', ...device, 'tbf', ...shape]),
        );
      }
    },
  };
}

/** Takes the link with it. Namespaces that do not exist are fine. */
export async function removeHosts(id: string): Promise<void> {
  for (const side of ['source', 'destination'] as const) {
    await ip('netns', 'delete', namespaceOf(id, side)).catch(ignoreAbsence);
  }
}

/** As {@link removeHosts}, when nothing can be awaited any more. */
export function removeHostsNow(id: string): void {
  for (const side of ['source', 'destination'] as const) {
    try {
      runNow(asRoot(['ip', 'netns', 'delete', namespaceOf(id, side)]));
    } catch {
      // Absent, or left to the next sweep.
    }
  }
}

/** The ids of all labs that have a namespace. */
export async function listHosts(): Promise<Set<string>> {
  const listing = await run(['ip', 'netns', 'list']);
  return new Set([...listing.matchAll(/^sw([a-z0-9]{1,12})[ab](?= |$)/gm)].map((match) => match[1] ?? ''));
}

/** @returns true when no process lives in the namespaces of that lab */
export async function hostsAreEmpty(id: string): Promise<boolean> {
  for (const side of ['source', 'destination'] as const) {
    const pids = await run(asRoot(['ip', 'netns', 'pids', namespaceOf(id, side)])).catch(() => '');
    if (pids.trim() !== '') return false;
  }
  return true;
}

async function ip(...args: string[]): Promise<void> {
  await run(asRoot(['ip', ...args]));
}

function ignoreAbsence(error: unknown): void {
  if (!(error instanceof CommandError) || !error.message.includes('No such file')) throw error;
}
