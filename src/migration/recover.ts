/** Where the rest of a post-copy goes whose stream is lost: as the user says, or as the journal says that it went before. */
import { NotBegunError, RefusedError, type RunningMigration } from '../hypervisor/hypervisor.ts';
import type { MigrationView } from '../journal/view.ts';
import { wordsOf } from './cancelling.ts';

export interface RecoverWish {
  /** As the source sees the destination; undefined: as the journal says. */
  readonly migrateUri: string | undefined;
  /** As the destination binds it, where that differs. */
  readonly listenUri: string | undefined;
}

export interface Recovery {
  readonly migrateUri: string;
  readonly listenUri: string | undefined;
}

/** A journal's word is not the user's: it may name no program to run. */
const OF_A_JOURNAL = /^(?:tcp|unix):/;

/** @throws {RefusedError} before anything was touched */
export function recoveryOf(
  wish: RecoverWish,
  left: MigrationView | undefined,
  destination: string | undefined,
): Recovery {
  if (destination === undefined)
    throw new RefusedError(
      'unreachable',
      'post-copy is recovered at both ends: name the destination with --to qmp:SOCKET',
    );
  const before = left?.migrateUri ?? '';
  const migrateUri = wish.migrateUri ?? (OF_A_JOURNAL.test(before) ? before : undefined);
  if (migrateUri === undefined)
    throw new RefusedError(
      'bad-migrate-uri',
      'no journal says where the memory went: say where the destination is to listen for the rest, like --migrate-uri tcp:10.77.0.2:4444',
    );
  return { migrateUri, listenUri: wish.listenUri };
}

/** @returns what was done @throws {NotBegunError} where it was not, and the migration was let go of */
export async function recoverIt(migration: RunningMigration, recovery: Recovery): Promise<string> {
  try {
    if (!migration.recover)
      throw new Error('libvirt recovers post-copy itself: type `virsh migrate --postcopy-resume`');
    return (await migration.recover(recovery)).did;
  } catch (error) {
    await migration.detach();
    throw new NotBegunError(`post-copy was not recovered: ${wordsOf(error)}`, { cause: error });
  }
}
