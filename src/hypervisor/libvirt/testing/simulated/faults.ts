/**
 * Faults of two simulated libvirt hosts, as plain data, beside those of their QEMUs (`simulated/protocol/faults.ts`):
 *
 *     { on: { phase: 'perform3_done', side: 'source' }, afterMs: 0, do: 'libvirtd-killed', to: 'source', ms: 700 }
 *     { on: { virsh: 'domjobabort', side: 'source' }, nth: 1, do: 'never' }
 *     { on: { event: 'Suspended', side: 'source' }, nth: 1, do: 'delay', ms: 1000 }
 *
 * `on` says when: a phase that a libvirtd writes down, a virsh command that comes in, an event that is told, or an instant.
 *
 * What a virsh command or an event itself meets:
 * - `delay`: it is carried out, or told, `ms` later, and the events behind it not before it;
 * - `error`: it is refused and not carried out (commands only);
 * - `never`: it is carried out and never answered (commands only: a stream that goes on leaves no event out);
 * - `lost`: it is neither carried out nor answered (commands only);
 * - `dies`: it is carried out, and the virsh ends in place of an answer, or of telling the event.
 *
 * What else happens then, `afterMs` later:
 * - `libvirtd-killed`: that side's libvirtd ends, and is started again `ms` later;
 * - `libvirtd-hangs` for `ms`: it does nothing, and nobody is told;
 * - `events-lost`: each `virsh event` on that side ends;
 * - `peer-cut` for `ms`: what the two libvirtds send each other does not arrive until then;
 * - `peer-reset`: their connection breaks, and both see it;
 * - `qemu-killed`: that side's QEMU ends without a word;
 * - `suspended`: an operator's `virsh suspend` there;
 * - `virsh-migrate-ends`: every `virsh migrate` is killed.
 */
import type { Side } from '../../../hypervisor.ts';
import type { JobPhase } from './host-domain.ts';

export type LibvirtTrigger =
  | { readonly phase: JobPhase; readonly side: Side }
  | { readonly virsh: string; readonly side: Side }
  | { readonly event: string; readonly side: Side }
  | { readonly atMs: number };

export type LibvirtAnswer =
  | { readonly do: 'delay'; readonly ms: number }
  | { readonly do: 'error' | 'never' | 'lost' | 'dies' };

export type LibvirtIncident = { readonly afterMs?: number } & (
  | { readonly do: 'libvirtd-killed' | 'libvirtd-hangs'; readonly to: Side; readonly ms: number }
  | { readonly do: 'events-lost' | 'suspended' | 'qemu-killed'; readonly to: Side }
  | { readonly do: 'peer-cut'; readonly ms: number }
  | { readonly do: 'peer-reset' | 'virsh-migrate-ends' }
);

export type LibvirtFault = { readonly on: LibvirtTrigger; readonly nth?: number } & (
  | LibvirtAnswer
  | LibvirtIncident
);

/** Counts what happens, and says what the faults have for it. */
export class LibvirtFaultScript {
  private readonly faults: readonly LibvirtFault[];
  private readonly counts = new Map<LibvirtFault, number>();
  private readonly carryOut: (incident: LibvirtIncident) => void;
  isOver = false;

  constructor(faults: readonly LibvirtFault[], carryOut: (incident: LibvirtIncident) => void) {
    this.faults = faults;
    this.carryOut = carryOut;
  }

  /** Those at instants of the clock, to be carried out by whoever has the clock. */
  get timed(): readonly { readonly atMs: number; readonly incident: LibvirtIncident }[] {
    return this.faults.flatMap((fault) =>
      'atMs' in fault.on && isIncident(fault) ? [{ atMs: fault.on.atMs, incident: fault }] : [],
    );
  }

  /** Carries out the incidents that belong to it. @returns what the command or event itself meets */
  meet(kind: 'phase' | 'virsh' | 'event', name: string, side: Side): LibvirtAnswer | undefined {
    if (this.isOver) return undefined;
    let answer: LibvirtAnswer | undefined;
    for (const fault of this.faults) {
      const { on, nth = 1 } = fault;
      if ('atMs' in on || on.side !== side || nameIn(on, kind) !== name) continue;
      const count = (this.counts.get(fault) ?? 0) + 1;
      this.counts.set(fault, count);
      if (count !== nth) continue;
      if (isIncident(fault)) this.carryOut(fault);
      else answer ??= fault;
    }
    return answer;
  }
}

function nameIn(on: Exclude<LibvirtTrigger, { atMs: number }>, kind: string): string | undefined {
  return (on as Partial<Record<string, string>>)[kind];
}

function isIncident<T extends LibvirtFault>(fault: T): fault is T & LibvirtIncident {
  return !['delay', 'error', 'never', 'lost', 'dies'].includes(fault.do);
}
