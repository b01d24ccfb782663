/**
 * One migration as everything above knows it, however it came about: begun, taken over or resumed. The only caller of
 * the supervisor and of the journals' store, for the command line, `watch`, the simulator, the service and the fleet.
 *
 * The order is what makes it safe: look at both ends, take the VM's lease (S6), open the journal, and only then
 * change anything, each setting's former value written down first (S5). Whatever happens afterwards, the journal is
 * closed, the lease released and the hypervisor let go of.
 */
import {
  type Claim,
  type FormerSettings,
  type GuestFacts,
  type Hypervisor,
  NotBegunError,
  RefusedError,
  type RunningMigration,
  type Side,
} from '../hypervisor/hypervisor.ts';
import { isSameMark } from '../hypervisor/migration-mark.ts';
import type { Initiator } from '../journal/initiator.ts';
import type { JournalEntry } from '../journal/journal-entry.ts';
import { type JournalStore, type JournalWriter, type NewOpening, sinkOf } from '../journal/journal-store.ts';
import type { MigrationView } from '../journal/view.ts';
import type { Foreknowledge } from '../model/foreknowledge.ts';
import type { MeasuredBoundary } from '../model/observation.ts';
import type { ChangedLimits, Limits, PolicyKind } from '../policy/policy.ts';
import { VERSION } from '../version.ts';
import { type Lease, takeLease } from './lease.ts';
import type { OtherHand } from './other-hand.ts';
import type { Outcome } from './outcome.ts';
import { type Cancelled, type CapChange, Supervisor } from './supervisor.ts';

/** What runs ask of a store of journals. */
export type RunStore = Pick<
  JournalStore,
  'place' | 'open' | 'reopen' | 'read' | 'list' | 'unfinishedOf' | 'owingOf'
>;

/** What every run needs, however it comes about. */
export interface RunParts {
  readonly hypervisor: Hypervisor;
  readonly store: RunStore;
  readonly initiator: Initiator;
  /** Takes the VM's lease. Left out: of this machine's kernel. */
  readonly takeLease?: typeof takeLease;
  /** Hears every entry of the journal as it is written. */
  show?(entry: JournalEntry, id: string): void;
  /** Hears of a journal that is gone on with, and what it holds, before its next entry. */
  goesOn?(left: MigrationView): void;
  /** Hears what is worth knowing before there is a journal, a sentence each. */
  say?(sentence: string): void;
}

/** What is said of a migration by the one who wants it. */
export interface RunWish {
  /** The VM's address. */
  readonly vm: string;
  readonly kind: PolicyKind;
  readonly limits: Limits;
  /** Why, in the initiator's words. */
  readonly reason?: string | undefined;
  readonly correlationId?: string | undefined;
}

export interface Run {
  readonly id: string;
  /** Settles once the migration is followed, or is over without that. Never rejects. */
  readonly begun: Promise<void>;
  /** How it ended. @throws {RefusedError} where it was refused before anything was touched */
  readonly outcome: Promise<Outcome>;
  /** Settles when it is known what became of the wish. */
  cancel(reason: string): Promise<Cancelled>;
  /**
   * Lets go: the migration goes on without us. A cancel that is under way is carried to its end first.
   * @param reason why, for the journal, like `detached on SIGTERM`
   */
  detach(reason?: string): Promise<void>;
  /** New limits while it runs. @param reason why, for the journal @returns false where it has not begun yet */
  setLimits(changes: ChangedLimits, reason?: string): boolean;
  /**
   * Passes are capped so from now on. @param bytesPerSecond undefined: not @param reason why, for the journal
   * @returns once that holds, or cannot
   */
  setPassCap(bytesPerSecond: number | undefined, reason?: string): Promise<CapChange>;
  /** As soon as the rest fits the longest pause that is allowed. @returns false where it copies no more, or not yet */
  switchOver(reason: string): boolean;
  /** All that the journal holds from that number on, then what follows, to the end. */
  entries(fromSeq?: number): AsyncIterable<JournalEntry>;
}

/** A run whose journal is open and whose lease is taken; the rest follows from it. */
interface Opened {
  /** Where the journal is kept, for a sentence. */
  readonly place: string;
  readonly wish: RunWish;
  readonly lease: Lease;
  /** Left out where the hypervisor needs none. */
  readonly claim?: Claim | undefined;
  readonly journal: JournalWriter;
  readonly known?: Foreknowledge | undefined;
  readonly past?: readonly MeasuredBoundary[];
  /** Who else may set its limit. Left out: whatever somebody sets stays so. */
  readonly otherHand?: OtherHand | undefined;
  /** There is a migration already, which a refusal leaves as it is. */
  readonly takesOver?: boolean;
}

/** What a start, or an attach, has to wait for before it changes anything. */
export interface Hold {
  /** Writes settings down, safely. @throws {NotBegunError} where that fails */
  remember(former: FormerSettings): Promise<void>;
  /** The last word before it begins. @throws {NotBegunError} where it is not to begin */
  begins(mark: string): Promise<void>;
}

/**
 * @param begin makes the migration: starts it or takes it over. What it is handed writes settings down, safely, before
 * they are changed. @throws {RefusedError} when nothing was touched
 */
export function runFrom(opened: Opened, begin: (hold: Hold) => Promise<RunningMigration | Outcome>): Run {
  const { journal, lease, claim, wish, place, known, past, otherHand, takesOver } = opened;
  let supervisor: Supervisor | undefined;
  const begun = Promise.withResolvers<void>();
  /** What was wished before there was anything to do it to. */
  let early:
    | { readonly kind: 'cancel'; readonly reason: string }
    | { readonly kind: 'detach'; readonly reason: string | undefined }
    | undefined;

  const remember = async ({ side, ...settings }: FormerSettings): Promise<void> => {
    journal.append(0, { type: 'before', side, settings });
    if (!(await journal.flush()))
      throw new NotBegunError(
        `the ${side}'s former settings could not be written to ${place}: make room, then try again`,
      );
  };

  const begins = async (mark: string): Promise<void> => {
    if (early)
      throw new NotBegunError(early.kind === 'cancel' ? early.reason : 'let go of before it began', {
        wished: true,
      });
    journal.append(0, { type: 'effect', did: `migrates ${wish.vm}`, set: { mark } });
    if (!(await journal.flush()))
      throw new NotBegunError(`nothing could be written to ${place}: make room, then try again`);
  };

  const follow = async (migration: RunningMigration): Promise<Outcome> => {
    let written: string | undefined;
    let isFollowed = true;
    const writeMark = (): void => {
      const { mark } = migration;
      if (!isFollowed || (written !== undefined && isSameMark(written, mark))) return;
      written = mark;
      journal.append(0, { type: 'effect', did: `follows ${wish.vm}`, set: { mark } });
    };
    writeMark();
    void migration.markCertain?.then(writeMark);
    supervisor = new Supervisor(migration, wish.kind, wish.limits, sinkOf(journal), known, past, otherHand);
    const running = supervisor.run();
    begun.resolve();
    if (early?.kind === 'cancel') void supervisor.cancel(early.reason);
    if (early?.kind === 'detach') void supervisor.detach(early.reason);
    try {
      return await running;
    } finally {
      isFollowed = false;
      await migration.detach();
    }
  };

  let hasIt: Side = 'source';
  let goesOn = false;
  const live = async (): Promise<Outcome> => {
    try {
      const made = await begin({ remember, begins });
      const ended = 'events' in made ? await follow(made) : made;
      if (ended.runsOn === 'destination') hasIt = 'destination';
      goesOn = ended.outcome === 'detached';
      return ended;
    } catch (error) {
      if (!(error instanceof NotBegunError)) {
        if (error instanceof RefusedError) await journal.discard();
        throw error;
      }
      return takesOver ? notTakenOver(journal, error) : notBegun(journal, error);
    } finally {
      await journal.close();
      // While it migrates libvirt changes no mark; the one who ends it, or finds it stale, does.
      if (!goesOn) await claim?.release(hasIt);
      await lease.release();
    }
  };

  const outcome = live();
  outcome.then(
    () => begun.resolve(),
    () => begun.resolve(),
  );
  return {
    id: journal.id,
    begun: begun.promise,
    outcome,
    cancel: async (reason) => {
      if (supervisor) return await supervisor.cancel(reason);
      early = { kind: 'cancel', reason };
      return await outcome.then(
        ({ runsOn }) =>
          runsOn === 'source' ? 'cancelled' : runsOn === 'destination' ? 'too-late' : 'failed',
        // Refused, nothing was begun; of a mistake of ours nobody knows.
        (error: unknown) => (error instanceof RefusedError && !takesOver ? 'cancelled' : 'failed'),
      );
    },
    detach: async (reason) => {
      if (supervisor) return await supervisor.detach(reason);
      early ??= { kind: 'detach', reason };
    },
    setLimits: (changes, reason) => {
      supervisor?.setLimits(changes, reason);
      return supervisor !== undefined;
    },
    setPassCap: async (bytesPerSecond, reason) =>
      (await supervisor?.setPassCap(bytesPerSecond, reason)) ?? 'not-copying',
    switchOver: (reason) => supervisor?.switchOver(reason) ?? false,
    entries: (fromSeq) => journal.entries(fromSeq),
  };
}

/** @throws {LeaseHeldError} when another controller holds it */
export async function leaseOf(guest: GuestFacts, parts: RunParts): Promise<Lease> {
  const { initiator } = parts;
  return await (parts.takeLease ?? takeLease)(guest.uuid ?? guest.vm, {
    pid: initiator.pid,
    user: initiator.user,
    command: initiator.command.join(' '),
    since: new Date().toISOString(),
  });
}

/** @param former what an earlier one did not put back, for this one to do so */
export function openingOf(
  { vm, kind, limits, reason, correlationId }: RunWish,
  guest: GuestFacts,
  initiator: Initiator,
  former: readonly FormerSettings[],
  more: Pick<
    NewOpening,
    'origin' | 'destination' | 'migrateUri' | 'continues' | 'destinationWaits' | 'streams' | 'encrypted'
  >,
): NewOpening {
  return {
    ...more,
    switchoverVersion: VERSION,
    vm,
    vmUuid: guest.uuid ?? null,
    policy: kind.name,
    limits,
    guest,
    initiator,
    reason: reason ?? null,
    correlationId: correlationId ?? null,
    inherits: former.map(({ side, ...settings }) => ({ side, settings })),
  };
}

/** What goes on, or has ended meanwhile, is as it was. */
function notTakenOver(journal: JournalWriter, error: NotBegunError): Outcome {
  const reason = `not taken over: ${error.message}; the migration was left as it is`;
  const outcome: Outcome = { ...NOTHING_DONE, outcome: 'detached', runsOn: 'unknown', reason };
  journal.append(0, { type: 'ended', outcome });
  return outcome;
}

const NOTHING_DONE = {
  pauseMs: null,
  totalMs: 0,
  sentBytes: 0,
  memoryIntensive: null,
  neededPauseMs: null,
  reportedDowntimeMs: null,
};

/** The cap that a driver finds in force is what the passes run under (a starter's, where we take over). */
function notBegun(journal: JournalWriter, error: NotBegunError): Outcome {
  const outcome: Outcome = {
    outcome: error.wished ? 'cancelled' : 'failed',
    runsOn: error.sourceEnded ? 'unknown' : 'source',
    reason: error.sourceEnded
      ? `${error.message}; an operator is needed: the source's process has ended, and the guest with it: start it anew`
      : `${error.wished ? 'not begun: ' : ''}${error.message}; the guest runs on the source`,
    ...NOTHING_DONE,
  };
  for (const { side, problem } of error.restored)
    journal.append(0, { type: 'restored', side, problem: problem ?? null });
  journal.append(0, { type: 'ended', outcome });
  return outcome;
}
