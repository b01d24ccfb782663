/**
 * Migrations of a drain that another service on the same database drives: the stream of this one does not tell of them, so they
 * are asked for as long as the drain is looked at.
 */
import { signal } from '@preact/signals';
import type { MigrationSummary } from './api-types.ts';
import { getMigration } from './client.ts';
import type { DrainVm } from './drain-types.ts';
import type { Fleet } from './model/fleet.ts';
import { fleet } from './store.ts';

const known = signal<Fleet>(new Map());
/** In one round: those that have moved are looked at later, and only once. */
const MOST_AT_ONCE = 8;

/** Of this service, or of another one. */
export function migrationOf({ migration: id }: Pick<DrainVm, 'migration'>): MigrationSummary | undefined {
  return id === null ? undefined : (fleet.value.get(id) ?? known.value.get(id));
}

/** Those of them that this service does not tell of, and that are not over. @throws {ApiError} */
export async function lookElsewhere(vms: readonly DrainVm[]): Promise<void> {
  const asked = vms
    .filter((vm) => vm.migration !== null && !fleet.value.has(vm.migration) && !migrationOf(vm)?.final)
    .toSorted((a, b) => Number(b.state === 'moving') - Number(a.state === 'moving'))
    .slice(0, MOST_AT_ONCE)
    .flatMap(({ migration }) => migration ?? []);
  const told = await Promise.all(asked.map(getMigration));
  if (told.length > 0)
    known.value = new Map([...known.value, ...told.map((each) => [each.id, each] as const)]);
}

export function forgetElsewhere(): void {
  known.value = new Map();
}
