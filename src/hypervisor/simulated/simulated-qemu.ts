/**
 * One migration by QEMU's rules, on a virtual clock that starts at 0 with it. Nothing is done page by page:
 * the clock jumps from one instant at which something happens to the next, and what moved between is worked
 * out in closed form.
 *
 *     pre-copy ──▶ stop-and-copy ──▶ loading ──▶ ended
 *      │  │              └──────────────┴─────▶   ▲ ▲
 *      │  └───────── cancelled, failed ───────────┘ │
 *      └─▶ post-copy-switch ──▶ post-copy ──────────┘
 *                                  └──▶ post-copy-paused (the link broke; only a hand helps)
 *
 * QEMU's loop (migration/migration.c: migration_iteration_run) sends for at most 50 ms, then looks at what is
 * unsent. Below the threshold it syncs the dirty bitmap, and if what is dirty then still fits, it completes.
 * Looks lie on a grid of that length from the migration's start, and windows of 100 ms on theirs: in QEMU both
 * drift by how long the calls between them take. One machine of states, hence longer than most files.
 */
import { isBraked } from '../../model/braking.ts';
import type { Counters } from '../../model/observation.ts';
import type { BrakeLevers, MigrationEnd, MigrationEvent, SideState } from '../hypervisor.ts';
import { featuresOf } from '../qemu-rules/features.ts';
import type { AutoConvergeParameters } from './auto-converge.ts';
import { CopyPhysics, type CopyStart } from './copy-physics.ts';
import type { DirtyLog } from './dirty-log.ts';
import type { Scenario } from './scenario.ts';
import type { SwitchoverThreshold } from './switchover-threshold.ts';
import type { Transfer } from './transfer.ts';

/** As the QEMU driver samples while the guest stands still or is braked. */
const FINE_TICK_MS = 50;
/** Without ticks, how often a consumer hears that time passes while nothing moves. */
const STALLED_TICK_MS = 1000;
const NEVER = Number.POSITIVE_INFINITY;

type Phase =
  | 'pre-copy'
  | 'stop-and-copy'
  | 'loading'
  | 'post-copy-switch'
  | 'post-copy'
  | 'post-copy-paused'
  | 'ended';

/** What happens next; of several at one instant the first of this list. */
type Happening =
  | 'link-change'
  | 'window-close'
  | 'begin'
  | 'post-copy-switch'
  | 'look'
  | 'sync-timer'
  | 'all-sent'
  | 'started'
  | 'link-failure'
  | 'tick';

/** The hypervisor's part of {@link MigrationEnd}: what both sides know, whoever watches. */
export type SimulatedEnd = Pick<
  MigrationEnd,
  'atMs' | 'result' | 'error' | 'whereabouts' | 'sentBytes' | 'reportedDowntimeMs'
>;

export interface SimulatedStart extends CopyStart {
  readonly postCopy: boolean;
  /** `any`: auto-converge is on, held ready. */
  readonly brake: BrakeLevers;
}

export class SimulatedQemu {
  /** What each side would say of itself now. */
  source: SideState;
  destination: SideState = 'incoming';
  destinationRan = false;
  /** Defined once {@link phase} is `ended`. */
  end: SimulatedEnd | undefined;
  /** The controller that hears every event; undefined while nobody holds the migration. */
  listener: ((event: MigrationEvent) => void) | undefined;
  readonly threshold: SwitchoverThreshold;
  readonly start: SimulatedStart;

  private phase: Phase = 'pre-copy';
  private readonly scenario: Scenario;
  private readonly physics: CopyPhysics;
  private readonly guest: DirtyLog;
  private readonly transfer: Transfer;
  private nextTickMs = NEVER;
  private postCopyWanted = false;
  /** The guest stood still on the source since a STOP that was told; boundaries are told to nobody then. */
  private stopTold = false;
  /** When the guest's last pages began to move: from here QEMU counts its `downtime`. */
  private completionMs = 0;
  /** When the destination starts: set on the way into `loading` and `post-copy-switch`. */
  private startsMs = NEVER;
  /** Whether the guest is to run after the switchover. */
  private arrivesRunning = false;
  private told = 0;

  constructor(scenario: Scenario, start: SimulatedStart) {
    this.scenario = scenario;
    this.start = start;
    this.physics = new CopyPhysics(scenario, start);
    this.transfer = this.physics.transfer;
    this.threshold = this.physics.threshold;
    this.guest = this.physics.guest;
    this.source = scenario.running ? 'running' : 'paused';
    this.scheduleTick();
  }

  get nowMs(): number {
    return this.physics.nowMs;
  }

  /** Lets time pass until something was told, or the migration has ended. */
  runToNextEvent(): void {
    const before = this.told;
    while (this.told === before && this.phase !== 'ended') this.step(NEVER);
  }

  /** Lets time pass until that instant, with all that happens at it. */
  runUntil(atMs: number): void {
    while (this.phase !== 'ended' && this.step(atMs));
  }

  /** QEMU's `stop`: the vCPUs stand still; the migration does not know and goes on at the capped rate. */
  suspend(): void {
    // In the stop-and-copy the main thread is busy; the command would come after it, to no effect on this side.
    if (this.phase !== 'pre-copy' || !this.guest.running) return;
    this.stopGuest();
    this.source = 'paused';
  }

  /** Of auto-converge; without effect where it is off. */
  setThrottle(parameters: AutoConvergeParameters): void {
    this.guest.setThrottle(parameters);
  }

  /** Of the live passes, from now on. @param bytesPerSecond undefined: none */
  setCap(bytesPerSecond: number | undefined): void {
    this.physics.setCap(bytesPerSecond);
  }

  /** On the vCPU threads, from now on. */
  setQuota(percent: number): void {
    this.guest.quotaPercent = percent;
    this.scheduleTick();
  }

  /** `migrate-start-postcopy`: taken up at the loop's next look. */
  startPostCopy(): void {
    if (this.phase === 'pre-copy') this.postCopyWanted = true;
  }

  /** True while cancelling gives the guest back to the source. */
  get cancellable(): boolean {
    if (this.phase === 'post-copy-switch') return this.waitsForLoading;
    return this.phase === 'pre-copy' || this.phase === 'stop-and-copy' || this.phase === 'loading';
  }

  /** Only while {@link cancellable}. */
  cancel(): void {
    this.tell({ kind: 'status', atMs: this.nowMs, status: 'cancelling' });
    this.giveBack('cancelled', undefined);
  }

  /** @returns whether something happened by then */
  private step(untilMs: number): boolean {
    const { atMs, happening } = this.soonest();
    if (atMs > untilMs) {
      this.moveTo(untilMs);
      return false;
    }
    if (atMs === NEVER) throw new Error(`a simulated migration in ${this.phase} has nothing to wait for`);
    this.moveTo(atMs);
    this.happen(happening);
    return true;
  }

  private soonest(): { atMs: number; happening: Happening } {
    let happening: Happening = 'tick';
    let atMs = this.nextTickMs;
    const also = (candidateMs: number, candidate: Happening) => {
      if (candidateMs > atMs) return;
      atMs = candidateMs;
      happening = candidate;
    };
    const { transfer, nowMs } = this;
    // From the last of the list to the first, so that at one instant the first wins.
    if (transfer.stalledSinceMs !== undefined && this.phase !== 'post-copy-paused')
      also(transfer.stalledSinceMs + this.scenario.linkFailureMs, 'link-failure');
    switch (this.phase) {
      case 'pre-copy':
        also(this.guest.timerMs, 'sync-timer');
        also(this.physics.crossingLookMs(), 'look');
        if (this.postCopyWanted && transfer.moves) also(this.physics.nextLookMs(nowMs), 'post-copy-switch');
        if (this.guest.syncs === 0) also(0, 'begin');
        also(this.threshold.nextCloseMs(nowMs), 'window-close');
        break;
      case 'loading':
      case 'post-copy-switch':
        also(this.startsMs, 'started');
        break;
      case 'stop-and-copy':
      case 'post-copy':
        also(this.physics.allSentMs, 'all-sent');
        break;
    }
    also(transfer.nextChangeMs, 'link-change');
    return { atMs, happening };
  }

  private happen(happening: Happening): void {
    switch (happening) {
      case 'begin':
        return this.begin();
      case 'look':
        return this.look();
      case 'sync-timer':
        return this.syncTimer();
      case 'window-close':
        return this.threshold.close(this.nowMs);
      case 'link-change':
        return this.changeLink();
      case 'post-copy-switch':
        return this.switchToPostCopy();
      case 'all-sent':
        return this.allSent();
      case 'started':
        return this.started();
      case 'link-failure':
        return this.linkFailed();
      case 'tick':
        return this.tick();
    }
  }

  private moveTo(atMs: number): void {
    if (this.phase === 'pre-copy') this.physics.moveTo(atMs, 'pass-rate');
    else if (this.phase === 'stop-and-copy' || this.phase === 'post-copy')
      this.physics.moveTo(atMs, 'line-rate');
    else this.physics.moveTo(atMs, 'still');
  }

  private begin(): void {
    this.physics.sync();
    this.tell({ kind: 'status', atMs: this.nowMs, status: 'active' });
    this.tellBoundary();
  }

  /** migration_iteration_run below the threshold: sync, and complete if what is dirty now fits as well. */
  private look(): void {
    if (this.physics.look()) this.complete();
    else this.tellBoundary();
  }

  private syncTimer(): void {
    if (!this.guest.timer()) return;
    this.physics.sync();
    this.tellBoundary();
  }

  /** migration_completion: stop, sync once more (nothing is new to it), send the rest with the cap lifted. */
  private complete(): void {
    this.completionMs = this.nowMs;
    this.arrivesRunning = this.guest.running;
    this.stopGuest();
    this.physics.sync();
    this.source = 'switching-over';
    this.phase = 'stop-and-copy';
    // From 10.0 on always told; before, only with the capability pause-before-switchover.
    if (this.scenario.qemuVersion.major >= 10)
      this.tell({ kind: 'status', atMs: this.nowMs, status: 'device' });
  }

  /** postcopy_start: the last sync, then the guest's devices go over, and it starts there with its pages to follow. */
  private switchToPostCopy(): void {
    this.completionMs = this.nowMs;
    this.startsMs = this.nowMs + this.scenario.postCopyPauseMs;
    // loadvm_postcopy_handle_run_bh starts the guest even if it was stopped before.
    this.arrivesRunning = true;
    this.tell({
      kind: 'status',
      atMs: this.nowMs,
      status: this.waitsForLoading ? 'postcopy-device' : 'postcopy-active',
    });
    this.stopGuest();
    this.physics.sync();
    this.source = 'switching-over';
    this.phase = 'post-copy-switch';
  }

  private get waitsForLoading(): boolean {
    return featuresOf({ ...this.scenario.qemuVersion, package: '' }).postCopyWaitsForDevices;
  }

  private stopGuest(): void {
    if (this.guest.running) {
      this.guest.running = false;
      this.guest.quotaPercent = 0;
      this.stopTold = true;
      this.tell({ kind: 'stopped', atMs: this.nowMs });
    }
    this.scheduleTick();
  }

  private allSent(): void {
    this.transfer.sendAll();
    if (this.phase === 'post-copy') return this.finish('completed', undefined);
    this.phase = 'loading';
    this.startsMs = this.nowMs + this.scenario.switchoverFixedCostMs;
  }

  private started(): void {
    this.source = 'handed-over';
    // global_state carries "paused" over: a guest that was suspended waits for `cont` on the destination.
    this.destination = this.arrivesRunning ? 'running' : 'paused';
    if (this.arrivesRunning) {
      this.destinationRan = true;
      this.stopTold = false;
      this.tell({ kind: 'resumed', atMs: this.nowMs, side: 'destination' });
    }
    if (this.phase === 'loading') return this.finish('completed', undefined);
    if (this.waitsForLoading) this.tell({ kind: 'status', atMs: this.nowMs, status: 'postcopy-active' });
    this.phase = 'post-copy';
    this.scheduleTick();
  }

  private changeLink(): void {
    this.physics.changeLink();
    // Without ticks a consumer would not know what had arrived when the link broke.
    if (this.scenario.tickMs === NEVER) this.nextTickMs = this.transfer.moves ? NEVER : this.nowMs;
  }

  private linkFailed(): void {
    if (this.cancellable) return this.giveBack('failed', 'Unable to write to socket: Connection timed out');
    this.phase = 'post-copy-paused';
    this.tell({ kind: 'status', atMs: this.nowMs, status: 'postcopy-paused' });
  }

  /** migration_iteration_finish: a guest that the switchover stopped runs again, a suspended one stays paused. */
  private giveBack(result: 'cancelled' | 'failed', error: string | undefined): void {
    if (this.source === 'switching-over') {
      this.source = this.arrivesRunning ? 'running' : 'paused';
      if (this.arrivesRunning) this.tell({ kind: 'resumed', atMs: this.nowMs, side: 'source' });
    }
    // A QEMU whose incoming stream breaks exits; over a dead link it never learns of the break.
    this.destination = this.transfer.moves ? 'gone' : 'incoming';
    this.finish(result, error);
  }

  private finish(result: 'completed' | 'cancelled' | 'failed', error: string | undefined): void {
    this.phase = 'ended';
    this.end = {
      ...{ atMs: this.nowMs, result, error, sentBytes: Math.round(this.transfer.sentBytes) },
      whereabouts: { source: this.source, destination: this.destination },
      reportedDowntimeMs: result === 'completed' ? Math.round(this.startsMs - this.completionMs) : undefined,
    };
    this.tell({ kind: 'status', atMs: this.nowMs, status: result });
  }

  private tick(): void {
    this.scheduleTick();
    // QEMU answers no query while its main thread completes.
    if (this.source === 'switching-over') this.tell({ kind: 'silence', atMs: this.nowMs });
    else this.tell({ kind: 'tick', ...this.counters(), throttlePercent: this.guest.throttlePercent });
  }

  private scheduleTick(): void {
    const { tickMs } = this.scenario;
    const fine = this.stopTold || isBraked(this.guest.throttlePercent);
    const everyMs = fine ? Math.min(tickMs, FINE_TICK_MS) : tickMs;
    const heartbeatMs = this.transfer.moves ? NEVER : STALLED_TICK_MS;
    this.nextTickMs = this.nowMs + (tickMs === NEVER ? heartbeatMs : everyMs);
  }

  private tellBoundary(): void {
    if (this.stopTold) return;
    this.tell({ kind: 'boundary', ...this.counters(), throttlePercent: this.guest.throttlePercent });
  }

  private counters(): Counters {
    const { carriedBytes } = this.transfer.unsent;
    return {
      atMs: this.nowMs,
      pass: this.guest.syncs,
      sentBytes: Math.round(this.transfer.sentBytes),
      ...(carriedBytes === undefined ? {} : { carriedBytes: Math.round(carriedBytes) }),
      remainingBytes: Math.round(this.transfer.unsent.totalBytes),
      totalBytes: this.scenario.memoryBytes,
    };
  }

  private tell(event: MigrationEvent): void {
    this.told += 1;
    this.listener?.(event);
  }
}
