/** Looks at a VM of a libvirt host as a plan does: a probe that samples its pages, and a rehearsal of its move. */
import type { Config } from '../config/config.ts';
import type { CalmLook } from '../drain/facts.ts';
import { type Access, REAL_ACCESS } from '../hypervisor/libvirt/access.ts';
import { domainAddress } from '../hypervisor/libvirt/address.ts';
import { lookUpDomain } from '../hypervisor/libvirt/domain/domain.ts';
import { LibvirtHypervisor } from '../hypervisor/libvirt/libvirt-hypervisor.ts';
import { foresee } from '../migration/foresee.ts';
import type { RunStore } from '../migration/run.ts';
import { planOf } from '../plan/plan.ts';
import { calmLookOf, whyUnknown } from './calm-look.ts';
import type { CalmLooker, LookWish } from './calm-waits.ts';
import { vmSettingsOf } from './drain-settings.ts';
import { obstaclesOf } from './obstacles.ts';

interface LookerParts {
  readonly store: RunStore;
  config(): Config;
  /** By what hosts are reached. Left out: really. */
  readonly access?: Access;
}

/** libvirt probes in whole seconds. */
const PROBES_MS = [1000, 3000];

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
    const { name, state } = facts;
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
    const { known, probeRefusal } = await foresee(
      this.hypervisor,
      { guest: facts, destination, cap: limits.bandwidthBytesPerSecond },
      this.parts.store,
      { probesMs: PROBES_MS, resident: true },
    );
    const migrant = { running: state === 'running', manager: 'libvirt' as const };
    const plan = await planOf({ known, migrant, kind, limits, others: [] });
    return calmLookOf(plan, limits, whyUnknown(plan, probeRefusal));
  }
}
