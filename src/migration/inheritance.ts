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

/** The mark of the migration that it followed; undefined where it did not come so far. */
export function markOf(left: MigrationView): string | undefined {
  const marks = left.effects.flatMap(({ set }) => (typeof set?.['mark'] === 'string' ? [set['mark']] : []));
  return marks.at(-1);
}

/**
 * @param mark of the migration that is found under way
 * @returns what it says of this migration; undefined where it is of another one
 */
export function inheritanceOf(left: MigrationView | undefined, mark: string): Inheritance | undefined {
  if (!left) return undefined;
  const itsMark = markOf(left);
  const isThis = itsMark !== undefined && isSameMark(itsMark, mark);
  const lastLimit = left.effects.flatMap(({ set }) =>
    typeof set?.['downtimeLimitMs'] === 'number' ? [set['downtimeLimitMs']] : [],
  );
  return {
    began: isThis && left.origin === 'migrate',
    destinationWaits: isThis && left.destinationWaits,
    former: formerOf(left),
    downtimeLimitMs: isThis ? lastLimit.at(-1) : undefined,
  };
}
