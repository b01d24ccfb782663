/** Supervises one migration for a command: journal, progress, signals, and the exit status at the end. */
import type { RunningMigration } from '../hypervisor/hypervisor.ts';
import { FolderJournals } from '../journal/folder/folder-journals.ts';
import { initiatorHere } from '../journal/initiator.ts';
import type { Opened } from '../journal/journal-entry.ts';
import { type JournalWriter, sinkOf } from '../journal/journal-store.ts';
import { Supervisor } from '../migration/supervisor.ts';
import type { Foreknowledge } from '../model/foreknowledge.ts';
import type { Limits, PolicyKind } from '../policy/policy.ts';
import { VERSION } from '../version.ts';
import { exitStatusOf } from './exit-status.ts';
import { beScheduledPromptly } from './priority.ts';
import type { Reporter } from './render/reporter.ts';

export interface FollowParts {
  readonly origin: Opened['origin'];
  readonly vm: string;
  readonly destination: string | undefined;
  readonly migrateUri: string | undefined;
  readonly kind: PolicyKind;
  readonly limits: Limits;
  readonly stateDir: string;
  readonly reporter: Reporter;
}

/** Opens the journal before anything is touched. @throws {JournalError} */
export async function openJournal(parts: FollowParts, guest: Opened['guest']): Promise<JournalWriter> {
  return await new FolderJournals(parts.stateDir).open(
    {
      switchoverVersion: VERSION,
      origin: parts.origin,
      vm: parts.vm,
      vmUuid: null,
      destination: parts.destination ?? null,
      migrateUri: parts.migrateUri ?? null,
      policy: parts.kind.name,
      limits: parts.limits,
      guest,
      initiator: initiatorHere(),
      reason: null,
      correlationId: null,
      continues: null,
      mark: null,
      destinationWaits: false,
    },
    (entry) => parts.reporter.take(entry),
  );
}

/** @returns the exit status */
export async function follow(
  migration: RunningMigration,
  parts: FollowParts,
  journal: JournalWriter,
  known?: Foreknowledge,
): Promise<number> {
  beScheduledPromptly();
  const supervisor = new Supervisor(migration, parts.kind, parts.limits, sinkOf(journal), known);
  const release = heedSignals(supervisor, parts.reporter);
  try {
    return exitStatusOf(await supervisor.run());
  } finally {
    release();
    await migration.detach();
    await journal.close();
  }
}

/** Once QEMU is told to cancel nothing can go on any more, so a second Ctrl-C needs a moment to come first. */
const SECOND_THOUGHT_MS = 1000;

/**
 * Ctrl-C cancels, a second one detaches. Being told to end by anybody else (SIGTERM, a closed terminal) only
 * detaches: the migration lives in QEMU, and losing us must not disturb it.
 */
function heedSignals(supervisor: Supervisor, reporter: Reporter): () => void {
  let cancelling: NodeJS.Timeout | undefined;
  const detach = () => {
    clearTimeout(cancelling);
    reporter.say('detaching: the migration goes on by itself; `switchover attach` takes it over again');
    void supervisor.detach();
  };
  const onInterrupt = () => {
    if (cancelling) return detach();
    reporter.say(
      'cancelling, the guest stays on the source (Ctrl-C again within a second: detach and let it go on)',
    );
    cancelling = setTimeout(() => supervisor.cancel('cancelled by Ctrl-C'), SECOND_THOUGHT_MS);
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', detach);
  process.on('SIGHUP', detach);
  return () => {
    clearTimeout(cancelling);
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', detach);
    process.off('SIGHUP', detach);
  };
}
