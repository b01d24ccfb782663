/** Supervises one migration for a command: journal, progress, signals, and the exit status at the end. */
import type { RunningMigration } from '../hypervisor/hypervisor.ts';
import type { Happening } from '../journal/journal-entry.ts';
import { newMigrationId } from '../journal/journal-file.ts';
import { Recorder } from '../journal/recorder.ts';
import { Supervisor } from '../migration/supervisor.ts';
import type { Foreknowledge } from '../model/foreknowledge.ts';
import type { Limits, PolicyKind } from '../policy/policy.ts';
import { VERSION } from '../version.ts';
import { exitStatusOf } from './exit-status.ts';
import { beScheduledPromptly } from './priority.ts';
import type { Reporter } from './render/reporter.ts';

type Opening = Extract<Happening, { type: 'opened' }>;

export interface FollowParts {
  readonly origin: Opening['origin'];
  readonly vm: string;
  readonly destination: string | undefined;
  readonly migrateUri: string | undefined;
  readonly kind: PolicyKind;
  readonly limits: Limits;
  readonly stateDir: string;
  readonly reporter: Reporter;
}

/** Opens the journal before anything is touched. @throws {JournalError} */
export function openJournal(parts: FollowParts, guest: Opening['guest']): Recorder {
  return Recorder.open(
    parts.stateDir,
    {
      type: 'opened',
      id: newMigrationId(guest.name),
      switchoverVersion: VERSION,
      origin: parts.origin,
      vm: parts.vm,
      destination: parts.destination ?? null,
      migrateUri: parts.migrateUri ?? null,
      policy: parts.kind.name,
      limits: parts.limits,
      guest,
    },
    (entry) => parts.reporter.take(entry),
  );
}

/** @returns the exit status */
export async function follow(
  migration: RunningMigration,
  parts: FollowParts,
  recorder: Recorder,
  known?: Foreknowledge,
): Promise<number> {
  beScheduledPromptly();
  const supervisor = new Supervisor(migration, parts.kind, parts.limits, recorder, known);
  const release = heedSignals(supervisor, parts.reporter);
  try {
    return exitStatusOf(await supervisor.run());
  } finally {
    release();
    await migration.detach();
    recorder.close();
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
