/**
 * A simulated QEMU's migration thread, from `migrate` to its end, in virtual time. It wakes when something happens and
 * works out what moved in between (`copy-physics.ts`).
 *
 *     connecting ──▶ pre-copy ─┬▶ (pre-switchover) ──▶ stop-and-copy ──▶ awaiting-word ──▶ over
 *                        └──▶ post-copy-switch ──▶ post-copy ──┴──────^       (from 10.2 on also: ──▶ over)
 *                                                      └──▶ post-copy-paused ──▶ post-copy
 *
 * In the stop-and-copy it holds the big lock, so the main loop answers nothing. It waits for the destination's word
 * without the lock. What breaks before that word makes the source resume, whatever the destination does. One machine of
 * states, hence longer than most files.
 */
import { isPostCopy } from '../../../model/migration-status.ts';
import { WIRE_PER_BYTE } from '../../../model/qemu-constants.ts';
import type { QemuRunState } from '../../qemu/qmp/commands.ts';
import { featuresOf } from '../../qemu-rules/features.ts';
import { isAtLeast } from '../../qemu-rules/version.ts';
import { autoConvergeOf } from '../auto-converge.ts';
import { CopyPhysics, type Pace } from '../copy-physics.ts';
import { MigrationStream, type StreamSource } from './migration-stream.ts';
import { SimulatedRefusal } from './monitor-server.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { StartCause } from './truth.ts';
import { handshakeFailure } from './user-objects.ts';

type Phase =
  | 'connecting'
  | 'pre-copy'
  /** The guest stands still, and `migrate-continue` is waited for: with the capability pause-before-switchover. */
  | 'pre-switchover'
  | 'stop-and-copy'
  | 'awaiting-word'
  | 'post-copy-switch'
  | 'post-copy'
  | 'post-copy-paused'
  | 'over';

type Happening =
  | 'look'
  | 'sync-timer'
  | 'window-close'
  | 'link-change'
  | 'post-copy-switch'
  | 'all-sent'
  | 'link-failure';

/** From the end of the thread to the guest's last run state (migration_iteration_finish). */
const FINISH_MS = 1;
const CONNECT_MS = 1;
const NEVER = Number.POSITIVE_INFINITY;

export class OutgoingMigration implements StreamSource {
  private readonly process: SimulatedProcess;
  private readonly physics: CopyPhysics;
  private capBytesPerSecond: number | undefined;
  private stream: MigrationStream | undefined;
  private readonly zeroMs: number;
  private phase: Phase = 'connecting';
  private status = 'setup';
  private error: string | undefined;
  /** As the guest was when the migration stopped it. */
  private stateBefore: QemuRunState = 'running';
  private postCopyWanted = false;
  private brokenSinceMs: number | undefined;
  private completionMs = 0;
  private downtimeMs: number | undefined;
  private endedMs: number | undefined;
  private cancelTimer: () => void = () => {};

  /** @param host that a certificate has to name */
  constructor(process: SimulatedProcess, receiver: SimulatedProcess | undefined, host: string) {
    this.process = process;
    const { parts, settings } = process;
    this.zeroMs = parts.clock.now();
    this.capBytesPerSecond = settings.capBytesPerSecond;
    const brake = settings.isOn('auto-converge') ? this.throttle() : undefined;
    this.physics = new CopyPhysics(
      {
        ...parts.scenario,
        running: process.runState === 'running',
        autoConverge: brake,
        qemuVersion: parts.version,
      },
      {
        zeroMs: this.zeroMs,
        bandwidthBytesPerSecond: settings.capBytesPerSecond,
        compresses: settings.compresses,
        parameters: settings.ofThreshold,
      },
    );
    this.physics.guest.quotaPercent = process.quotaPercent;
    this.stream = receiver && new MigrationStream(parts.clock, this, receiver.incoming);
    this.become('setup', true);
    parts.clock.after(CONNECT_MS, () => this.connected(receiver, host));
  }

  get isUnderWay(): boolean {
    return this.phase !== 'over';
  }

  /** As `query-migrate` answers it. */
  info(): object {
    this.advance(this.now());
    const { transfer, guest } = this.physics;
    const { autoConvergePercent } = guest;
    const throttle = autoConvergePercent > 0 ? { 'cpu-throttle-percentage': autoConvergePercent } : {};
    const head = {
      status: this.status,
      'total-time': Math.round(this.endedMs ?? this.now()),
      ...(this.error === undefined ? {} : { 'error-desc': this.error }),
      ...(this.downtimeMs === undefined ? {} : { downtime: Math.round(this.downtimeMs) }),
    };
    if (this.phase === 'connecting' || guest.syncs === 0) return head;
    return {
      ...head,
      ...throttle,
      ram: {
        transferred: Math.round(transfer.sentBytes),
        'normal-bytes': Math.round(transfer.unsent.carriedBytes ?? transfer.sentBytes / WIRE_PER_BYTE),
        remaining: Math.round(transfer.unsent.totalBytes),
        total: this.process.parts.scenario.memoryBytes,
        'dirty-sync-count': guest.syncs,
        'page-size': 4096,
      },
    };
  }

  settingsChanged(): void {
    if (!this.isUnderWay) return;
    this.advance(this.now());
    const { capBytesPerSecond } = this.process.settings;
    if (capBytesPerSecond !== this.capBytesPerSecond) this.physics.setCap(capBytesPerSecond);
    this.capBytesPerSecond = capBytesPerSecond;
    this.physics.threshold.set(this.process.settings.ofThreshold);
    this.physics.guest.setThrottle(this.throttle());
    this.physics.guest.quotaPercent = this.process.quotaPercent;
    this.plan();
  }

  guestRuns(running: boolean): void {
    if (!this.isUnderWay) return;
    this.advance(this.now());
    this.physics.guest.running = running;
    this.plan();
  }

  startPostCopy(): void {
    this.advance(this.now());
    this.postCopyWanted = true;
    this.plan();
  }

  /** Before 10.0 it is refused by nothing, not even by post-copy. @throws {SimulatedRefusal} */
  cancel(): void {
    if (this.isUnderWay) this.advance(this.now());
    if (!this.isUnderWay) return;
    if (isAtLeast(this.process.parts.version, 10, 0) && isPostCopy(this.status))
      throw new SimulatedRefusal('Postcopy migration in progress, cannot cancel.');
    if (this.hasLetGo)
      this.process.parts.truth.misdeeds.push('migrate_cancel in post-copy: half of the guest is lost');
    this.become('cancelling');
    this.stream?.closedBySource();
    this.over('cancelled', undefined, 'migrate_cancel');
  }

  yank(): void {
    if (this.isUnderWay) this.advance(this.now());
    if (!this.isUnderWay) return;
    this.stream?.closedBySource();
    if (this.hasLetGo) return this.pausePostCopy();
    this.over('failed', 'Unable to write to socket: Broken pipe', 'yank');
  }

  /** migrate-pause @throws {SimulatedRefusal} */
  pause(): void {
    if (this.isUnderWay) this.advance(this.now());
    if (this.phase !== 'post-copy')
      throw new SimulatedRefusal(
        'migrate-pause is currently only supported during postcopy-active or postcopy-recover state',
      );
    this.stream?.closedBySource();
    this.pausePostCopy();
  }

  /** `migrate` with `resume` @throws {SimulatedRefusal} */
  resume(receiver: SimulatedProcess | undefined): void {
    if (this.phase !== 'post-copy-paused')
      throw new SimulatedRefusal('Cannot resume if there is no paused migration');
    const stream = this.stream?.renewed();
    this.become('postcopy-recover-setup');
    if (!stream?.carries || !receiver?.incoming.acceptResumed(stream)) {
      this.error = 'Failed to connect: No route to host';
      return this.become('postcopy-paused');
    }
    this.stream = stream;
    this.brokenSinceMs = undefined;
    this.phase = 'post-copy';
    this.become('postcopy-recover');
    this.become('postcopy-active');
    this.plan();
  }

  processDied(): void {
    this.cancelTimer();
    this.phase = 'over';
    this.stream?.closedBySource();
  }

  cutLink(): void {
    this.stream?.cutLink();
  }

  linkBack(): void {
    this.stream?.linkBack();
  }

  resetLink(): void {
    this.stream?.reset();
  }

  linkChanged(): void {
    if (!this.isUnderWay) return;
    this.advance(this.now());
    this.brokenSinceMs =
      this.stream?.carries === false ? (this.brokenSinceMs ?? this.physics.nowMs) : undefined;
    this.plan();
  }

  switched(): void {
    if (this.phase !== 'post-copy-switch') return;
    this.advance(this.now());
    this.phase = 'post-copy';
    this.become('postcopy-active');
    this.process.mainLoop.release('post-copy-switch');
    this.plan();
  }

  arrived(): void {
    if (this.phase !== 'awaiting-word') return;
    this.advance(this.now());
    this.downtimeMs = this.physics.nowMs - this.completionMs;
    this.end('completed', undefined);
    this.process.parts.clock.after(FINISH_MS, () => {
      if (this.process.runState === 'finish-migrate') this.process.stopGuest('postmigrate');
    });
  }

  broke(error: string): void {
    if (this.isUnderWay) this.advance(this.now());
    if (!this.isUnderWay) return;
    if (this.hasLetGo) return this.pausePostCopy();
    this.over('failed', error, 'stream');
  }

  private get waitsForLoading(): boolean {
    return featuresOf(this.process.parts.version).postCopyWaitsForDevices;
  }

  /** It does not take the guest back any more. */
  private get hasLetGo(): boolean {
    if (this.phase === 'post-copy-switch') return !this.waitsForLoading;
    return this.phase === 'post-copy' || this.phase === 'post-copy-paused';
  }

  private now(): number {
    return this.process.parts.clock.now() - this.zeroMs;
  }

  private throttle() {
    return autoConvergeOf(this.process.settings.shownParameters as never);
  }

  private connected(receiver: SimulatedProcess | undefined, host: string): void {
    if (this.phase !== 'connecting') return;
    if (!receiver?.alive || !this.stream)
      return this.over('failed', 'Failed to connect: Connection refused', 'stream');
    const failure = handshakeFailure(this.process, receiver, host);
    if (failure !== undefined) return this.over('failed', failure, 'stream');
    receiver.incoming.accept(this.stream);
    const checked = this.process.settings.isOn('validate-uuid') && receiver.settings.isOn('validate-uuid');
    if (checked && receiver.parts.uuid !== this.process.parts.uuid) return receiver.die();
    this.advance(this.now());
    this.phase = 'pre-copy';
    this.physics.sync();
    this.tellPass();
    this.become('active');
    this.plan();
  }

  /** Lets everything happen that was due by then. */
  private advance(untilMs: number): void {
    while (this.phase !== 'over') {
      const { atMs, happening } = this.soonest();
      if (atMs > untilMs) break;
      this.physics.moveTo(atMs, this.pace);
      this.happen(happening);
    }
    this.physics.moveTo(untilMs, this.pace);
  }

  private plan(): void {
    this.cancelTimer();
    if (this.phase === 'over') return;
    const { atMs } = this.soonest();
    if (atMs === NEVER) return;
    const { clock } = this.process.parts;
    this.cancelTimer = clock.after(this.zeroMs + atMs - clock.now(), () => {
      // No earlier than planned, however the clock's sums are rounded.
      this.advance(Math.max(atMs, this.now()));
      this.plan();
    });
  }

  private get pace(): Pace {
    if (this.stream?.carries === false) return 'still';
    if (this.phase === 'pre-copy') return 'pass-rate';
    return this.phase === 'stop-and-copy' || this.phase === 'post-copy' ? 'line-rate' : 'still';
  }

  private soonest(): { readonly atMs: number; readonly happening: Happening } {
    let best: { atMs: number; happening: Happening } = { atMs: NEVER, happening: 'look' };
    const also = (atMs: number, happening: Happening): void => {
      if (atMs <= best.atMs) best = { atMs, happening };
    };
    const { physics } = this;
    const carries = this.stream?.carries !== false;
    // From the last of the list to the first, so that at one instant the first wins.
    if (this.brokenSinceMs !== undefined && this.phase !== 'post-copy-paused')
      also(this.brokenSinceMs + this.process.parts.scenario.linkFailureMs, 'link-failure');
    if (this.phase === 'pre-copy') {
      also(physics.guest.timerMs, 'sync-timer');
      if (carries) also(physics.crossingLookMs(), 'look');
      if (carries && this.postCopyWanted) also(physics.nextLookMs(physics.nowMs), 'post-copy-switch');
      also(physics.threshold.nextCloseMs(physics.nowMs), 'window-close');
    }
    if (carries && (this.phase === 'stop-and-copy' || this.phase === 'post-copy'))
      also(physics.allSentMs, 'all-sent');
    also(physics.transfer.nextChangeMs, 'link-change');
    return best;
  }

  private happen(happening: Happening): void {
    switch (happening) {
      case 'look':
        return this.look();
      case 'sync-timer':
        if (!this.physics.guest.timer()) return;
        this.physics.sync();
        this.tellPass();
        return;
      case 'window-close':
        return this.physics.threshold.close(this.physics.nowMs);
      case 'link-change':
        return this.physics.changeLink();
      case 'post-copy-switch':
        return this.switchToPostCopy();
      case 'all-sent':
        return this.allSent();
      case 'link-failure':
        if (this.hasLetGo) return this.pausePostCopy();
        return this.over('failed', 'Unable to write to socket: Connection timed out', 'stream');
    }
  }

  /** A sync is told, also the one that finds that all fits. */
  private look(): void {
    const fits = this.physics.look();
    this.tellPass();
    if (fits) this.complete();
  }

  /** migration_completion: stop, sync once more, send the rest with the cap lifted and the big lock held. */
  private complete(): void {
    this.completionMs = this.physics.nowMs;
    const pauses = this.process.settings.isOn('pause-before-switchover');
    this.phase = pauses ? 'pre-switchover' : 'stop-and-copy';
    this.stopGuest();
    if (pauses) return this.become('pre-switchover');
    this.sendRest();
  }

  /** `migrate-continue` @throws {SimulatedRefusal} */
  continue(): void {
    if (this.phase !== 'pre-switchover') throw new SimulatedRefusal('Migration not in expected state');
    this.advance(this.now());
    this.phase = 'stop-and-copy';
    this.sendRest();
    this.plan();
  }

  private sendRest(): void {
    const { parts, settings } = this.process;
    if (settings.isOn('pause-before-switchover') || isAtLeast(parts.version, 10, 0)) this.become('device');
    this.process.mainLoop.hold('stop-and-copy');
  }

  private switchToPostCopy(): void {
    this.completionMs = this.physics.nowMs;
    this.phase = 'post-copy-switch';
    this.become(this.waitsForLoading ? 'postcopy-device' : 'postcopy-active');
    this.stopGuest();
    this.process.mainLoop.hold('post-copy-switch');
    this.stream?.toDestination('switch-to-post-copy');
  }

  private stopGuest(): void {
    this.stateBefore = this.process.runState;
    this.physics.guest.running = false;
    this.process.stopGuest('finish-migrate');
    this.physics.sync();
    this.tellPass();
  }

  private allSent(): void {
    this.physics.transfer.sendAll();
    this.phase = 'awaiting-word';
    this.process.mainLoop.release('stop-and-copy');
    this.stream?.toDestination({ all: { running: this.stateBefore === 'running' } });
  }

  private pausePostCopy(): void {
    if (this.phase === 'post-copy-paused') return;
    this.phase = 'post-copy-paused';
    this.process.mainLoop.release('post-copy-switch');
    this.become('postcopy-paused');
  }

  /** Not completed: a guest that the switchover stopped runs again, one that somebody stopped does not. */
  private over(status: 'failed' | 'cancelled', error: string | undefined, cause: StartCause): void {
    if (this.phase === 'over') return;
    this.end(status, error);
    this.stream?.closedBySource();
    this.process.parts.clock.after(FINISH_MS, () => {
      if (this.process.runState !== 'finish-migrate') return;
      if (this.stateBefore === 'running') return this.process.startGuest(cause);
      const keeps = isAtLeast(this.process.parts.version, 8, 2);
      this.process.stopGuest(keeps ? this.stateBefore : 'postmigrate');
    });
  }

  private end(status: string, error: string | undefined): void {
    this.cancelTimer();
    this.error = error;
    this.endedMs = this.physics.nowMs;
    this.phase = 'over';
    this.process.mainLoop.release('stop-and-copy');
    this.process.mainLoop.release('post-copy-switch');
    this.become(status);
  }

  private tellPass(): void {
    if (this.process.settings.isOn('events'))
      this.process.emit('MIGRATION_PASS', { pass: this.physics.guest.syncs });
  }

  private become(status: string, first = false): void {
    if (status === this.status && !first) return;
    this.status = status;
    if (this.process.settings.isOn('events')) this.process.emit('MIGRATION', { status });
  }
}
