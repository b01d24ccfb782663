/** Looks at a VM of a libvirt host as a plan does: a probe that samples its pages, and a rehearsal of its move. */
import type { Config } from '../config/config.ts';
import type { CalmLook } from '../drain/facts.ts';
import { type Access, REAL_ACCESS } from '../hypervisor/libvirt/access.ts';
import { domainAddress } from '../hypervisor/libvirt/address.ts';
import { lookUpDomain } from '../hypervisor/libvirt/domain/domain.ts';
import { LibvirtHypervisor } from '../hypervisor/libvirt/libvirt-hypervisor.ts';
import type { RunStore } from '../migration/run.ts';
import type { CalmLooker, LookWish } from './calm-waits.ts';
import { vmSettingsOf } from './drain-settings.ts';
import { lookAtVm } from './look-at-vm.ts';
import { obstaclesOf } from './obstacles.ts';

interface LookerParts {
  readonly store: RunStore;
  config(): Config;
  /** By what hosts are reached. Left out: really. */
  readonly access?: Access;
}

export class LibvirtCalmLooker implements CalmLooker {
  private readonly parts: LookerParts;
  private readonly access: Access;
  private readonly hypervisor: LibvirtHypervisor;

  constructor(parts: LookerParts) {
    this.parts = parts;
    this.access = parts.access ?? REAL_ACCESS;
    this.hypervisor = new LibvirtHypervisor({ access: this.access });
  }

  /** @throws {RefusedError} where it cannot be looked at now */
  async look({ vm, source, to, settings, stated }: LookWish): Promise<CalmLook> {
    const { facts, description } = await lookUpDomain(domainAddress(source, vm), false, this.access);
    const { metadata, metadataNamespaces } = description;
    const { name } = facts;
    const [obstacle] = obstaclesOf({ facts, metadataNamespaces });
    // Whoever starts it finds the same, and says what is to be done.
    if (obstacle)
      return { is: 'unknown', words: obstacle.words, passes: obstacle.code === 'already-migrating' };
    const domain = metadata === undefined ? { name } : { name, metadata };
    const { limits, kind } = vmSettingsOf(this.parts.config(), domain, settings, stated);
    const destination = {
      ...{ vm: domainAddress(to.uri, name), peerUri: to.uri },
      ...{ migrateUri: to.migrateUri, listenUri: undefined },
    };
    return await lookAtVm(this.hypervisor, this.parts.store, { guest: facts, destination, kind, limits });
  }
}
