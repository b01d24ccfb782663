/**
 * A migration ended while nobody watched: finds out from what both ends say now which side has the guest, makes it run
 * where it waits for our word, puts settings back, and closes the journal that was left.
 */
import type { GuestFacts, Hypervisor, MigrationEnd, SideState } from '../hypervisor/hypervisor.ts';
import { isSameVm } from '../hypervisor/same-vm.ts';
import type { JournalWriter } from '../journal/journal-store.ts';
import type { MigrationView } from '../journal/view.ts';
import { attachCommand } from './attach-command.ts';
import { wordsOf } from './cancelling.ts';
import { endedOutcome } from './ending.ts';
import { formerOf, mayHaveFenced } from './inheritance.ts';
import type { Outcome } from './outcome.ts';
import { type Settlement, settle, settledSince } from './settle.ts';

export interface Afterwards {
  readonly left: MigrationView;
  readonly guest: GuestFacts;
  readonly destination: string | undefined;
}

export async function settleAfterwards(
  { left, guest: found, destination }: Afterwards,
  hypervisor: Hypervisor,
  journal: JournalWriter,
): Promise<Outcome> {
  const { guest, seen } = await onceTheyLast({ left, guest: found, destination }, hypervisor);
  const { other, kept } = await keepFromStarting({ left, guest, destination }, seen, hypervisor, journal);
  journal.append(0, { type: 'located', source: guest.state, destination: other });
  const end = endFrom(left, guest.state, other, kept);
  const begunByUs = left.origin === 'migrate';
  // The journal says how the guest was when it began; a side that was paused since is told from it by nothing.
  const wasRunning = left.guest.state !== 'paused';
  const settled = await act(
    settle({ end, wasRunning, begunByUs, attachCommand: attachCommand(guest.vm) }),
    { guest, destination },
    hypervisor,
    journal,
  );
  await putBack(left, { guest, destination }, other, hypervisor, journal);
  const now = await hypervisor.locate(guest.vm, destination, guest);
  const settlement = settledSince(settled, (side) => now[side] === 'gone');
  const outcome = endedOutcome(end, settlement, undefined, left.limits, {
    totalMs: left.boundaries.at(-1)?.atMs ?? 0,
    sentBytes: left.boundaries.at(-1)?.sentBytes ?? 0,
    memoryIntensive: undefined,
    brownOut: null,
    pause: { kind: 'none' },
    remotePages: left.state === 'post-copy' ? { ms: null } : null,
    encrypted: left.encrypted ?? undefined,
  });
  journal.append(0, { type: 'ended', outcome });
  return outcome;
}

/** Its end was seen, and not all that it had set could be put back then. @returns how it ended, as was told then */
export async function putBackAfterwards(
  { left, guest, destination }: Afterwards,
  hypervisor: Hypervisor,
  journal: JournalWriter,
): Promise<Outcome> {
  const { outcome } = left;
  if (!outcome) throw new Error(`${left.id} has no end`);
  const other = await lookAt(guest, destination, hypervisor);
  await putBack(left, { guest, destination }, other, hypervisor, journal);
  return {
    ...outcome,
    reason: `${outcome.reason}; what had stayed set is put back now, as far as it can be`,
  };
}

/**
 * A source in the middle of its switchover resumes by itself where its migration has just failed; and a destination that
 * somebody else has told to start the guest does so with what it has got, where nobody keeps it from that. libvirt is that
 * somebody of each migration, ours as well.
 */
async function onceTheyLast(
  { left, guest: found, destination }: Afterwards,
  hypervisor: Hypervisor,
): Promise<{ readonly guest: GuestFacts; readonly seen: SideState }> {
  const guest =
    found.state === 'switching-over'
      ? { ...found, state: (await hypervisor.locate(found.vm, destination, found)).source }
      : found;
  const seen = await lookAt(guest, destination, hypervisor);
  const isKept = left.destinationWaits || (left.origin === 'migrate' && hypervisor.keepFromStarting);
  if (seen !== 'incoming' || isKept || !hasIt(guest)) return { guest, seen };
  const now = await hypervisor.locate(guest.vm, destination, guest, true);
  return { guest: { ...guest, state: now.source }, seen: now.destination };
}

function hasIt({ state }: GuestFacts): boolean {
  return state === 'running' || state === 'paused';
}

/** Another VM at the address is not our destination, whatever it does. */
async function lookAt(
  guest: GuestFacts,
  destination: string | undefined,
  hypervisor: Hypervisor,
): Promise<SideState> {
  if (destination === undefined) return 'unknown';
  try {
    const other = await hypervisor.inspect(destination);
    return isSameVm(guest, other) ? other.state : 'unknown';
  } catch {
    return (await hypervisor.locate(guest.vm, destination, guest)).destination;
  }
}

/**
 * The source has the guest, and a destination that was not told to wait may still start it with what its socket holds. What
 * somebody else began may wait for another try of his.
 */
async function keepFromStarting(
  { left, guest, destination }: Afterwards,
  other: SideState,
  hypervisor: Hypervisor,
  journal: JournalWriter,
): Promise<{ other: SideState; kept: boolean }> {
  const mayStart = other === 'incoming' && left.origin === 'migrate' && !left.destinationWaits;
  if (!mayStart || !hasIt(guest) || destination === undefined || !hypervisor.keepFromStarting)
    return { other, kept: false };
  let kept = false;
  try {
    const { did } = await hypervisor.keepFromStarting(destination, guest);
    journal.append(0, { type: 'effect', did });
    kept = true;
  } catch (error) {
    journal.append(0, {
      type: 'warning',
      message: `the destination was not kept from starting the guest: ${wordsOf(error)}`,
    });
  }
  const now = await lookAt(guest, destination, hypervisor);
  return { other: now === 'incoming' && !kept ? 'unknown' : now, kept };
}

function endFrom(
  left: MigrationView,
  source: SideState,
  destination: SideState,
  kept: boolean,
): MigrationEnd {
  const letRun = left.intents.some(({ intent }) => intent === 'let-run' || intent === 'resume');
  const cancelled = left.intents.some(({ intent }) => intent === 'cancel');
  const ran = left.guestEvents.some(({ event, side }) => event === 'resumed' && side === 'destination');
  return {
    atMs: left.boundaries.at(-1)?.atMs ?? 0,
    // A source that let go proves an arrival only together with the one that holds the guest.
    result:
      source === 'handed-over' && (destination === 'running' || destination === 'paused')
        ? 'completed'
        : 'failed',
    error: 'the migration ended while switchover did not watch it',
    whereabouts: { source, destination },
    destinationEverRan: ran ? true : left.destinationWaits && !letRun ? false : undefined,
    sourceEverStopped: left.guestEvents.some(({ event }) => event === 'stopped') ? true : undefined,
    // It stands still before our eyes, or nobody has let it run since it was told to wait.
    destinationWaits:
      kept ||
      (destination === 'paused' && mayHaveFenced(left)) ||
      (left.destinationWaits &&
        (destination === 'paused' || destination === 'incoming' || (!letRun && destination !== 'running'))),
    postCopyBegan: left.postCopyBegan,
    // It ran there already, so whatever keeps it from running now came after its arrival: somebody's hand, or the `stop` of a
    // cancel of ours that was cut short.
    heldBy:
      ran && source === 'handed-over' && destination === 'paused' && !cancelled
        ? 'somebody else, after its arrival'
        : undefined,
    guestEnded: undefined,
    sentBytes: undefined,
    reportedDowntimeMs: undefined,
  };
}

async function act(
  settlement: Settlement,
  { guest, destination }: Pick<Afterwards, 'guest' | 'destination'>,
  hypervisor: Hypervisor,
  journal: JournalWriter,
): Promise<Settlement> {
  if (settlement.action !== 'resume') return settlement;
  const vm = settlement.runsOn === 'source' ? guest.vm : destination;
  if (vm === undefined) return settlement;
  journal.append(0, { type: 'intent', intent: 'resume', side: settlement.runsOn });
  await journal.flush();
  try {
    const { effect } = await hypervisor.settleAt(vm, { meant: guest, run: true, former: undefined });
    if (effect) journal.append(0, { type: 'effect', did: effect.did });
    return settlement;
  } catch (error) {
    return {
      action: 'ask-operator',
      runsOn: 'unknown',
      help: `the guest is held by the ${settlement.runsOn}, stopped, and resuming it failed (${wordsOf(error)}): try again, or resume it there by hand (\`cont\`, or \`virsh resume\`)`,
    };
  }
}

/** A destination that still waits has nothing to wait for: the source migrates no more. */
const SETTABLE: readonly SideState[] = ['running', 'paused', 'handed-over', 'incoming'];

async function putBack(
  left: MigrationView,
  { guest, destination }: Pick<Afterwards, 'guest' | 'destination'>,
  other: SideState,
  hypervisor: Hypervisor,
  journal: JournalWriter,
): Promise<void> {
  for (const former of formerOf(left)) {
    const vm = former.side === 'source' ? guest.vm : destination;
    const there = former.side === 'source' ? guest.state : other;
    // With its process its settings are gone.
    if (there === 'gone') continue;
    if (vm === undefined || !SETTABLE.includes(there)) {
      const { side, parameters, capabilities } = former;
      const were = JSON.stringify({ ...parameters, ...capabilities });
      const problem = `the ${side}'s settings were not put back (it is ${there}): they were ${were}`;
      journal.append(0, { type: 'restored', side, problem });
      continue;
    }
    try {
      const { restored } = await hypervisor.settleAt(vm, { meant: guest, run: false, former });
      journal.append(0, { type: 'restored', side: former.side, problem: restored?.problem ?? null });
    } catch (error) {
      journal.append(0, { type: 'restored', side: former.side, problem: wordsOf(error) });
    }
  }
}
