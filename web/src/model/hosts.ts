/** The hosts and their guests, as they were told last, with the migrations as they are now. */
import type { Host, HostedVm, MigrationSummary } from '../api-types.ts';
import type { Fleet } from './fleet.ts';
import { hostOf } from './words.ts';

export interface ShownVm extends HostedVm {
  /** The one that goes on. */
  readonly of: MigrationSummary | undefined;
}

export interface ShownHost {
  readonly host: string;
  readonly problem: string | null;
  readonly cordon: Host['cordon'];
  readonly drain: string | null;
  readonly vms: readonly ShownVm[];
  /** Of all its guests, found or not. */
  readonly count: number;
  readonly migrating: number;
  /** Undefined: of one at least it is not known. */
  readonly memoryBytes: number | undefined;
}

/** @param q part of a guest's or a host's name; a host without any such guest is left out */
export function shownHosts(hosts: readonly Host[], fleet: Fleet, q: string): ShownHost[] {
  const running = [...fleet.values()].filter(({ final }) => !final);
  const wanted = q.trim().toLowerCase();
  return hosts.flatMap(({ host, problem, cordon, drain, vms }) => {
    const all = vms.map((vm) => ({ ...vm, of: migrationOf(vm, host, running) }));
    const isWanted = hostOf(host).toLowerCase().includes(wanted);
    const found = isWanted ? all : all.filter(({ name }) => name.toLowerCase().includes(wanted));
    if (found.length === 0 && !isWanted) return [];
    return [
      {
        ...{ host, problem, cordon, drain, vms: found, count: all.length },
        migrating: all.filter(({ of }) => of !== undefined).length,
        memoryBytes: sum(all.map(({ memoryBytes }) => memoryBytes)),
      },
    ];
  });
}

/** Hosts are asked every few seconds, migrations tell each change: these are newer. A guest that arrives has its UUID there too. */
function migrationOf(
  vm: HostedVm,
  host: string,
  running: readonly MigrationSummary[],
): MigrationSummary | undefined {
  return running.find(
    ({ id, vmUuid, source }) =>
      id === vm.migration || (vm.uuid !== null && vmUuid === vm.uuid && source.startsWith(host)),
  );
}

function sum(all: readonly (number | null)[]): number | undefined {
  return all.includes(null) ? undefined : all.reduce<number>((total, each) => total + (each ?? 0), 0);
}

/** Where a guest may go to: every other host. */
export function destinationsFrom(hosts: readonly Host[], source: string): string[] {
  return hosts.map(({ host }) => host).filter((host) => host !== source);
}
