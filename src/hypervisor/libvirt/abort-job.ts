/** Ends the job of a migration, so that the guest goes on at the source. */
import type { Clock } from '../clock.ts';
import { type Effect, TooLateError } from '../hypervisor.ts';
import type { DomainSide } from './domain-side.ts';
import { VirshError } from './virsh/virsh.ts';

/** Before our virsh has come to libvirtd there is nothing to abort yet. */
const RETRY_MS = 100;
const RETRIES = 50;

export interface AbortParts {
  readonly clock: Clock;
  readonly source: Pick<DomainSide, 'act' | 'look'>;
  /** Our virsh is on its way to libvirtd. */
  isBeginning(): boolean;
  /** @throws {Error} when there is nothing to cancel any more @throws {TooLateError} */
  assertCancellable(): void;
}

/**
 * Waits only for our own virsh; the tries of an abort that fails are the supervisor's.
 * @throws {TooLateError} only where libvirt has no such job any more and the source says that it handed the guest over
 */
export async function abortJob({ clock, source, ...migration }: AbortParts): Promise<Effect> {
  for (let attempt = 1; ; attempt += 1) {
    migration.assertCancellable();
    try {
      return await source.act('domjobabort');
    } catch (error) {
      if (!(error instanceof VirshError && /no job is active|not running/.test(error.message))) throw error;
      if (!migration.isBeginning() || attempt >= RETRIES) throw await nothingToAbort(source);
      await clock.sleep(RETRY_MS);
    }
  }
}

async function nothingToAbort(source: Pick<DomainSide, 'look'>): Promise<Error> {
  const { state } = await source.look();
  return state === 'handed-over'
    ? new TooLateError('libvirt has no job of it any more, and the source has handed the guest over')
    : new Error(`libvirt has no job of it that could be aborted, and the source says ${state}`);
}
