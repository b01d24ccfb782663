/**
 * The port through which everything above sees a hypervisor. Drivers (QEMU, libvirt, the simulator)
 * implement it and pass the contract suite beside it (`hypervisor.contract.ts`).
 *
 * A virtual machine is named by an address of the driver's own form (`qmp:/run/vm1.sock`).
 * Refusals are {@link RefusedError}: thrown before anything was touched. What goes wrong later is told by
 * `RunningMigration.ended`, which never rejects: a migration always has an end.
 *
 * Types only but for two errors, and longer than most files because it is the whole port.
 */
import type { PageSample } from '../model/compression.ts';
import type { Boundary, Tick } from '../model/observation.ts';
import type { Streams } from '../model/streams.ts';
import type { RefusedError } from './refusal.ts';
import type { VmIdentity } from './same-vm.ts';
import type { StreamTls } from './stream-tls.ts';

export { type RefusalCode, RefusedError } from './refusal.ts';

export interface Hypervisor {
  /** @throws {RefusedError} when the VM cannot be reached */
  inspect(vm: string): Promise<GuestFacts>;

  /**
   * Estimates how fast the guest dirties memory, without a migration, over about `durationMs`.
   * Only by means that cannot harm the guest (page sampling).
   * @param meant the VM that was looked at: no other one at the address by now is probed. Undefined: whichever is there
   * @throws {RefusedError}
   */
  probeDirtyRate(vm: string, durationMs: number, meant: VmIdentity | undefined): Promise<DirtyRateProbe>;

  /** A destination of our own migrations waits for our word, unless {@link StartOptions.destinationStartsItself}. */
  readonly destinationsWait: boolean;

  /** Whether {@link StartOptions.probeMs} is heeded. Else a probe takes its time before the start. */
  readonly probesUnderWay: boolean;

  /**
   * How much of the guest's memory the hypervisor's process holds, in bytes: what it does not hold was never
   * written and is zero. About that where the process cannot be looked into; undefined where nothing is known.
   * Never throws, and leaves the guest alone.
   */
  residentBytes(guest: GuestFacts): Promise<number | undefined>;

  /**
   * What becomes of a sample of the guest's pages when they are compressed; left out, or undefined, where they cannot be read.
   * Never throws, and leaves the guest alone.
   */
  samplePages?(guest: GuestFacts): Promise<PageSample | undefined>;

  /**
   * Checks both ends without changing either, but that certificates are tried: they are loaded, and let go of at once.
   * @throws {RefusedError} with every finding, when one of the ends cannot be reached
   */
  check(vm: string, destination: Destination, options: CheckOptions): Promise<CheckReport>;

  /**
   * Marks the VM at its host as driven by us, for controllers on other machines; left out where the hypervisor serves
   * one controller at a time by itself.
   * @param meant the VM that was checked: no other one at the address by now is marked. Undefined: whichever is there
   * @throws {RefusedError} `held` when another one drives it
   */
  claim?(vm: string, destination: string, meant: VmIdentity | undefined): Promise<Claim>;

  /**
   * The claim that a controller before us on this machine left with a migration that goes on with us.
   * @param meant as for {@link claim} @throws {RefusedError}
   */
  inheritClaim?(vm: string, destination: string | undefined, meant: VmIdentity): Promise<Claim>;

  /** For those who come upon a migration, and can mark nothing any more. @throws {RefusedError} `held` as above */
  assertUnclaimed?(vm: string): Promise<void>;

  /** Begins to migrate. @throws {RefusedError} with every finding, before anything was touched */
  start(vm: string, destination: Destination, options: StartOptions): Promise<RunningMigration>;

  /** Takes over a migration that is under way, whoever began it. @throws {RefusedError} when there is none */
  attach(vm: string, options: AttachOptions): Promise<RunningMigration>;

  /**
   * What a controller before us had told to begin may be on its way still, carried out by a program that outlives it: looks
   * until it has begun, or is long overdue. Left out: a start is heard at once, or never.
   * @param mark of that migration @throws {RefusedError}
   */
  onceBegun?(vm: string, mark: string): Promise<GuestFacts>;

  /**
   * Where the VM runs now, from what both ends say and not from memory. Never throws.
   * @param meant another VM that answers at either address is not it, whatever it does. Left out: whoever answers is
   * @param mayArrive the destination may be loading what it has got, to start it then: it is asked until it does, or has
   *   ended, or waits on for so long that it does not
   */
  locate(
    vm: string,
    destination: string | undefined,
    meant?: VmIdentity,
    mayArrive?: boolean,
  ): Promise<Whereabouts>;

  /**
   * On one side of a migration that is over, and whose controller did not see its end: makes the guest run there where
   * that is asked for, and puts back what was set. @throws {Error} when it could not be made to run, or another VM is there
   */
  settleAt(vm: string, todo: SettleTodo): Promise<Settled>;

  /**
   * A destination that starts the guest by itself, once it has all that was sent to it, is kept from that. Left out: it
   * starts no guest without the source's word. @throws {Error} when it has started it, could not be kept, or is another VM
   */
  keepFromStarting?(vm: string, meant: VmIdentity): Promise<Effect>;
}

/** A mark at the host, for as long as we drive the VM. */
export interface Claim {
  /** Right before the migration begins. @throws {RefusedError} `held` when another one has taken it meanwhile */
  rest(): Promise<void>;
  /** Once the migration has ended, at the side that has the VM then. Never rejects: a left mark is found stale. */
  release(side: Side): Promise<void>;
}

export interface SettleTodo {
  /** The VM that is expected there. */
  readonly meant: VmIdentity;
  readonly run: boolean;
  /** Undefined: nothing is to be put back. */
  readonly former: FormerSettings | undefined;
}

export interface Settled {
  /** Undefined: nothing was done. */
  readonly effect: Effect | undefined;
  readonly restored: Restored | undefined;
}

export interface GuestFacts {
  readonly vm: string;
  readonly name: string;
  /** Of the VM, the same at both ends; undefined where it has none. */
  readonly uuid: string | undefined;
  /** As people call it: `QEMU 10.0.2`. */
  readonly hypervisor: string;
  readonly accelerator: 'kvm' | 'tcg';
  readonly machineType: string | undefined;
  readonly memoryBytes: number;
  /** Undefined where the hypervisor does not say. */
  readonly vcpus?: number | undefined;
  readonly state: SideState;
  /** True while a migration of this VM is under way. */
  readonly migrating: boolean;
  /** By which that migration is known again, see `migration-mark.ts`; undefined while there is none. */
  readonly mark?: string | undefined;
  /** A sentence when a migration could lose writes of this guest; undefined when it is safe. */
  readonly losesWrites: string | undefined;
}

export interface DirtyRateProbe {
  readonly durationMs: number;
  readonly dirtyRateBytesPerSecond: number;
}

export interface Destination {
  /** The VM's address on the destination host, as this machine reaches it. */
  readonly vm: string;
  /** How the source host reaches the destination's hypervisor, when that is not as this machine does. */
  readonly peerUri?: string | undefined;
  /**
   * Where the memory is sent, in the hypervisor's own form (`tcp:10.77.0.2:4444`); undefined: as the
   * hypervisors agree among themselves.
   */
  readonly migrateUri: string | undefined;
  /** Where the destination listens, when that is not the same (`tcp:0.0.0.0:4444`). */
  readonly listenUri: string | undefined;
}

export interface CheckOptions {
  /** Migrate although {@link GuestFacts.losesWrites} says that this may lose memory. */
  readonly force: boolean;
  /** Post-copy may be asked for later, so both ends must be able to. */
  readonly postCopy: boolean;
  /** The link's rate, where the user states it. */
  readonly lineRateBytesPerSecond: number | undefined;
  /** Left out: one connection, or as the hypervisor is set already, and pages as they are. */
  readonly streams?: Streams | undefined;
  /** Encrypt the memory on its way. Left out: as the hypervisor is set already. */
  readonly tls?: StreamTls | undefined;
}

export interface CheckReport {
  readonly guest: GuestFacts;
  /** One sentence, with its code, for each thing that forbids the migration; empty: it may start. */
  readonly findings: readonly RefusedError[];
  /** What could not be found out, or is worth knowing and forbids nothing; a sentence each. */
  readonly notes: readonly string[];
  /** What is hardly wanted and forbids nothing all the same; a sentence each. Left out: nothing is. */
  readonly warnings?: readonly string[];
  /** As in {@link RunningMigration.encrypted}. */
  readonly encrypted?: boolean | undefined;
  /** The hypervisor may crash once more than this was sent: the migration has to end before. Undefined: it may not. */
  readonly maxSentBytes?: number | undefined;
  /**
   * From the guest's arrival to our word that lets it run there, where it waits for that: what the way to the destination and
   * back makes of it, in milliseconds. Left out: no destination waits for our word.
   */
  readonly wordMs?: number;
}

/**
 * What may be slowed down with later: nothing, only what bites at once and is not felt before it does
 * ({@link RunningMigration.brakesAtOnce}), or any lever that can be made ready.
 */
export type BrakeLevers = 'none' | 'at-once' | 'any';

export interface StartOptions extends CheckOptions {
  /** The VM that was checked: no other one that answers at the address by now is touched. Undefined: whichever does. */
  readonly meant: VmIdentity | undefined;
  /** {@link RunningMigration.throttle} may be asked for later, so it is made ready now. */
  readonly brake: BrakeLevers;
  /** The pause that is allowed from the start. */
  readonly downtimeLimitMs: number;
  /** What a switchover costs beside the memory: taken off that. Left out: nothing is. */
  readonly fixedCostMs?: number | undefined;
  readonly bandwidthBytesPerSecond: number | undefined;
  /**
   * Probe the guest for that long as the first pass begins, as {@link Hypervisor.probeDirtyRate} does; told by `probed`,
   * or by nothing where it fails. Left out: no probe.
   */
  readonly probeMs?: number | undefined;
  /**
   * The destination runs the guest as soon as it has everything, without a controller's word. Then a link that is cut
   * in the last moment can leave both sides running it.
   */
  readonly destinationStartsItself?: boolean;
  /** Told of the settings of a side before they are changed, and waited for. */
  remember?(former: FormerSettings): Promise<void>;
  /**
   * Told that the hypervisor is about to be told to migrate, and waited for: the last moment at which nothing has begun.
   * @param mark of the migration to be, see {@link RunningMigration.mark}
   */
  begins?(mark: string): Promise<void>;
  /** What controllers before us left changed: it is what is put back in the end. */
  readonly former?: readonly FormerSettings[];
}

export interface AttachOptions {
  /** The VM that was looked at: no other one that answers at the address by now is touched. Undefined: whichever does. */
  readonly meant: VmIdentity | undefined;
  /** {@link RunningMigration.throttle} may be asked for later: `any` is refused when it would do nothing. */
  readonly brake: BrakeLevers;
  /** This migration was begun with {@link StartOptions.brake} `any`, where that is known. */
  readonly begunWithBrake?: boolean;
  /** The VM's address on the destination; without it the pause cannot be measured. */
  readonly destination: string | undefined;
  readonly lineRateBytesPerSecond: number | undefined;
  /** Look after the downtime limit too, and tell when somebody else sets it. */
  readonly noticesLimit?: boolean;
  /** What the journal of the controller before us says; undefined where there is none. */
  readonly inherited?: Inheritance | undefined;
  /** As in {@link StartOptions}. */
  remember?(former: FormerSettings): Promise<void>;
}

/** What a controller left that began a migration and did not see its end. */
export interface Inheritance {
  /** It began the migration, and not only followed it. */
  readonly began: boolean;
  /** It told the destination to wait for a controller's word before it runs the guest. */
  readonly destinationWaits: boolean;
  /** It was cancelling, or followed one that was: the destination may have been told to wait. Left out: it cannot have been. */
  readonly mayHaveFenced?: boolean;
  /** What was set before it changed it. */
  readonly former: readonly FormerSettings[];
  /** As in {@link RunningMigration.encrypted}. */
  readonly encrypted?: boolean | undefined;
  /** What it last let the hypervisor accept, in milliseconds; undefined where it set nothing. */
  readonly downtimeLimitMs?: number | undefined;
}

/** The settings of one side as they were before a controller changed them, in the hypervisor's names. */
export interface FormerSettings {
  readonly side: Side;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly capabilities: Readonly<Record<string, boolean>>;
  /** Ids of objects that were not there and are made: they go when the rest is put back. Left out: none. */
  readonly made?: readonly string[];
}

export type Side = 'source' | 'destination';

/** What one side says of the VM. */
export type SideState =
  | 'running'
  | 'paused'
  /** Waiting for, or receiving, an incoming migration. */
  | 'incoming'
  /** Stopped for the switchover, memory still being sent. */
  | 'switching-over'
  /** All was sent; this side does not run the VM any more unless told to. */
  | 'handed-over'
  /** It cannot run the guest any more: its process is proved dead, or the host says that there is no such VM. */
  | 'gone'
  /** It is there and does not answer. */
  | 'silent'
  /** It cannot be asked: the way to it is lost. It may well run the guest. */
  | 'unreachable'
  /** No address was given for it. */
  | 'unknown';

export interface Whereabouts {
  readonly source: SideState;
  readonly destination: SideState;
}

/** What happens in a migration, in order. Times as in {@link Counters}. */
export type MigrationEvent =
  | Boundary
  | Tick
  | { readonly kind: 'probed'; readonly atMs: number; readonly probe: DirtyRateProbe }
  /** The hypervisors still agree on the migration, nothing moves yet: it cannot have stalled. */
  | { readonly kind: 'preparing'; readonly atMs: number }
  /** Somebody else set the downtime limit, in milliseconds. */
  | { readonly kind: 'limit-set'; readonly atMs: number; readonly limitMs: number }
  /** The hypervisor did not answer in time; time passes all the same. */
  | { readonly kind: 'silence'; readonly atMs: number }
  /** The guest stopped on the source: for the switchover, until {@link MigrationEvent} `held` says otherwise. */
  | { readonly kind: 'stopped'; readonly atMs: number; readonly unseenMs?: number }
  /** The stop was not the migration's: an operator, a full disk, a watchdog. The copy goes on. */
  | { readonly kind: 'held'; readonly atMs: number; readonly by: string }
  /** The guest runs on that side (again). */
  | { readonly kind: 'resumed'; readonly atMs: number; readonly side: Side; readonly unseenMs?: number }
  /** The source has handed the guest over for good, and the destination waits for our word to run it. */
  | { readonly kind: 'handed-over'; readonly atMs: number }
  /** The guest shut itself down, or was shut down, on that side. */
  | { readonly kind: 'guest-ended'; readonly atMs: number; readonly side: Side; readonly words: string }
  /** We looked at nothing for so long: a frozen or busy controller. Nothing in this time is the guest's fault. */
  | { readonly kind: 'gap'; readonly atMs: number; readonly forMs: number }
  /** The hypervisor's own word for where it is, for the record. */
  | { readonly kind: 'status'; readonly atMs: number; readonly status: string }
  /** The way to a side: `lost` is tried again, `ended` is proved. */
  | {
      readonly kind: 'monitor';
      readonly atMs: number;
      readonly side: Side;
      readonly state: 'lost' | 'back' | 'ended';
      readonly words: string;
    };

export interface PauseRequest {
  /** The guest must not stop if its pause would be longer. */
  readonly pauseMs: number;
  /** Of the switchover, beside the memory: the rest of the pause is for sending. */
  readonly fixedCostMs: number;
  /** The rate at which the stop-and-copy is expected to move memory; undefined: as the hypervisor measures. */
  readonly lineRateBytesPerSecond: number | undefined;
  /** Bytes of guest memory that each byte on the wire carries, where that is more than one. Left out: one. */
  readonly perWireByte?: number | undefined;
  /** `pauseMs` is the hypervisor's own limit already: nothing is taken off or converted. */
  readonly asIs?: boolean;
}

/** What was done to a hypervisor, for the journal. */
export interface Effect {
  /** In the hypervisor's words. */
  readonly did: string;
  /** What was set, as data; `downtimeLimitMs` where that was the limit. */
  readonly set?: Readonly<Record<string, unknown>>;
}

export interface RunningMigration {
  readonly guest: GuestFacts;
  /**
   * The guest ran when it was last seen, the migration's own stop aside: it must run at the end. Somebody who stops it,
   * or lets it run, on the way changes that.
   */
  readonly wasRunning: boolean;
  /** We, or a controller of ours before us, began it: what somebody else began is never resumed by us. */
  readonly begunByUs: boolean;
  /** The destination runs the guest only when {@link letRun} tells it so. */
  readonly destinationWaits: boolean;
  /** By which a later controller knows this migration again, see `migration-mark.ts`. */
  readonly mark: string;
  /** Settles once {@link mark} is certain, where the hypervisor may be slow to begin it. Never rejects. */
  readonly markCertain?: Promise<unknown>;
  /** One consumer; ends when the migration has ended or {@link detach} was called. */
  readonly events: AsyncIterable<MigrationEvent>;
  /** Settles once when the hypervisor's part is over; never rejects. */
  readonly ended: Promise<MigrationEnd>;
  /** The cap of the passes now (`max-bandwidth`), which the stop-and-copy does not have; undefined: none, or not known. */
  readonly passCapBytesPerSecond: number | undefined;
  /** As in {@link CheckReport.maxSentBytes}. */
  readonly maxSentBytes?: number | undefined;
  /** {@link throttle} bites at once, and can be taken back. */
  readonly brakesAtOnce: boolean;
  /** The hypervisors encrypt the memory on its way (TLS), or do not; undefined: not known. */
  readonly encrypted?: boolean | undefined;

  /**
   * Lets the hypervisor stop the guest at any boundary whose pause fits the request.
   */
  setDowntimeLimit(request: PauseRequest): Promise<Effect>;
  /**
   * Caps the passes from now on. The pause that is allowed stays as it is.
   * @param bytesPerSecond undefined: no cap @throws {Error} when the hypervisor does not take it
   */
  setPassCap(bytesPerSecond: number | undefined): Promise<Effect>;
  /**
   * Has the hypervisor withhold that much of the vCPUs' time from its next opportunity on, at the earliest from the
   * next boundary; told by `throttlePercent`. It is released when the migration ends, however it does.
   * @param percent from 1 to 99; 0: takes back what bites at once
   * @throws {Error} when the migration was not started, or not attached to, with `brake`
   */
  throttle(percent: number): Promise<Effect>;
  suspend(): Promise<Effect>;
  startPostCopy(): Promise<Effect>;
  /**
   * Post-copy whose stream is lost, or stands still, goes on over a new one. Left out: not by us.
   * @throws {Error} when there is nothing to recover, or it could not be done now: nothing is lost by trying again
   */
  recover?(stream: Pick<Destination, 'migrateUri' | 'listenUri'>): Promise<Effect>;
  /**
   * Ends the migration so that the guest goes on at the source. A destination that would start by itself is first
   * kept from it. The end is told by {@link ended}. May be called again where it failed.
   * @throws {TooLateError} when the destination already has the guest, or post-copy has begun
   * @throws {Error} when it could not be done now
   */
  cancel(): Promise<Effect>;
  /**
   * While a cancel fails: the hypervisor stops the guest for next to nothing only, and throttles it no more.
   * @throws {Error} when the hypervisor does not take it
   */
  restrain(): Promise<Effect>;
  /** Lets the destination run the guest that was handed over, where it waits for that. */
  letRun(): Promise<Effect>;
  /** Makes a stopped guest run on that side; only to be called once {@link ended} has settled. */
  resume(side: Side): Promise<Effect & { readonly atMs: number }>;
  /** Stops the guest on that side; only to be called once {@link ended} has settled. */
  halt(side: Side): Promise<Effect>;
  /**
   * Puts back what was set on both sides, as far as they are there.
   * @returns what could not be put back: a sentence each, with the commands to type
   */
  putBack(): Promise<readonly Restored[]>;
  /** Whether the guest's process on that side was seen to end, also since {@link ended} has settled. */
  isGone(side: Side): boolean;
  /** Lets go without touching the migration. Idempotent. */
  detach(): Promise<void>;
}

export interface Restored {
  readonly side: Side;
  /** Undefined: all of it is as it was. */
  readonly problem: string | undefined;
}

/** What the destination counted of vCPUs that waited for pages in post-copy. Null: it did not. */
export interface PageWaits {
  /** How long all vCPUs at once waited. */
  readonly allBlockedMs: number | null;
  /** How long each vCPU waited, in their order. */
  readonly vcpuBlockedMs: readonly number[] | null;
  /** From asking for a page to having it, on average. */
  readonly pageLatencyMs: number | null;
}

/** What the hypervisor says at the end of its part. */
export interface MigrationEnd {
  readonly atMs: number;
  readonly result: 'completed' | 'failed' | 'cancelled' | 'detached' | 'lost';
  /** The hypervisor's own words for a failure. */
  readonly error: string | undefined;
  readonly whereabouts: Whereabouts;
  /** Whether the destination was seen to run the guest; undefined when it was not watched without a gap. */
  readonly destinationEverRan: boolean | undefined;
  /** Whether the source was seen to stop for the switchover; undefined when it was not watched without a gap. */
  readonly sourceEverStopped: boolean | undefined;
  /** The destination cannot run the guest without our word: it was told to wait, and waited when last seen. */
  readonly destinationWaits: boolean;
  /**
   * A cancel may have told the destination to wait, so that the source handed the guest over does not say that it runs. Left
   * out: none can have.
   */
  readonly mayBeFenced?: boolean;
  /** The destination may have held the guest without all of its memory. */
  readonly postCopyBegan: boolean;
  /** Who stopped the guest on the source, where that was not the migration: then it is not ours to resume. */
  readonly heldBy: string | undefined;
  /** How the guest ended by itself, where it did. */
  readonly guestEnded: string | undefined;
  readonly sentBytes: number | undefined;
  /** The hypervisor's own downtime figure. Not the guest's pause: it leaves out a `stop` before the switchover. */
  readonly reportedDowntimeMs: number | undefined;
  /** Left out: it was not asked, or there was no post-copy. */
  readonly pageWaits?: PageWaits | undefined;
}

/**
 * The hypervisor did not answer while the migration was being set up, or what was set could not be put back: it was not
 * begun, the guest runs on the source, and something may have been touched. The message says what.
 */
export class NotBegunError extends Error {
  override readonly name = 'NotBegunError';
  /** Somebody wished so before it had begun. */
  readonly wished: boolean;
  /** The source's process is proved dead, and the guest with it. */
  readonly sourceEnded: boolean;
  /** What became of the settings that were changed. A side that is not here was not touched, or not seen to be. */
  readonly restored: readonly Restored[];

  constructor(
    message: string,
    options: ErrorOptions & {
      readonly wished?: boolean;
      readonly sourceEnded?: boolean;
      readonly restored?: readonly Restored[];
    } = {},
  ) {
    super(message, options);
    this.restored = options.restored ?? [];
    this.wished = options.wished === true;
    this.sourceEnded = options.sourceEnded === true;
  }
}

/** The migration is past the point at which it could be cancelled. */
export class TooLateError extends Error {
  override readonly name = 'TooLateError';
}
