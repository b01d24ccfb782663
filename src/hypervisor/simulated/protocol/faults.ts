/**
 * Scripted faults of a simulated pair of QEMUs, as plain data:
 *
 *     { on: { command: 'stop', side: 'destination' }, nth: 2, do: 'error' }
 *     { on: { command: 'cont', side: 'destination' }, do: 'delay', ms: 500 }
 *     { on: { event: 'STOP', side: 'source' }, do: 'connection-lost', to: 'destination', ms: 2000 }
 *     { on: { stream: 'loaded' }, do: 'link-reset' }
 *     { on: { atMs: 3000 }, do: 'killed', to: 'source' }
 *
 * `on` says when: a command that comes in, an event that is emitted, a moment of the migration stream, or an instant of
 * the virtual clock. `nth` counts its occurrences from 1, which is the default; `every` means all of them.
 *
 * What a command or an event itself meets:
 * - `delay`: it is carried out, and answered, `ms` later, and what comes after it not before it (an event: it is told later);
 * - `error`: it is refused and not carried out (commands only);
 * - `never`: it is carried out and never answered (an event is never told);
 * - `lost`: it is neither carried out nor answered, as where the connection broke on its way (commands only);
 * - `garbled`: it is carried out, and answered with `value`, whatever QEMU would say (an event: it is told with that);
 * - `drop`: it is carried out, and the connection closes in place of its answer (an event: in place of it).
 *
 * What else happens then, `to` a side:
 * - `connection-lost` for `ms`: its monitor's connection closes, and cannot be opened again until then;
 * - `connection-silent` for `ms`: the way to its monitor carries nothing in either direction, and closes nothing;
 * - `hangs` for `ms`: its main loop stands still: it answers only out-of-band commands;
 * - `killed`: its process ends without a word;
 * - `stopped-by-operator`, `io-error`: its guest is stopped, and not by us;
 * - `shut-down`: its guest shuts itself down, and the process ends;
 * - `clock-set` by `ms`: the wall clock of its machine is set forward (or back), which its events are stamped by.
 * And to the link that carries the memory: `link-cut` (it carries nothing), `link-back`, and `link-reset` (both ends
 * see it break at once).
 */
import type { Side } from '../../hypervisor.ts';

export type Trigger =
  | { readonly command: string; readonly side: Side }
  /** `status` picks one kind of MIGRATION event. */
  | { readonly event: string; readonly side: Side; readonly status?: string }
  /**
   * `last-byte`: the destination has received everything. `loaded`: it has loaded it too, and started the guest if it
   * starts it by itself; the source has no word of it yet.
   */
  | { readonly stream: 'last-byte' | 'loaded' }
  | { readonly atMs: number };

/** What becomes of the command or the event itself. */
export type Answer =
  | { readonly do: 'delay'; readonly ms: number }
  | { readonly do: 'garbled'; readonly value: unknown }
  | { readonly do: 'error' | 'never' | 'lost' | 'drop' };

export type Incident =
  | {
      readonly do: 'connection-lost' | 'connection-silent' | 'hangs';
      readonly to: Side;
      /** `Infinity`: for good. */
      readonly ms: number;
    }
  | { readonly do: 'killed' | 'stopped-by-operator' | 'io-error' | 'shut-down'; readonly to: Side }
  | { readonly do: 'clock-set'; readonly to: Side; readonly ms: number }
  | { readonly do: 'link-cut' | 'link-back' | 'link-reset' };

export type Fault = { readonly on: Trigger; readonly nth?: number | 'every' } & (Answer | Incident);

/** What happens, as faults are looked up for it. */
export type Occurrence =
  | { readonly kind: 'command'; readonly name: string; readonly side: Side }
  | {
      readonly kind: 'event';
      readonly name: string;
      readonly side: Side;
      readonly status: string | undefined;
    }
  | { readonly kind: 'stream'; readonly moment: 'last-byte' | 'loaded' };

/** Counts what happens, and says what the script has for it. */
export class FaultScript {
  private readonly faults: readonly Fault[];
  private readonly counts = new Map<Fault, number>();
  private readonly carryOut: (incident: Incident) => void;
  private over = false;

  constructor(faults: readonly Fault[], carryOut: (incident: Incident) => void) {
    this.faults = faults;
    this.carryOut = carryOut;
  }

  /** Those at instants of the clock, to be carried out by whoever has the clock. */
  get timed(): readonly { readonly atMs: number; readonly incident: Incident }[] {
    return this.faults.flatMap((fault) =>
      'atMs' in fault.on && isIncident(fault) ? [{ atMs: fault.on.atMs, incident: fault }] : [],
    );
  }

  /** From here on nothing is met with anything. */
  end(): void {
    this.over = true;
  }

  get isOver(): boolean {
    return this.over;
  }

  /** Carries out the incidents that belong to it. @returns what the command or event itself meets */
  meet(occurrence: Occurrence): Answer | undefined {
    if (this.over) return undefined;
    let answer: Answer | undefined;
    for (const fault of this.faults) {
      if (!matches(fault.on, occurrence)) continue;
      const count = (this.counts.get(fault) ?? 0) + 1;
      this.counts.set(fault, count);
      const { nth = 1 } = fault;
      if (nth !== 'every' && nth !== count) continue;
      if (isIncident(fault)) this.carryOut(fault);
      else answer ??= fault;
    }
    return answer;
  }
}

function isIncident<T extends Fault>(fault: T): fault is T & Incident {
  return !['delay', 'garbled', 'error', 'never', 'lost', 'drop'].includes(fault.do);
}

function matches(on: Trigger, occurrence: Occurrence): boolean {
  switch (occurrence.kind) {
    case 'command':
      return 'command' in on && on.command === occurrence.name && on.side === occurrence.side;
    case 'event': {
      if (!('event' in on) || on.event !== occurrence.name || on.side !== occurrence.side) return false;
      return on.status === undefined || on.status === occurrence.status;
    }
    case 'stream':
      return 'stream' in on && on.stream === occurrence.moment;
  }
}
