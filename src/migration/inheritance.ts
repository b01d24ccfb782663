/**
 * What a journal that was left unfinished, or owes settings, hands to the next controller. Pure, but for how marks and
 * addresses are compared.
 */
import type { FormerSettings, Inheritance, Side } from '../hypervisor/hypervisor.ts';
import { BEGUN_WITHIN_MS, isAmongMarks } from '../hypervisor/migration-mark.ts';
import { leftSettings, owedSettings } from '../journal/former-settings.ts';
import { isUnfinished } from '../journal/unfinished.ts';
import type { MigrationView } from '../journal/view.ts';
import { isDestinationOf, isSameAddress } from './address-side.ts';

/** What it changed and has to put back. */
export function formerOf(left: MigrationView | undefined): FormerSettings[] {
  return left ? settingsOf(left, owedSettings) : [];
}

function settingsOf(left: MigrationView, which: typeof owedSettings): FormerSettings[] {
  return (['source', 'destination'] as const).flatMap((side) => {
    const settings = which(left, side);
    if (!settings) return [];
    const { parameters, capabilities, made } = settings;
    return [{ side, parameters, capabilities, ...(made?.length ? { made } : {}) }];
  });
}

/** The two addresses of a migration. */
export interface Ends {
  readonly vm: string;
  readonly destination: string | undefined;
}

/**
 * What another migration of that VM has to put back. Settings are of a QEMU, not of a side: of one that goes the other
 * way, from the new host back, what was the destination's is the source's now.
 * So it takes over as well what stayed set at a side that the guest did not go to then.
 */
export function formerAt(left: MigrationView | undefined, ends: Ends): FormerSettings[] {
  if (!left) return [];
  return settingsOf(left, leftSettings).flatMap((each) => {
    const side = sideNow(left, each.side, ends);
    return side === undefined ? [] : [{ ...each, side }];
  });
}

/** A sentence for each end of what was left whose settings {@link formerAt} hands to nobody. */
export function notInherited(left: MigrationView, ends: Ends): string[] {
  return formerOf(left).flatMap(({ side, parameters, capabilities, made = [] }) => {
    if (sideNow(left, side, ends) !== undefined) return [];
    const at = side === 'source' ? left.vm : left.destination;
    const there = made.length > 0 ? `, and no object ${made.join(', ')}` : '';
    const former = `${JSON.stringify({ ...parameters, ...capabilities })}${there}`;
    return [
      `warning: ${left.id} did not put back what it had set at ${at}, which is no end of this migration: ${former}`,
    ];
  });
}

/** @returns on which side of the next migration that end is; undefined: on none */
function sideNow(left: MigrationView, side: Side, { vm, destination }: Ends): Side | undefined {
  const itsAddress = side === 'source' ? left.vm : left.destination;
  const isIt = (address: string | undefined) =>
    address !== undefined && itsAddress !== null && isSameAddress(itsAddress, address);
  if (isIt(vm)) return 'source';
  if (isIt(destination)) return 'destination';
  // The VM's UUID says that its source is where the VM was before, however that is written now, unless it has moved.
  return side === 'source' && !isDestinationOf(vm, left) ? 'source' : undefined;
}

/** Whether the journal is of the migration with that mark. Wall clocks say nothing of it. */
export function isOfMigration(left: MigrationView, mark: string): boolean {
  const marks = marksOf(left);
  // Told to begin, and never followed: whoever told it is gone.
  const isOnlyTold = left.origin === 'migrate' && marks.length === 1;
  return isAmongMarks(marks, mark, isOnlyTold ? BEGUN_WITHIN_MS : 0);
}

/** The mark of the migration that it followed; undefined where it did not come so far. */
export function markOf(left: MigrationView): string | undefined {
  return marksOf(left).at(-1);
}

function marksOf({ effects }: MigrationView): string[] {
  return effects.flatMap(({ set }) => (typeof set?.['mark'] === 'string' ? [set['mark']] : []));
}

/**
 * Whether a cancel of its controller's may have told the destination to wait, where nobody did at the start: an intent is
 * written before the act, and what came of that may not have been, nor whether it was told by one that came before.
 */
export function mayHaveFenced({ intents, destination }: MigrationView): boolean {
  return intents.some(({ intent }) => intent === 'fence' || (intent === 'cancel' && destination !== null));
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
  const isThis = isUnfinished(left) && isOfMigration(left, mark);
  const lastLimit = left.effects.flatMap(({ set }) =>
    typeof set?.['downtimeLimitMs'] === 'number' ? [set['downtimeLimitMs']] : [],
  );
  return {
    began: isThis && left.origin === 'migrate',
    destinationWaits: isThis && left.destinationWaits,
    mayHaveFenced: isThis && mayHaveFenced(left),
    encrypted: isThis ? (left.encrypted ?? undefined) : undefined,
    downtimeLimitMs: isThis ? lastLimit.at(-1) : undefined,
  };
}
