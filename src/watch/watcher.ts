/** The daemon: a watcher for each host, and what they share. */
import type { Config } from '../config/config.ts';
import { type Access, REAL_ACCESS } from '../hypervisor/libvirt/access.ts';
import { domainAddress } from '../hypervisor/libvirt/address.ts';
import { sideStateAt } from '../hypervisor/libvirt/domain/domain-state.ts';
import { isThisMachine } from '../hypervisor/libvirt/domain-process.ts';
import { LibvirtHypervisor } from '../hypervisor/libvirt/libvirt-hypervisor.ts';
import { EventHub } from '../hypervisor/libvirt/virsh/event-hub.ts';
import { initiatorHere } from '../journal/initiator.ts';
import type { JournalStore } from '../journal/journal-store.ts';
import type { takeLease } from '../migration/lease.ts';
import type { RunStore } from '../migration/run.ts';
import { HostWatcher } from './host-watcher.ts';
import { JournalKeeper } from './journal-keeper.ts';
import { releaseLeftBrakes } from './left-brakes.ts';
import type { Health } from './service-manager.ts';
import type { WatchLog } from './watch-log.ts';
import { probeWriting } from './write-probe.ts';

export interface WatcherParts {
  readonly uris: readonly string[];
  readonly config: Config;
  readonly store: RunStore & Pick<JournalStore, 'prune'>;
  readonly log: WatchLog;
  /** What it reaches the world by. Left out: this machine's virsh, its time, its disk and its leases. */
  readonly world?: WatchedWorld;
}

export interface WatchedWorld {
  readonly access: Access;
  readonly hub: EventHub;
  readonly takeLease: typeof takeLease;
  /** @throws {JournalError} when no journal can be written */
  probe(): Promise<void>;
}

export class Watcher {
  /** Holds for migrations that begin from now on. */
  config: Config;
  private readonly hosts: HostWatcher[];
  private readonly journals: JournalKeeper;
  private readonly uris: readonly string[];
  private readonly log: WatchLog;
  private readonly access: Access;

  constructor({ uris, config, store, log, world }: WatcherParts) {
    const { access, hub, probe } = world ?? {
      ...{ access: REAL_ACCESS, hub: new EventHub() },
      probe: async () => await probeWriting(store.place),
    };
    this.config = config;
    this.uris = uris;
    this.log = log;
    this.access = access;
    this.journals = new JournalKeeper({ store, log, probe, clock: access.clock });
    void this.journals.start();
    const initiator = initiatorHere();
    const hypervisor = new LibvirtHypervisor({ hub, access });
    if (uris.some(isThisMachine)) void releaseLeftBrakes({ initiator, log });
    this.hosts = uris.map(
      (uri) =>
        new HostWatcher({
          uri,
          hub,
          access,
          log,
          journals: this.journals,
          takeOverParts: () => ({
            ...{ hypervisor, access, store, initiator },
            ...(world && { takeLease: world.takeLease }),
            config: this.config,
            findDestination: async (uuid, name) => await this.findDestination(uri, uuid, name),
          }),
        }),
    );
  }

  health(): Health {
    const awakeMs = this.access.clock.awakeMs();
    const hosts = this.hosts.map((host) => host.health(awakeMs));
    const hanging = hosts.flatMap(({ hangs }) => hangs ?? []);
    return {
      words: hosts.map(({ words }) => words).join('; '),
      hangs: hanging.length === 0 ? undefined : hanging.join('; '),
    };
  }

  /** @param reason for the journals of what is under way */
  async close(reason: string): Promise<void> {
    this.journals.close();
    await Promise.all(this.hosts.map(async (host) => await host.close(reason)));
  }

  /** One of the other hosts, where that is where the domain goes: then its pause can be measured. */
  private async findDestination(source: string, uuid: string, name: string): Promise<string | undefined> {
    const others = this.uris.filter((uri) => uri !== source);
    const states = await Promise.all(
      others.map(async (uri) => await sideStateAt(uri, uuid, 'destination', this.access)),
    );
    const there = others[states.indexOf('incoming')];
    if (there !== undefined) return domainAddress(there, name);
    if (others.length > 0) {
      const odd = others
        .flatMap((uri, at) => (states[at] === 'gone' ? [] : `, ${uri} is ${states[at]}`))
        .join('');
      const sentence = `${name}: arrives at none of the other hosts that are followed${odd}: its pause is not measured`;
      this.log.say(sentence, { host: source, domain: name });
    }
    return undefined;
  }
}
