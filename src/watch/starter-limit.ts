/**
 * Whose the downtime limit is that a migration has when we come upon it. Pure.
 */
import type { Effect, MigrationView } from '../journal/view.ts';
import { QEMU_DEFAULT_DOWNTIME_MS } from '../model/qemu-constants.ts';
import type { Limits } from '../policy/policy.ts';

/** What a journal of schema 1 says where a limit was set; later ones have it as data. */
const OWN_EFFECT = /^migrate-setmaxdowntime (\d+)$/;

export type LimitOwner =
  | { readonly owner: 'nobody' }
  /** A watch before us set it and was ended; its limits go on. */
  | { readonly owner: 'us'; readonly limits: Limits }
  | { readonly owner: 'starter'; readonly downtimeMs: number };

/**
 * @param inForceMs the downtime limit of the migration; undefined where the hypervisor does not tell
 * @param left the journal of this migration that was left unfinished
 */
export function ownerOfLimit(inForceMs: number | undefined, left: MigrationView | undefined): LimitOwner {
  if (left && (inForceMs === lastSetBy(left) || lastSetBy(left) === undefined))
    return { owner: 'us', limits: left.limits };
  if (inForceMs === undefined || inForceMs === QEMU_DEFAULT_DOWNTIME_MS) return { owner: 'nobody' };
  return { owner: 'starter', downtimeMs: inForceMs };
}

/** The starter has said how long a pause may be: that holds in place of what is configured. */
export function withStarterLimit(limits: Limits, owner: LimitOwner): Limits {
  switch (owner.owner) {
    case 'nobody':
      return limits;
    case 'us':
      return {
        ...limits,
        downtimeMs: owner.limits.downtimeMs,
        maxDowntimeMs: owner.limits.maxDowntimeMs,
        overBudget: owner.limits.overBudget,
      };
    case 'starter':
      // Whoever has set it is about to do more: neither ended nor turned into post-copy under his hands.
      return {
        ...limits,
        downtimeMs: owner.downtimeMs,
        maxDowntimeMs: owner.downtimeMs,
        overBudget: 'leave',
      };
  }
}

function lastSetBy(view: MigrationView): number | undefined {
  return view.effects.map(limitSetBy).findLast((ms) => ms !== undefined);
}

function limitSetBy({ did, set }: Effect): number | undefined {
  if (set !== undefined) {
    const limitMs = set['downtimeLimitMs'];
    return typeof limitMs === 'number' ? limitMs : undefined;
  }
  const limit = OWN_EFFECT.exec(did)?.[1];
  return limit === undefined ? undefined : Number(limit);
}
