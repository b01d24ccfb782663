/** What a schedule's controllers work on: two simulated QEMUs, at whose monitors the driver is, or between them libvirt. */
import type { Destination, Hypervisor, Side } from '../../src/hypervisor/hypervisor.ts';
import type { Access } from '../../src/hypervisor/libvirt/access.ts';
import type { EventHub } from '../../src/hypervisor/libvirt/virsh/event-hub.ts';
import type { SimulatedPair } from '../../src/hypervisor/simulated/protocol/simulated-pair.ts';
import type { KillableController } from '../../src/hypervisor/testing/killable-controller.ts';

/** `cancel`: of the migration, on its source. */
export type ByHand = 'cont' | 'stop' | 'cancel';

export interface WatchedHosts {
  readonly uris: readonly string[];
  readonly access: Access;
  readonly hub: EventHub;
}

export interface World {
  /** Who runs the guest is what these say. */
  readonly qemus: SimulatedPair;
  readonly vm: string;
  readonly target: Destination;
  /** Commands of the driver's that start, stop or end something. */
  readonly acts: readonly string[];
  /** Whether a story tells of that command: it does more than ask. */
  isTold(command: string): boolean;
  /** Called with each command that the driver gave, just before it is carried out or refused. */
  onCommand: (side: Side, command: string) => void;
  /** Called with what else happens that a story is not to be without. */
  onHappening: (words: string) => void;
  /** Of whatever the driver speaks to. */
  readonly commands: number;
  /** As that process has the driver. */
  hypervisor(process: KillableController): Hypervisor;
  /** As a watch of that process has the two hosts. Left out: nothing is there that it could follow. */
  watched?(process: KillableController): WatchedHosts;
  /** @param hasSet called where he had to set something first, which is his and stays */
  beginAsSomebodyElse(hasSet: () => void): Promise<void>;
  /** A person's command. */
  byHand(side: Side, command: ByHand): Promise<void>;
  /** What is broken on the way is mended; what is dead stays dead. */
  endFaults(): void;
  /** A controller was killed when it had no journal that is open: what it may leave then is for whoever takes the VM next. */
  killedUnjournaled: boolean;
  /** What switchover may change, and has to leave as it was. */
  settingsOf(side: Side): unknown;
  /** Whether the driver, or a person, told that side to run at that instant. */
  wasTold(side: Side, atMs: number): boolean;
  /** Whoever attaches afterwards learns how it ended, and can put back what is set. */
  readonly canBeAsked: boolean;
}
