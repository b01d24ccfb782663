/** What a journal that was left unfinished hands to the next controller. Pure, but for how marks and addresses are compared. */
import type { FormerSettings, Inheritance } from '../hypervisor/hypervisor.ts';
import { isSameMark } from '../hypervisor/migration-mark.ts';
import { formerSettings } from '../journal/former-settings.ts';
import type { MigrationView } from '../journal/view.ts';
import { isDestinationOf, isSameAddress } from './address-side.ts';

/** What it changed and did not put back. */
export function formerOf(left: MigrationView | undefined): FormerSettings[] {
  if (!left) return [];
  return (['source', 'destination'] as const).flatMap((side) => {
    const settings = formerSettings(left, side);
    if (!settings) return [];
    return [{ side, parameters: settings.parameters, capabilities: settings.capabilities }];
  });
}

/** The two ends of another migration of that VM, by their addresses. */
export interface Ends {
  readonly source: string;
  readonly destination: string | undefined;
}

/**
 * What another migration of that VM has to put back, each value at the address where it was found. The VM's UUID says that
 * its source is where the VM was before, unless that is the address it went to; a destination is chosen anew each time.
 */
export function formerFor(left: MigrationView | undefined, ends: Ends): FormerSettings[] {
  if (!left) return [];
  const hasMoved = isDestinationOf(ends.source, left);
  return formerOf(left).flatMap((former): FormerSettings[] => {
    if (hasMoved) return former.side === 'destination' ? [{ ...former, side: 'source' }] : [];
    if (former.side === 'source') return [former];
    const isThere = [left.destination, ends.destination].every((each) => typeof each === 'string');
    return isThere && isSameAddress(left.destination ?? '', ends.destination ?? '') ? [former] : [];
  });
}

/** A sentence for each end of what was left whose settings {@link formerFor} hands to nobody. */
export function notInherited(left: MigrationView, ends: Ends): string[] {
  const heirs = formerFor(left, ends).map(({ side }) =>
    isDestinationOf(ends.source, left) && side === 'source' ? 'destination' : side,
  );
  return formerOf(left).flatMap(({ side, parameters, capabilities }) => {
    if (heirs.includes(side)) return [];
    const at = side === 'source' ? left.vm : left.destination;
    const former = JSON.stringify({ ...parameters, ...capabilities });
    return [
      `warning: ${left.id} did not put back what it had set at ${at}, which is no end of this migration: ${former}`,
    ];
  });
}

/** The mark of the migration that it followed; undefined where it did not come so far. */
export function markOf(left: MigrationView): string | undefined {
  const marks = left.effects.flatMap(({ set }) => (typeof set?.['mark'] === 'string' ? [set['mark']] : []));
  return marks.at(-1);
}

/**
 * @param mark of the migration that is found under way between these ends
 * @returns what it says of this migration; undefined where there is no journal
 */
export function inheritanceOf(
  left: MigrationView | undefined,
  mark: string,
  ends: Ends,
): Inheritance | undefined {
  if (!left) return undefined;
  const itsMark = markOf(left);
  const isThis = itsMark !== undefined && isSameMark(itsMark, mark) && !isDestinationOf(ends.source, left);
  const lastLimit = left.effects.flatMap(({ set }) =>
    typeof set?.['downtimeLimitMs'] === 'number' ? [set['downtimeLimitMs']] : [],
  );
  return {
    began: isThis && left.origin === 'migrate',
    destinationWaits: isThis && left.destinationWaits,
    former: isThis ? formerOf(left) : formerFor(left, ends),
    downtimeLimitMs: isThis ? lastLimit.at(-1) : undefined,
  };
}
