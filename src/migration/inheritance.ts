/** What a journal that was left unfinished hands to the next controller. Pure, but for the marks' comparison. */
import type { FormerSettings, Inheritance } from '../hypervisor/hypervisor.ts';
import { isSameMark } from '../hypervisor/migration-mark.ts';
import { formerSettings } from '../journal/former-settings.ts';
import type { MigrationView } from '../journal/view.ts';

/** What it changed and did not put back. */
export function formerOf(left: MigrationView | undefined): FormerSettings[] {
  if (!left) return [];
  return (['source', 'destination'] as const).flatMap((side) => {
    const settings = formerSettings(left, side);
    if (!settings) return [];
    return [{ side, parameters: settings.parameters, capabilities: settings.capabilities }];
  });
}

/** The two addresses of a migration. */
export interface Ends {
  readonly vm: string;
  readonly destination: string | undefined;
}

/**
 * The same, for the two ends of the migration that comes next. Settings are of a QEMU, not of a side: of one that goes
 * the other way, from the new host back, what was the destination's is the source's now.
 */
export function formerAt(left: MigrationView | undefined, { vm, destination }: Ends): FormerSettings[] {
  const former = formerOf(left);
  if (!left) return former;
  return former.flatMap((each) => {
    const itsAddress = each.side === 'source' ? left.vm : left.destination;
    if (itsAddress === vm) return [{ ...each, side: 'source' as const }];
    if (itsAddress === destination) return [{ ...each, side: 'destination' as const }];
    // One end may be written in another way than then; what is known to be the other end is not it.
    const isOther = each.side === 'source' ? vm === left.destination : destination === left.vm;
    return isOther ? [] : [each];
  });
}

/** Whether that address is the one to which the migration of this journal went. */
export function isDestinationOf(left: MigrationView, vm: string): boolean {
  return left.destination === vm && left.vm !== vm;
}

/** Whether the journal is of the migration with that mark. Wall clocks say nothing of it. */
export function isOfMigration(left: MigrationView, mark: string): boolean {
  const itsMark = markOf(left);
  return itsMark !== undefined && isSameMark(itsMark, mark);
}

/** The mark of the migration that it followed; undefined where it did not come so far. */
export function markOf(left: MigrationView): string | undefined {
  const marks = left.effects.flatMap(({ set }) => (typeof set?.['mark'] === 'string' ? [set['mark']] : []));
  return marks.at(-1);
}

/**
 * @param mark of the migration that is found under way
 * @returns what it says of this migration; what is still to be put back aside, see {@link formerAt}
 */
export function inheritanceOf(
  left: MigrationView | undefined,
  mark: string,
): Omit<Inheritance, 'former'> | undefined {
  if (!left) return undefined;
  const isThis = isOfMigration(left, mark);
  const lastLimit = left.effects.flatMap(({ set }) =>
    typeof set?.['downtimeLimitMs'] === 'number' ? [set['downtimeLimitMs']] : [],
  );
  return {
    began: isThis && left.origin === 'migrate',
    destinationWaits: isThis && left.destinationWaits,
    downtimeLimitMs: isThis ? lastLimit.at(-1) : undefined,
  };
}
