/** The drains of a database, as a service tells and changes them on libvirt hosts. Loaded where there is one only. */
import path from 'node:path';
import type { Config } from '../../config/config.ts';
import type { DrainHosts } from '../../fleet/drain-hosts.ts';
import { LibvirtHosts } from '../../fleet/libvirt-hosts.ts';
import { LibvirtHypervisor } from '../../hypervisor/libvirt/libvirt-hypervisor.ts';
import { initiatorHere } from '../../journal/initiator.ts';
import type { JournalStore } from '../../journal/journal-store.ts';
import type { StoreChoice } from '../../postgres/open-store.ts';
import type { Host } from '../hosts.ts';
import type { LiveMigrations } from '../live-migrations.ts';
import type { Migrations } from '../migrations.ts';
import { rememberingJournals } from '../remembered-journals.ts';
import { StartedKeys } from '../started-keys.ts';
import { DrainFeeds } from './drain-feed.ts';
import type { PlanDrain } from './drain-plans.ts';
import type { DrainParts } from './drain-routes.ts';
import { Drains } from './drains.ts';
import { FleetStore } from './fleet-store.ts';
import { libvirtDrainPlan } from './libvirt-drain-plan.ts';

export interface DrainsOf {
  readonly choice: StoreChoice;
  readonly stateDir: string;
  config(): Config;
  /** That the service follows. */
  readonly known: readonly string[];
  /** Left out: those of libvirt. */
  readonly hosts?: Pick<DrainHosts, 'look'>;
  readonly plan?: PlanDrain;
}

/** What a service has beside that. */
export interface ServiceAround {
  readonly live: LiveMigrations;
  readonly store: JournalStore;
  readonly migrations: Migrations;
}

export interface OpenedDrains extends DrainParts, AsyncDisposable {
  /** Of a demonstration: they are not among those that the service follows. */
  hosts?(): Host[];
}

/** Connects with the first request. */
export function openDrains(of: DrainsOf, { live, store: journals, migrations }: ServiceAround): OpenedDrains {
  const { choice, stateDir, config, known, hosts = new LibvirtHosts() } = of;
  const store = new FleetStore(choice);
  const plan =
    of.plan ??
    libvirtDrainPlan({
      hypervisor: new LibvirtHypervisor(),
      store: rememberingJournals(journals),
      ...{ config, hosts: known },
    });
  const drains = new Drains({ store, hosts, live, migrations, plan, config, known });
  const feeds = new DrainFeeds(drains);
  return {
    ...{ drains, feeds, requestedBy },
    keys: new StartedKeys(path.join(stateDir, 'started-drains.jsonl')),
    async [Symbol.asyncDispose]() {
      await feeds[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

function requestedBy(name: string): string {
  const { user, host } = initiatorHere();
  return name === 'local' ? `${user} on ${host}` : name;
}
