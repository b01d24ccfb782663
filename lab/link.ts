/**
 * The network between the hosts of a lab. It is shaped here and not by QEMU's max-bandwidth, which QEMU lifts
 * for the stop-and-copy: only a real bottleneck gives a real pause.
 */
import { namespaceOf, switchOf } from './namespaces.ts';
import { asRoot, ip, run } from './run.ts';

export const DEFAULT_RATE_BITS_PER_SECOND = 480e6;

/** What every host calls its network interface. */
export const INTERFACE = 'link0';

export interface Link {
  /** Pulls the cable. What is sent from then on vanishes silently, as on a real network; nothing is reset. */
  cut(): Promise<void>;
  /** Plugs it in again; connections that have not given up go on. */
  restore(): Promise<void>;
  /** Shapes both directions. */
  setRate(rateBitsPerSecond: number): Promise<void>;
}

/** One end of a cable. */
interface End {
  readonly namespace: string;
  readonly device: string;
}

/** All of a lab's network. */
export function linkOf(id: string, hostCount = 2): Link {
  const hosts = Array.from({ length: hostCount }, (_, index) => index);
  const far = hosts.map((index) => farEnd(id, hostCount, index));
  const near = hosts.map((index) => nearEnd(id, index));
  // Of a direct cable every end is both somebody's near and another's far one; to cut it once is enough.
  return hostCount === 2 ? linkBetween(far.slice(0, 1), near) : linkBetween(far, [...near, ...far]);
}

/** The cable of one host: of two hosts both have the same one. */
export function cableOf(id: string, hostCount: number, index: number): Link {
  const far = farEnd(id, hostCount, index);
  return linkBetween([far], [nearEnd(id, index), far]);
}

export function switchPort(index: number): string {
  return `port${index + 1}`;
}

function nearEnd(id: string, index: number): End {
  return { namespace: namespaceOf(id, index), device: INTERFACE };
}

function farEnd(id: string, hostCount: number, index: number): End {
  if (hostCount === 2) return nearEnd(id, 1 - index);
  return { namespace: switchOf(id), device: switchPort(index) };
}

/**
 * @param cutAt the far ends: taking down a host's own would fail its sends at once with "network is
 *   unreachable", which is not what a cut cable looks like to the side that sends
 */
function linkBetween(cutAt: readonly End[], shapedAt: readonly End[]): Link {
  const set = async (state: 'up' | 'down') => {
    for (const { namespace, device } of cutAt) await ip('-n', namespace, 'link', 'set', device, state);
  };
  return {
    cut: async () => await set('down'),
    // The address stays on an interface that is down, and its route comes back with it.
    restore: async () => await set('up'),
    async setRate(rateBitsPerSecond) {
      const shape = ['rate', `${Math.round(rateBitsPerSecond)}bit`, 'burst', '1mb', 'latency', '100ms'];
      for (const { namespace, device } of shapedAt) {
        const where = ['-n', namespace, 'qdisc', 'replace', 'dev', device, 'root'];
        await run(asRoot(['tc', ...where, 'tbf', ...shape]));
      }
    },
  };
}
