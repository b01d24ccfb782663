/**
 * Which side has the guest when the hypervisor's part is over, and what must be done so that exactly one
 * side runs it. Pure: facts in, verdict out; the supervisor acts on it.
 *
 * The one rule above all (S1): no side is made to run unless the other was *seen* unable to run. A side is
 * unable when a live answer or a proof says so: it handed the guest over, it waits for memory that cannot come
 * any more, it holds the guest and waits for our word, or its process is proved dead. A side that cannot be asked
 * (`unreachable`, `silent`, `unknown`) is never taken for unable.
 *
 * And what somebody else began is never resumed by us (S9), nor a guest that somebody else stopped.
 */
import type { MigrationEnd, Side, SideState } from '../hypervisor/hypervisor.ts';

export type Settlement =
  /** Nothing to do. `nowhere`: the guest ended by itself. */
  | { readonly action: 'none'; readonly runsOn: Side | 'nowhere' }
  /** The guest is held there, stopped, and ran before: make it run. */
  | { readonly action: 'resume'; readonly runsOn: Side }
  /** Both run it: the source resumed after the destination had started, so its state is the older one. */
  | { readonly action: 'halt-source'; readonly runsOn: 'unknown'; readonly help: string }
  /** No safe act is left to a program; `help` says what a person has to do. */
  | { readonly action: 'ask-operator'; readonly runsOn: 'unknown'; readonly help: string };

export interface SettlementFacts {
  readonly end: Pick<
    MigrationEnd,
    | 'result'
    | 'whereabouts'
    | 'destinationEverRan'
    | 'sourceEverStopped'
    | 'destinationWaits'
    | 'mayBeFenced'
    | 'postCopyBegan'
    | 'heldBy'
    | 'guestEnded'
  >;
  /** The guest ran when the migration began, so it must run after it. */
  readonly wasRunning: boolean;
  readonly begunByUs: boolean;
  /** The command that settles it later, as it is to be typed, see `attach-command.ts`. */
  readonly attachCommand: string;
}

export function settle(facts: SettlementFacts): Settlement {
  const { source, destination } = facts.end.whereabouts;
  if (destination === 'running') return withRunningDestination(facts);
  if (source === 'running') return withRunningSource(facts);
  if (facts.end.guestEnded !== undefined && ended(source) && ended(destination))
    return { action: 'none', runsOn: 'nowhere' };
  switch (source) {
    case 'handed-over':
    case 'gone':
      return withoutSource(facts);
    case 'paused':
      return withPausedSource(facts);
    default:
      return ask(
        `the source is ${SAID[source]} and the destination is ${SAID[destination]}: nothing was resumed; ` +
          `make the source reachable, then \`${facts.attachCommand}\` settles where the guest runs` +
          (destination === 'paused'
            ? '; if its QEMU has ended for good, let the guest run on the destination (`cont`, or `virsh resume`)'
            : ''),
      );
  }
}

/** Whether the destination was seen unable to run the guest, so that the source may. */
export function destinationUnable({ end }: Pick<SettlementFacts, 'end'>): boolean {
  if (end.postCopyBegan || end.destinationEverRan === true) return false;
  switch (end.whereabouts.destination) {
    case 'gone':
      // Dead it cannot run it; but one that may have run it took the newer state with it.
      return end.destinationEverRan === false || end.sourceEverStopped === false;
    case 'incoming':
    case 'paused':
      // It stands still and only our word would let it run.
      return end.destinationWaits;
    default:
      return false;
  }
}

/** Whether the source was seen unable to run the guest, so that the destination may. */
export function sourceUnable({ end }: Pick<SettlementFacts, 'end'>): boolean {
  const { source } = end.whereabouts;
  return source === 'gone' || (source === 'handed-over' && (end.result === 'completed' || end.postCopyBegan));
}

/** After a settlement putting settings back can take some seconds, in which the guest may end where it was settled to be. */
export function settledSince(settlement: Settlement, isGone: (side: Side) => boolean): Settlement {
  const { runsOn } = settlement;
  if (runsOn === 'unknown' || runsOn === 'nowhere' || !isGone(runsOn)) return settlement;
  return ask(
    `the guest was on the ${runsOn}, and its process there has ended since: look why, and start it anew from its disks`,
  );
}

function withRunningDestination(facts: SettlementFacts): Settlement {
  const { source } = facts.end.whereabouts;
  switch (source) {
    case 'running':
      return {
        action: facts.begunByUs && facts.end.destinationEverRan === true ? 'halt-source' : 'ask-operator',
        runsOn: 'unknown',
        help: 'both sides say that they run the guest: stop the source (`stop`, or `virsh suspend`) if it is not stopped yet, and trust neither the disks nor the state before a check',
      };
    case 'silent':
    case 'unreachable':
      if (facts.end.postCopyBegan) return postCopyCutShort(facts);
      // A destination that waited ran only once the source could not.
      if (facts.end.destinationWaits) return { action: 'none', runsOn: 'destination' };
      return lookAtSource(source);
    case 'switching-over':
      // It resumes by itself where its migration fails, and the destination did not ask it.
      if (facts.end.result === 'completed' || facts.end.postCopyBegan || facts.end.destinationWaits)
        return { action: 'none', runsOn: 'destination' };
      return lookAtSource(source);
    case 'gone':
      return facts.end.postCopyBegan ? postCopyCutShort(facts) : { action: 'none', runsOn: 'destination' };
    default:
      return { action: 'none', runsOn: 'destination' };
  }
}

function lookAtSource(source: SideState): Settlement {
  return ask(
    `the destination runs the guest and the source is ${SAID[source]}: make sure that it does not run there too`,
  );
}

/** It runs there from post-copy's beginning, with all its memory only from post-copy's end. */
function postCopyCutShort({ end, attachCommand }: SettlementFacts): Settlement {
  if (end.result === 'completed') return { action: 'none', runsOn: 'destination' };
  const { source } = end.whereabouts;
  return ask(
    source === 'gone'
      ? "the guest runs on the destination, but the source's process ended before post-copy was seen to complete: memory that had not followed is lost, and the guest will hang or end when it needs it: look on the destination whether the migration completed (`info migrate`, or `virsh domjobinfo --completed`), and start the guest anew from its disks if not"
      : `the guest runs on the destination, and post-copy was not seen to complete: do not end the source, which is ${SAID[source]} and may hold memory that has not followed; make it reachable, then \`${attachCommand}\` tells how it ended`,
  );
}

function withRunningSource(facts: SettlementFacts): Settlement {
  const { destinationEverRan, sourceEverStopped } = facts.end;
  const { destination } = facts.end.whereabouts;
  if (destinationEverRan === true)
    return ask(
      `the source runs the guest and the destination, which is ${SAID[destination]}, has run it: stop the source at once (\`stop\`, or \`virsh suspend\`) if the destination may still run it`,
    );
  // Without a stop nothing was handed over, wherever the destination is.
  const neverHandedOver = sourceEverStopped === false && !facts.end.postCopyBegan;
  if (neverHandedOver || destinationUnable(facts) || facts.end.destinationWaits)
    return { action: 'none', runsOn: 'source' };
  if (destination === 'incoming' || destination === 'paused') return { action: 'none', runsOn: 'source' };
  // Whoever let the source go on: nobody runs it beside a dead one.
  if (destination === 'gone' && !facts.end.postCopyBegan) return { action: 'none', runsOn: 'source' };
  const stopped = sourceEverStopped === true ? 'it had stopped' : 'it may have stopped';
  return ask(
    `the source runs the guest; ${stopped} for the switchover, and the destination is ${SAID[destination]}: make sure that the guest does not run there too`,
  );
}

/** The source cannot run it: its process is gone, or it handed the guest over. */
function withoutSource(facts: SettlementFacts): Settlement {
  const { end, wasRunning, begunByUs } = facts;
  const { source, destination } = end.whereabouts;
  const past = source === 'gone' ? "the source's process has ended" : 'the source has handed the guest over';
  if (destination === 'paused') {
    if (!sourceUnable(facts))
      return ask(
        `${past} and the destination is ${SAID.paused}: look whether the source can still resume, then let one of them run (\`cont\`, or \`virsh resume\`)`,
      );
    if (end.postCopyBegan && end.result !== 'completed') return ask(MEMORY_LOST);
    if (!wasRunning || end.heldBy !== undefined) return { action: 'none', runsOn: 'destination' };
    // Whoever began it, it is our own `stop` that keeps the guest from running there.
    if (begunByUs || end.destinationWaits) return { action: 'resume', runsOn: 'destination' };
    return ask(
      'the guest has arrived and stands still on the destination, which waits for the word of the one who began this migration: let it run there (`cont`, or `virsh resume`)',
    );
  }
  // Nobody gave us the destination's monitor; the source's word is all there is, unless a cancel told the destination to wait.
  const startsItself = !begunByUs && !end.mayBeFenced;
  if (source === 'handed-over' && destination === 'unknown' && end.result === 'completed' && startsItself)
    return { action: 'none', runsOn: 'destination' };
  if (
    source === 'handed-over' &&
    destination === 'gone' &&
    !end.postCopyBegan &&
    end.destinationEverRan !== true
  ) {
    // It took the guest and died before it ever ran it: the source's copy is the newest.
    if (destinationUnable(facts) && end.destinationEverRan === false && begunByUs) {
      const toRun = wasRunning && end.heldBy === undefined;
      return toRun ? { action: 'resume', runsOn: 'source' } : { action: 'none', runsOn: 'source' };
    }
    return ask(
      "the destination took the guest and its process has ended; the source still holds the guest's state of the hand-over, " +
        'which is safe to resume (`cont`, or `virsh resume`) only if the guest never ran on the destination',
    );
  }
  if (destination === 'gone')
    return ask(
      source === 'gone'
        ? 'the processes of both sides have ended, and the guest with them: start it anew'
        : `${past} and the destination's process has ended after it ran the guest: start the guest anew from its disks; do not resume the source`,
    );
  if (source === 'gone')
    return ask(
      end.sourceEverStopped === false && !end.postCopyBegan
        ? `${past} while it still had the guest, and the guest with it: start it anew`
        : `${past} and the destination is ${SAID[destination]}: look whether it holds the guest, and where that stands still, paused, let it run there by hand; only where it has no guest, start it anew from its disks`,
    );
  const ifDead =
    end.destinationWaits && end.destinationEverRan === false
      ? 'if its QEMU has ended for good, resume the source (`cont`, or `virsh resume`), which is safe because the guest never ran there'
      : 'if its QEMU has ended for good, start the guest anew from its disks';
  return ask(
    `${past} and the destination is ${SAID[destination]}: nothing was resumed; make the destination reachable, then \`${facts.attachCommand}\` lets the guest run; ${ifDead}`,
  );
}

function withPausedSource(facts: SettlementFacts): Settlement {
  const { end, wasRunning, begunByUs } = facts;
  // Whatever stopped it there, what stands still is the older state.
  if (end.destinationEverRan === true)
    return ask(
      `the guest is stopped on the source, and the destination, which is ${SAID[end.whereabouts.destination]}, has run it since: do not resume the source; look at the destination, and start the guest anew from its disks if its process has ended`,
    );
  const isHeld = !wasRunning || end.heldBy !== undefined;
  if (isHeld && !mayHaveMoved(facts)) return { action: 'none', runsOn: 'source' };
  if (!destinationUnable(facts))
    return ask(
      `the guest is stopped on the source and the destination is ${SAID[end.whereabouts.destination]}: make sure that the guest neither runs nor can start there, then resume the source (\`cont\`, or \`virsh resume\`); if it ever ran there, start it anew from its disks instead`,
    );
  if (begunByUs) return { action: 'resume', runsOn: 'source' };
  return ask(
    'the guest is stopped on the source, and this migration was begun by somebody else: resume it there (`cont`, or `virsh resume`) if that is meant',
  );
}

/** What somebody else has stopped is handed over all the same, without another stop to see, and runs on the destination then. */
function mayHaveMoved(facts: SettlementFacts): boolean {
  // A cancel is no proof: `cancelled` may be said of one that was asked for, and came too late.
  const { destinationEverRan, sourceEverStopped, whereabouts } = facts.end;
  if (destinationEverRan === false || sourceEverStopped === false) return false;
  const { destination } = whereabouts;
  return destination !== 'incoming' && destination !== 'paused' && !destinationUnable(facts);
}

function ended(state: SideState): boolean {
  return state === 'gone' || state === 'paused' || state === 'unknown' || state === 'incoming';
}

function ask(help: string): Settlement {
  return { action: 'ask-operator', runsOn: 'unknown', help };
}

const MEMORY_LOST =
  "the guest stands still on the destination, and the source's process ended before post-copy was seen to complete: memory that had not followed is lost: look on the destination whether the migration completed (`info migrate`, or `virsh domjobinfo --completed`), and start the guest anew from its disks if not";

const SAID: Record<SideState, string> = {
  running: 'running it',
  paused: 'holding it paused',
  incoming: 'still waiting for it',
  'switching-over': 'stopped in the middle of the switchover',
  'handed-over': 'stopped after handing it over',
  gone: 'gone',
  silent: 'not answering',
  unreachable: 'out of reach',
  unknown: 'not known',
};
