/**
 * Takes over a migration that is under way: one that somebody else began, or one that a controller of ours left. In the
 * second case it goes on in that controller's journal, under its id, with what it saw, and with the destination that it
 * told to wait. A migration that has ended meanwhile is settled, and one that ended before with settings that could not be put
 * back has them put back now (`settle-afterwards.ts`). All of that from its source: the
 * destination's address is refused (`take-over-source.ts`).
 */
import { isDeepStrictEqual } from 'node:util';
import {
  type AttachOptions,
  type FormerSettings,
  type GuestFacts,
  type Inheritance,
  RefusedError,
  type RunningMigration,
} from '../hypervisor/hypervisor.ts';
import { assertSameVm } from '../hypervisor/same-vm.ts';
import { owesSettings } from '../journal/former-settings.ts';
import { trustedDestination } from '../journal/trusted-destination.ts';
import { isUnfinished } from '../journal/unfinished.ts';
import type { MigrationView } from '../journal/view.ts';
import { type Foreknowledge, NOTHING_KNOWN } from '../model/foreknowledge.ts';
import type { Limits } from '../policy/policy.ts';
import { isDestinationOf } from './address-side.ts';
import { onlySwitchovers } from './foresee.ts';
import { formerAt, formerOf, inheritanceOf, isOfMigration, markOf, notInherited } from './inheritance.ts';
import type { OtherHand } from './other-hand.ts';
import { type RecoverWish, recoverIt, recoveryOf } from './recover.ts';
import { leaseOf, openingOf, type Run, type RunParts, type RunWish, runFrom } from './run.ts';
import { putBackAfterwards, settleAfterwards } from './settle-afterwards.ts';
import { brakeLevers } from './start-options.ts';
import { assertOfSource } from './take-over-source.ts';

export interface TakeOverWish extends RunWish {
  /** As the user states it; undefined: what the journal that was left says. */
  readonly destination: string | undefined;
  /** It was said what to do over the budget, also with a migration that somebody else began; else that one is left (S9). */
  readonly mayEndOthers?: boolean;
  /** The one who began it goes on to set its limit: whose holds. Left out: whatever he sets stays so. */
  readonly otherHand?: OtherHand;
  /** Post-copy stands still, or its stream is lost: let it go on over a new one first. */
  readonly recover?: RecoverWish | undefined;
  /** As found by the caller, where he has looked already. */
  readonly guest?: GuestFacts;
  /** In place of the hypervisor's own attach, for a caller that has looked the VM up already. */
  attach?(options: AttachOptions): Promise<RunningMigration>;
}

/**
 * @throws {RefusedError} when there is nothing to take over, or where another controller holds the VM
 * @throws {JournalError} when it could leave no trace: nothing is taken over then
 */
export async function takeOverRun(given: TakeOverWish, parts: RunParts): Promise<Run> {
  const { hypervisor, store } = parts;
  const first = await lookAt(given, given.guest, parts);
  const lease = await leaseOf(first.guest, parts);
  try {
    // A look can take long, and so can what held the lease: one may have begun since. From here on none of switchover's does.
    const { guest, owing, left, found, goesOn, followed, wish } = first.guest.migrating
      ? first
      : await lookAt(given, undefined, parts);
    assertSameVm(first.guest, wish.vm, guest);
    if (guest.migrating) await hypervisor.assertUnclaimed?.(wish.vm);
    const destination = wish.destination ?? destinationOf(goesOn ?? followed, parts);
    const recovery = wish.recover && recoveryOf(wish.recover, goesOn, destination);
    if (goesOn) parts.goesOn?.(goesOn);
    else if (owing)
      for (const sentence of notInherited(owing, { vm: wish.vm, destination })) parts.say?.(sentence);
    const former = goesOn ? formerOf(goesOn) : formerAt(owing, { vm: wish.vm, destination });
    const journal = goesOn
      ? await store.reopen(goesOn.id, parts.show)
      : await store.open(
          openingOf(wish, guest, parts.initiator, former, {
            origin: 'attach',
            destination: destination ?? null,
            migrateUri: null,
            continues: owing?.id ?? null,
            destinationWaits: false,
            streams: null,
            encrypted: null,
          }),
          parts.show,
        );
    const claim = goesOn ? await hypervisor.inheritClaim?.(wish.vm, destination, guest) : undefined;
    const after = left ? settleAfterwards : putBackAfterwards;
    if (owing && !guest.migrating)
      return runFrom({ place: store.place, wish, lease, claim, journal }, async () =>
        after({ left: owing, guest, destination }, parts.hypervisor, journal),
      );
    const inherited = found && { ...found, former };
    const past = goesOn ? boundariesUnderOneCap(goesOn) : [];
    const { otherHand } = wish;
    // Beside another hand they are found anew by whoever comes next.
    if (goesOn && !otherHand && !isSameAsWritten(wish.limits, goesOn.limits))
      journal.append(0, { type: 'limits', limits: wish.limits, reason: null });
    // It is under way: nothing is read that would take its time, other migrations' journals least of all.
    const known = onlySwitchovers(goesOn?.foreseen?.known || sizeOf(guest));
    if (!goesOn) journal.append(0, { type: 'foreseen', known, tookMs: 0 });
    // Whoever takes it over from us finds it in ours.
    if (!goesOn && inherited?.mayHaveFenced)
      journal.append(0, { type: 'intent', intent: 'fence', side: 'destination' });
    return runFrom(
      { place: store.place, wish, lease, claim, journal, known, past, otherHand, takesOver: true },
      async ({ remember }) => {
        const migration = await attach({ wish, guest, destination, inherited, parts }, remember).catch(
          async (error: unknown) => {
            const hasEnded = error instanceof RefusedError && error.code === 'not-migrating';
            if (!hasEnded || !goesOn || recovery) throw error;
            // Between the look at it and our listening.
            const now = await hypervisor.inspect(wish.vm);
            assertSameVm(guest, wish.vm, now);
            return await after({ left: goesOn, guest: now, destination }, hypervisor, journal);
          },
        );
        if (!recovery || !('events' in migration)) return migration;
        journal.append(0, { type: 'intent', intent: 'recover', side: null });
        journal.append(0, { type: 'effect', did: await recoverIt(migration, recovery) });
        return migration;
      },
    );
  } catch (error) {
    await lease.release();
    throw error;
  }
}

/** What there is to take over. @throws {RefusedError} nothing, or not by this VM's address */
async function lookAt(given: TakeOverWish, known: GuestFacts | undefined, { hypervisor, store }: RunParts) {
  const now = known ?? (await hypervisor.inspect(given.vm));
  const owing = await store.owingOf({ uuid: now.uuid ?? null, vm: given.vm });
  const left = owing && isUnfinished(owing) ? owing : undefined;
  const guest = (left && (await onceBegun(left, now, hypervisor))) ?? now;
  const mayPutBack = owing !== undefined && owesSettings(owing) && !isDestinationOf(given.vm, owing);
  if (!guest.migrating && !left && !mayPutBack) throw notMigrating(guest);
  await assertOfSource({ vm: given.vm, destination: given.destination, guest, left }, hypervisor);
  const found = guest.mark === undefined ? undefined : inheritanceOf(owing, guest.mark);
  /** The journal that is gone on with. */
  const goesOn = !guest.migrating || found?.began ? owing : undefined;
  const capped = goesOn ? underItsCap(given, goesOn) : given;
  const wish = found?.began || given.mayEndOthers ? capped : leavingIt(capped);
  /** That of this very migration, whoever began it. */
  const followed = left && guest.mark !== undefined && isOfMigration(left, guest.mark) ? left : undefined;
  return { guest, owing, left, found, goesOn, followed, wish };
}

/** One of which nothing was seen yet may have been told to begin a moment ago, by a controller that is gone. */
async function onceBegun(
  left: MigrationView,
  { vm, migrating }: GuestFacts,
  hypervisor: RunParts['hypervisor'],
): Promise<GuestFacts | undefined> {
  const mark = left.origin === 'migrate' && left.boundaries.length === 0 ? markOf(left) : undefined;
  return migrating || mark === undefined ? undefined : await hypervisor.onceBegun?.(vm, mark);
}

/** The cap of its passes may have been changed under way, and stays so. */
function underItsCap(wish: TakeOverWish, { limits }: MigrationView): TakeOverWish {
  const { bandwidthBytesPerSecond = wish.limits.bandwidthBytesPerSecond } = limits;
  return { ...wish, limits: { ...wish.limits, bandwidthBytesPerSecond } };
}

/** What was seen under an earlier cap tells of passes as they are no more. */
function boundariesUnderOneCap({ boundaries, capChangedAtMs }: MigrationView): MigrationView['boundaries'] {
  return boundaries.filter(({ atMs }) => atMs > (capChangedAtMs ?? Number.NEGATIVE_INFINITY));
}

/** What is undefined is not written. */
function isSameAsWritten(limits: Limits, written: Limits): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(limits)), JSON.parse(JSON.stringify(written)));
}

function sizeOf({ memoryBytes, vcpus }: GuestFacts): Foreknowledge {
  return { ...NOTHING_KNOWN, memoryBytes, vcpus };
}

/** What somebody else began is not ended by us for a limit of ours (S9). */
function leavingIt(wish: TakeOverWish): TakeOverWish {
  return { ...wish, limits: { ...wish.limits, overBudget: 'leave' } };
}

interface Attaching {
  readonly wish: TakeOverWish;
  readonly guest: GuestFacts;
  readonly destination: string | undefined;
  readonly inherited: Inheritance | undefined;
  readonly parts: RunParts;
}

async function attach(
  { wish, guest, destination, inherited, parts }: Attaching,
  remember: (former: FormerSettings) => Promise<void>,
): Promise<RunningMigration> {
  const attachTo = wish.attach ?? ((options: AttachOptions) => parts.hypervisor.attach(wish.vm, options));
  const options = {
    meant: guest,
    destination,
    lineRateBytesPerSecond: wish.limits.lineRateBytesPerSecond,
    brake: brakeLevers(wish.limits),
    begunWithBrake: inherited?.began === true && wish.limits.overBudget === 'brake',
    noticesLimit: wish.otherHand !== undefined,
    inherited,
    remember,
  };
  try {
    return await attachTo(options);
  } catch (error) {
    // Without it nothing is recovered.
    const fromJournal =
      destination !== undefined && wish.destination === undefined && wish.recover === undefined;
    if (!fromJournal || !(error instanceof RefusedError) || !OF_THE_DESTINATION.has(error.code)) throw error;
    // A journal's word is not the user's: what it says of the destination may be old.
    parts.say?.(`warning: the destination of the journal is left out: ${error.message}`);
    return await attachTo({ ...options, destination: undefined });
  }
}

/** Refusals that say that the address is not that of this migration's destination. */
const OF_THE_DESTINATION = new Set([
  'different-vm',
  'destination-not-waiting',
  'no-socket',
  'unreachable',
  'not-a-monitor',
  'monitor-busy',
  'no-domain',
]);

function destinationOf(left: MigrationView | undefined, parts: RunParts): string | undefined {
  if (!left?.destination) return undefined;
  const trusted = trustedDestination(left.destination);
  parts.say?.(
    trusted === undefined
      ? `warning: the destination in the journal ${left.id} is not used: it could name a program to run; give it with --to`
      : `the destination is ${trusted}, says the journal ${left.id} that switchover left unfinished`,
  );
  return trusted;
}

function notMigrating({ vm, state }: GuestFacts): RefusedError {
  const now =
    state === 'handed-over' ? 'its guest was handed over to the destination' : `its guest is ${state} there`;
  return new RefusedError('not-migrating', `no migration of ${vm} is under way; ${now}`);
}
