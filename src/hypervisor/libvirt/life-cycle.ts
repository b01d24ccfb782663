/** libvirt's words for what became of a domain (`virsh event`, lifecycle), as what they mean for a migration. Pure. */
import { entryOf } from './entry-of.ts';

export type SourceChange =
  | { readonly kind: 'stopped' }
  /** Stopped, and not by the migration. */
  | { readonly kind: 'held'; readonly by: string }
  | { readonly kind: 'post-copy'; readonly status: 'postcopy-active' | 'postcopy-paused' }
  | { readonly kind: 'resumed' }
  | { readonly kind: 'handed-over' }
  | { readonly kind: 'guest-ended'; readonly words: string }
  | { readonly kind: 'nothing' };

/**
 * `Suspended`, by its detail. A `virsh suspend` in the middle of a migration is `Migrated` too (11.3, tried; its
 * state is `paused (migrating)`), so that word may still turn out to be somebody's.
 */
const HOLDERS: Record<string, string> = {
  Paused: 'an operator',
  'I/O Error': 'an I/O error',
  Watchdog: "the guest's watchdog",
  Snapshot: 'a snapshot',
  Restored: 'a restore',
  'API error': 'an error of libvirt',
};

/** Only a guest that runs does: where it is said, nobody else has it. */
export const SHUT_ITSELF_DOWN = 'the guest shut itself down';

const ENDS: Record<string, string> = {
  Shutdown: SHUT_ITSELF_DOWN,
  Destroyed: 'the guest was destroyed',
  Crashed: "the guest's QEMU crashed",
  Failed: "the guest's QEMU ended",
  Saved: 'the guest was saved to disk',
  Snapshot: 'the guest was stopped by a snapshot',
};

export function sourceChange(change: string, detail: string): SourceChange {
  switch (change) {
    case 'Suspended': {
      if (detail === 'Post-copy Error') return { kind: 'post-copy', status: 'postcopy-paused' };
      if (detail.startsWith('Post-copy')) return { kind: 'post-copy', status: 'postcopy-active' };
      const by = entryOf(HOLDERS, detail);
      return by === undefined ? { kind: 'stopped' } : { kind: 'held', by };
    }
    case 'Resumed':
      return { kind: 'resumed' };
    case 'Stopped':
      return detail === 'Migrated' ? { kind: 'handed-over' } : guestEnded(detail);
    default:
      return { kind: 'nothing' };
  }
}

export type DestinationChange = Extract<SourceChange, { kind: 'resumed' | 'guest-ended' | 'nothing' }>;

export function destinationChange(change: string, detail: string): DestinationChange {
  if (change === 'Resumed') return { kind: 'resumed' };
  return change === 'Stopped' ? guestEnded(detail) : { kind: 'nothing' };
}

function guestEnded(detail: string): { kind: 'guest-ended'; words: string } {
  return { kind: 'guest-ended', words: entryOf(ENDS, detail) ?? `libvirt stopped the guest (${detail})` };
}
