/**
 * The port through which everything above sees a hypervisor. Drivers (QEMU, libvirt, the simulator)
 * implement it and pass the contract suite beside it (`hypervisor.contract.ts`).
 *
 * A virtual machine is named by an address of the driver's own form (`qmp:/run/vm1.sock`).
 * Refusals are {@link RefusedError}: thrown before anything was touched. What goes wrong later is told by
 * `RunningMigration.ended`, which never rejects: a migration always has an end.
 */
import type { Boundary, Tick } from '../model/observation.ts';

export interface Hypervisor {
  /** @throws {RefusedError} when the VM cannot be reached */
  inspect(vm: string): Promise<GuestFacts>;

  /**
   * Estimates how fast the guest dirties memory, without a migration, over about `durationMs`.
   * Only by means that cannot harm the guest (page sampling). @throws {RefusedError}
   */
  probeDirtyRate(vm: string, durationMs: number): Promise<DirtyRateProbe>;

  /** Whether {@link StartOptions.probeMs} is heeded. Else a probe takes its time before the start. */
  readonly probesUnderWay: boolean;

  /**
   * How much of the guest's memory the hypervisor's process holds, in bytes: what it does not hold was never
   * written and is zero. About that where the process cannot be looked into; undefined where nothing is known.
   * Never throws, and leaves the guest alone.
   */
  residentBytes(guest: GuestFacts): Promise<number | undefined>;

  /**
   * Checks both ends without changing either.
   * @throws {RefusedError} with every finding, when one of the ends cannot be reached
   */
  check(vm: string, destination: Destination, options: CheckOptions): Promise<CheckReport>;

  /** Begins to migrate. @throws {RefusedError} with every finding, before anything was touched */
  start(vm: string, destination: Destination, options: StartOptions): Promise<RunningMigration>;

  /** Takes over a migration that is under way, whoever began it. @throws {RefusedError} when there is none */
  attach(vm: string, options: AttachOptions): Promise<RunningMigration>;

  /** Where the VM runs now, from what both ends say and not from memory. Never throws. */
  locate(vm: string, destination: string | undefined): Promise<Whereabouts>;
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
  readonly state: SideState;
  /** True while a migration of this VM is under way. */
  readonly migrating: boolean;
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
}

export interface CheckReport {
  readonly guest: GuestFacts;
  /** One sentence, with its code, for each thing that forbids the migration; empty: it may start. */
  readonly findings: readonly RefusedError[];
  /** What could not be found out, or is worth knowing and forbids nothing; a sentence each. */
  readonly notes: readonly string[];
  /** The hypervisor may crash once more than this was sent: the migration has to end before. Undefined: it may not. */
  readonly maxSentBytes?: number | undefined;
}

export interface StartOptions extends CheckOptions {
  /** {@link RunningMigration.throttle} may be asked for later, so it is made ready now. */
  readonly brake: boolean;
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
}

export interface AttachOptions {
  /** {@link RunningMigration.throttle} may be asked for later: refused when it would do nothing. */
  readonly brake: boolean;
  /** This migration was begun with {@link StartOptions.brake}, where that is known. */
  readonly begunWithBrake?: boolean;
  /** The VM's address on the destination; without it the pause cannot be measured. */
  readonly destination: string | undefined;
  readonly lineRateBytesPerSecond: number | undefined;
}

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
  /** The process has ended, or nothing listens at the address. */
  | 'gone'
  /** It is there and does not answer. */
  | 'silent'
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
  /** The hypervisor did not answer in time; time passes all the same. */
  | { readonly kind: 'silence'; readonly atMs: number }
  /** The guest stopped on the source. */
  | { readonly kind: 'stopped'; readonly atMs: number }
  /** The guest runs on that side (again). */
  | { readonly kind: 'resumed'; readonly atMs: number; readonly side: 'source' | 'destination' }
  /** The hypervisor's own word for where it is, for the record. */
  | { readonly kind: 'status'; readonly atMs: number; readonly status: string }
  | { readonly kind: 'destination-lost'; readonly atMs: number };

export interface PauseRequest {
  /** The guest must not stop if its pause would be longer. */
  readonly pauseMs: number;
  /** Of the switchover, beside the memory: the rest of the pause is for sending. */
  readonly fixedCostMs: number;
  /** The rate at which the stop-and-copy is expected to move memory; undefined: as the hypervisor measures. */
  readonly lineRateBytesPerSecond: number | undefined;
  /** `pauseMs` is the hypervisor's own limit already: nothing is taken off or converted. */
  readonly asIs?: boolean;
}

export interface RunningMigration {
  readonly guest: GuestFacts;
  /** True when the guest ran at the beginning: it must run at the end. */
  readonly wasRunning: boolean;
  /** One consumer; ends when the migration has ended or {@link detach} was called. */
  readonly events: AsyncIterable<MigrationEvent>;
  /** Settles once when the hypervisor's part is over; never rejects. */
  readonly ended: Promise<MigrationEnd>;
  /** The cap of the passes (`max-bandwidth`), which the stop-and-copy does not have; undefined: none, or not known. */
  readonly passCapBytesPerSecond: number | undefined;
  /** As in {@link CheckReport.maxSentBytes}. */
  readonly maxSentBytes?: number | undefined;

  /**
   * Lets the hypervisor stop the guest at any boundary whose pause fits the request.
   * @returns what was set, in the hypervisor's words, for the journal
   */
  setDowntimeLimit(request: PauseRequest): Promise<string>;
  /**
   * Has the hypervisor withhold that much of the vCPUs' time from its next opportunity on, at the earliest from the
   * next boundary; told by `throttlePercent`. It is released when the migration ends, however it does.
   * @param percent from 1 to 99
   * @throws {Error} when the migration was not started, or not attached to, with `brake`
   */
  throttle(percent: number): Promise<string>;
  suspend(): Promise<string>;
  startPostCopy(): Promise<string>;
  /**
   * Ends the migration so that the guest goes on at the source. When the guest is already stopped for the
   * switchover the destination is first kept from starting it. The end is told by {@link ended}.
   * @throws {TooLateError} when the destination already has the guest, or post-copy has begun
   */
  cancel(): Promise<string>;
  /** Makes a stopped guest run on that side; only to be called once {@link ended} has settled. */
  resume(side: 'source' | 'destination'): Promise<{ readonly atMs: number; readonly did: string }>;
  /** Lets go without touching the migration. Idempotent. */
  detach(): Promise<void>;
}

/** What the hypervisor says at the end of its part. */
export interface MigrationEnd {
  readonly atMs: number;
  readonly result: 'completed' | 'failed' | 'cancelled' | 'detached' | 'lost';
  /** The hypervisor's own words for a failure. */
  readonly error: string | undefined;
  readonly whereabouts: Whereabouts;
  /** Whether the destination was seen to run the guest; undefined when it was not watched from the start. */
  readonly destinationEverRan: boolean | undefined;
  readonly sentBytes: number | undefined;
  /** The hypervisor's own downtime figure. Not the guest's pause: see facts on QEMU, `downtime`. */
  readonly reportedDowntimeMs: number | undefined;
}

export type RefusalCode =
  | 'bad-address'
  | 'no-socket'
  | 'not-a-monitor'
  | 'monitor-busy'
  | 'unreachable'
  | 'loses-writes'
  | 'known-defect'
  | 'different-vm'
  | 'migration-blocked'
  | 'not-running'
  | 'already-migrating'
  | 'not-migrating'
  | 'destination-not-waiting'
  | 'different-machine'
  | 'different-memory'
  | 'different-capabilities'
  | 'lacks-feature'
  | 'bad-migrate-uri'
  | 'no-virsh'
  | 'no-domain'
  | 'read-only'
  | 'authentication'
  | 'hypervisor-refused'
  | 'name-taken'
  | 'different-cpu'
  | 'no-memory'
  | 'not-shared'
  | 'unsafe-cache'
  | 'host-device';

/** Refused before anything was touched; the message says what is wrong and what to do. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly code: RefusalCode;
  constructor(code: RefusalCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** @throws {RefusedError} one for all of them, when there are any */
  static throwAny(findings: readonly RefusedError[]): void {
    const [first, ...others] = findings;
    if (first) throw RefusedError.of([first, ...others]);
  }

  /** Of several attempts that failed: one refusal for all, unless one failed for a reason that nobody expected. */
  static ofFailures(reasons: readonly unknown[]): unknown {
    const unexpected = reasons.find((reason) => !(reason instanceof RefusedError));
    if (unexpected !== undefined) return unexpected;
    const [first, ...others] = reasons as RefusedError[];
    return first && RefusedError.of([first, ...others]);
  }

  /** One error for several findings, a line each; its code is the first one's. */
  static of(findings: readonly [RefusedError, ...RefusedError[]]): RefusedError {
    const [first, ...others] = findings;
    if (others.length === 0) return first;
    return new RefusedError(first.code, findings.map((finding) => finding.message).join('\n'), {
      cause: findings,
    });
  }
}

/** The migration is past the point at which it could be cancelled. */
export class TooLateError extends Error {
  override readonly name = 'TooLateError';
}
