/** Which migrations run on libvirt hosts, and where to: whoever began them. */
import { RefusedError } from '../hypervisor/hypervisor.ts';
import { linkFrom, linkTo } from './drain-settings.ts';
import type { LibvirtHosts } from './libvirt-hosts.ts';
import type { Located, Seen } from './mover.ts';

export interface WaysParts {
  /** Where the table has it on its way to, of a VM that leaves that host; undefined: it has not. */
  wayOf(vm: string, source: string): Promise<string | undefined>;
  /** Hosts that are being emptied, and those that VMs may go to. */
  sources(): readonly string[];
  destinations(): readonly string[];
}

/** As the key of a host that none of the drains has. */
export const ELSEWHERE = 'elsewhere';

const NOBODY = { active: [] as readonly string[] };

export class LibvirtWays {
  private readonly hosts: LibvirtHosts;
  private readonly parts: WaysParts;

  constructor(hosts: LibvirtHosts, parts: WaysParts) {
    this.hosts = hosts;
    this.parts = parts;
  }

  /** What leaves the hosts that are being emptied, and what comes to the destinations from elsewhere. */
  async running(): Promise<readonly Seen[]> {
    const sources = this.parts.sources();
    const destinations = this.parts.destinations().filter((host) => !sources.includes(host));
    const asked = await Promise.all([
      ...sources.map(async (host) => await this.leaving(host)),
      ...destinations.map(async (host) => await this.arriving(host)),
    ]);
    const seen = asked.flat();
    return seen.filter(
      ({ vm, source }) =>
        source !== ELSEWHERE || !seen.some((each) => each.vm === vm && each.source !== ELSEWHERE),
    );
  }

  /** Of a VM that comes from a host that nobody here knows. @throws {Error} where the destination does not answer */
  async arrivalOf(vm: string, destination: string): Promise<Located> {
    const { state } = await this.hosts.at(destination, vm, 'destination');
    if (state === 'incoming') return { kind: 'migrating', source: ELSEWHERE, destination };
    return state === 'gone' ? { kind: 'absent' } : { kind: 'at', host: destination };
  }

  private async leaving(source: string): Promise<readonly Seen[]> {
    const seen: Seen[] = [];
    const active = async () => (await this.hosts.look(source)).active;
    for (const vm of await ifItAnswers(active())) {
      if ((await this.jobOf(source, vm)) !== 'out') continue;
      seen.push(...(await this.seenOf(source, vm, source, await this.whereTo(vm, source, ''))));
    }
    return seen;
  }

  private async arriving(destination: string): Promise<readonly Seen[]> {
    const seen: Seen[] = [];
    for (const vm of await ifItAnswers(this.hosts.paused(destination))) {
      if ((await this.jobOf(destination, vm)) !== 'in') continue;
      seen.push(...(await this.seenOf(destination, vm, ELSEWHERE, destination)));
    }
    return seen;
  }

  private async seenOf(at: string, vm: string, source: string, destination: string): Promise<Seen[]> {
    const there = await this.hosts.vm(at, vm).catch(() => undefined);
    const { name = vm, memoryBytes = 0 } = there ?? {};
    const links = [
      ...(source === ELSEWHERE ? [] : [linkFrom(source)]),
      ...(destination === ELSEWHERE ? [] : [linkTo(destination)]),
    ];
    return [{ vm, name, source, destination, links, memoryBytes }];
  }

  private async jobOf(host: string, vm: string): Promise<'in' | 'out' | undefined> {
    return await this.hosts.migrates(host, vm).catch(() => undefined);
  }

  /** libvirt's source does not say where it sends a VM: the host that is getting it does. */
  async whereTo(vm: string, source: string, likely: string): Promise<string> {
    const known = [likely, ...this.parts.destinations()].filter((host) => host !== '' && host !== ELSEWHERE);
    for (const host of new Set(known)) {
      const { active } = host === source ? NOBODY : await this.hosts.look(host).catch(() => NOBODY);
      if (active.includes(vm)) return host;
    }
    // It may not be there yet.
    return (await this.parts.wayOf(vm, source)) ?? (likely === '' ? ELSEWHERE : likely);
  }
}

/** A host that does not answer shows none, and is asked again soon; its drain says so. */
async function ifItAnswers(asking: Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof RefusedError) return [];
    throw error;
  }
}
