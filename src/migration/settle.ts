/**
 * Which side has the guest when the hypervisor's part is over, and what must be done so that exactly one
 * side runs it. Pure: facts in, verdict out; the supervisor acts on it.
 */
import type { MigrationEnd, SideState } from '../hypervisor/hypervisor.ts';

export type Settlement =
  /** Nothing to do. */
  | { readonly action: 'none'; readonly runsOn: 'source' | 'destination' }
  /** The guest is held there, stopped, and ran before: make it run. */
  | { readonly action: 'resume'; readonly runsOn: 'source' | 'destination' }
  /** No safe act is left to a program; `help` says what a person has to look at. */
  | { readonly action: 'ask-operator'; readonly runsOn: 'unknown'; readonly help: string };

export interface SettlementFacts {
  readonly end: Pick<MigrationEnd, 'result' | 'whereabouts' | 'destinationEverRan'>;
  /** The guest ran when the migration began, so it must run after it. */
  readonly wasRunning: boolean;
}

export function settle({ end, wasRunning }: SettlementFacts): Settlement {
  const { source, destination } = end.whereabouts;

  if (destination === 'running') {
    if (source === 'running')
      return ask(
        'both sides say that they run the guest: stop one of them at once, and trust neither its disks nor its state before a check',
      );
    return { action: 'none', runsOn: 'destination' };
  }

  switch (source) {
    case 'running':
      return { action: 'none', runsOn: 'source' };
    case 'handed-over':
      return end.result === 'completed'
        ? afterHandOver(destination, end.destinationEverRan, wasRunning)
        : onSource(destination, end.destinationEverRan, wasRunning);
    case 'paused':
      return onSource(destination, end.destinationEverRan, wasRunning);
    case 'gone':
      if (destination === 'paused') return held('destination', wasRunning);
      return ask(
        `the source's process has ended and the destination is ${said(destination)}: look for the guest there`,
      );
    default:
      return ask(
        `the source is ${said(source)} and the destination is ${said(destination)}: look at both before acting`,
      );
  }
}

/** The source says that all memory was sent and taken. */
function afterHandOver(
  destination: SideState,
  everRan: boolean | undefined,
  wasRunning: boolean,
): Settlement {
  switch (destination) {
    case 'paused':
      return held('destination', wasRunning);
    case 'unknown':
      // Nobody gave us the destination's monitor; the source's word is all there is.
      return { action: 'none', runsOn: 'destination' };
    case 'gone':
      // It took the guest and died before it ever ran it: the source's copy is still the newest.
      if (everRan === false) return held('source', wasRunning);
      return ask(
        'the destination took the guest and its process has ended; the source still holds the older state, ' +
          'which is safe to resume (`cont`, or `virsh resume`) only if the guest never ran on the destination',
      );
    default:
      return ask(
        `the source has handed the guest over and the destination is ${said(destination)}: look at the destination`,
      );
  }
}

/** The source still owns a guest that is stopped there. */
function onSource(destination: SideState, everRan: boolean | undefined, wasRunning: boolean): Settlement {
  if (everRan === true || (destination === 'paused' && everRan !== false))
    return ask(
      'the guest is stopped on the source and the destination has run it: resume (`cont`, or `virsh resume`) the one that ran last, never both',
    );
  if (destination === 'silent' && everRan !== false)
    return ask(
      'the guest is stopped on the source and the destination does not answer: make sure that it is off, then resume the source (`cont`, or `virsh resume`)',
    );
  return held('source', wasRunning);
}

function held(side: 'source' | 'destination', wasRunning: boolean): Settlement {
  return { action: wasRunning ? 'resume' : 'none', runsOn: side };
}

function ask(help: string): Settlement {
  return { action: 'ask-operator', runsOn: 'unknown', help };
}

function said(state: SideState): string {
  const words: Record<SideState, string> = {
    running: 'running it',
    paused: 'holding it paused',
    incoming: 'still waiting for it',
    'switching-over': 'stopped in the middle of the switchover',
    'handed-over': 'stopped after handing it over',
    gone: 'gone',
    silent: 'not answering',
    unknown: 'not known',
  };
  return words[state];
}
