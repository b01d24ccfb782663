/** What QEMU's words for the status of a migration mean (MigrationStatus in qapi/migration.json, to 11.1). Pure. */

/** What each means to whoever decides where the guest may run. */
type Meaning =
  /** No migration, or one that is over. */
  | 'over'
  /** Under way; the source has the guest, or takes it back where it fails. */
  | 'source-has-it'
  /**
   * Post-copy, and the destination still loads the devices: it has not all of the memory, and the source takes the guest
   * back where it fails.
   */
  | 'destination-loads'
  /** Post-copy: the source does not take the guest back any more, and has memory that the destination has not. */
  | 'on-both-sides'
  /** The same, and its stream is lost. */
  | 'on-both-sides-paused'
  /** The same, over a stream that is being made anew. */
  | 'on-both-sides-recovering';

const MEANINGS = {
  none: 'over',
  setup: 'source-has-it',
  cancelling: 'source-has-it',
  cancelled: 'over',
  active: 'source-has-it',
  /** Since 10.2. */
  'postcopy-device': 'destination-loads',
  'postcopy-active': 'on-both-sides',
  'postcopy-paused': 'on-both-sides-paused',
  /** Since 9.1. */
  'postcopy-recover-setup': 'on-both-sides-recovering',
  'postcopy-recover': 'on-both-sides-recovering',
  completed: 'over',
  /** Before `failed`, in which the source takes the guest back; newer than 10.2. */
  failing: 'source-has-it',
  failed: 'over',
  colo: 'source-has-it',
  'pre-switchover': 'source-has-it',
  device: 'source-has-it',
  'wait-unplug': 'source-has-it',
} as const satisfies Record<string, Meaning>;

export type MigrationStatus = keyof typeof MEANINGS;

export const MIGRATION_STATUSES = Object.keys(MEANINGS) as MigrationStatus[];

/** A word of a QEMU to come is taken for the one of its kind that allows the least. */
function meaningOf(status: string): Meaning {
  if (Object.hasOwn(MEANINGS, status)) return MEANINGS[status as MigrationStatus];
  return status.startsWith('postcopy') ? 'destination-loads' : 'source-has-it';
}

/** QEMU refuses another migration meanwhile. Undefined: it has never migrated. */
export function isUnderWay(status: string | undefined): boolean {
  return status !== undefined && meaningOf(status) !== 'over';
}

/** The destination may hold the guest without all of its memory. */
export function isPostCopy(status: string | undefined): boolean {
  return status !== undefined && !['over', 'source-has-it'].includes(meaningOf(status));
}

/** In post-copy, and the source does not take the guest back whatever becomes of it: the destination may run it. */
export function sourceLetGo(status: string | undefined): boolean {
  return status !== undefined && meaningOf(status).startsWith('on-both-sides');
}

/** Post-copy whose stream is lost, and of which QEMU knows it. */
export function isPaused(status: string): boolean {
  return meaningOf(status) === 'on-both-sides-paused';
}

/** Post-copy that is on its way out of a pause, or back into it. */
export function isRecovering(status: string): boolean {
  return meaningOf(status) === 'on-both-sides-recovering';
}
