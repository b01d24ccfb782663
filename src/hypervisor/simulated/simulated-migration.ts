/**
 * A controller's hold on a simulated migration. Virtual time passes only while its events are read, or to the
 * instant at which a command takes effect: that of the event last read, and the scenario's reaction time.
 */

import { isPostCopy } from '../../model/migration-status.ts';
import {
  type Effect,
  type GuestFacts,
  type MigrationEnd,
  type MigrationEvent,
  type PauseRequest,
  type Restored,
  type RunningMigration,
  type Side,
  TooLateError,
} from '../hypervisor.ts';
import type { BrakeLever } from '../qemu-rules/brake-lever.ts';
import { PassCap } from '../qemu-rules/pass-cap.ts';
import { NO_CAP_BYTES_PER_SECOND } from '../qemu-rules/start.ts';
import { pauseParameters } from '../qemu-rules/switchover-limit.ts';
import { autoConvergeOf } from './auto-converge.ts';
import { PulledEvents } from './pulled-events.ts';
import type { SimulatedGuest } from './simulated-guest.ts';
import type { SimulatedQemu } from './simulated-qemu.ts';

/** What a controller knows besides the migration itself. */
export interface SimulatedView {
  readonly facts: GuestFacts;
  /** False: no address was given for the destination, so nothing is heard of it. */
  readonly watchesDestination: boolean;
  readonly watchedFromStart: boolean;
  /** Undefined: QEMU's own throttle is off. */
  readonly brake: BrakeLever | undefined;
  readonly brakesAtOnce: boolean;
}

export class SimulatedMigration implements RunningMigration {
  readonly guest: GuestFacts;
  readonly wasRunning: boolean;
  readonly begunByUs: boolean;
  /** The simulated destination starts by itself, in no time; what waits is simulated behind the protocol. */
  readonly destinationWaits = false;
  readonly mark = 'simulated';
  readonly events: PulledEvents<MigrationEvent>;
  readonly ended: Promise<MigrationEnd>;

  private readonly host: SimulatedGuest;
  private readonly qemu: SimulatedQemu;
  private readonly view: SimulatedView;
  private readonly passCap: PassCap;
  private readonly settleEnded: (end: MigrationEnd) => void;
  private lastSentBytes: number | undefined;
  private everStopped = false;
  private postCopyBegan = false;
  private detached = false;

  constructor(host: SimulatedGuest, qemu: SimulatedQemu, view: SimulatedView) {
    this.host = host;
    this.qemu = qemu;
    this.view = view;
    this.guest = view.facts;
    this.passCap = new PassCap({
      // Time passes here only while events are read.
      clock: { sleep: async (ms) => this.qemu.runUntil(this.qemu.nowMs + ms) },
      bytesPerSecond: qemu.start.bandwidthBytesPerSecond,
      connections: undefined,
      set: async (bytesPerSecond) => {
        this.react();
        this.qemu.setCap(bytesPerSecond);
        return told({ 'max-bandwidth': bytesPerSecond ?? NO_CAP_BYTES_PER_SECOND });
      },
      setLimit: async (request, fastest) => {
        this.react();
        const parameters = pauseParameters(request, this.host.features, fastest);
        this.qemu.threshold.set(parameters);
        return told(parameters);
      },
    });
    this.wasRunning = view.facts.state !== 'paused';
    this.begunByUs = view.watchedFromStart;
    const { promise, resolve } = Promise.withResolvers<MigrationEnd>();
    this.ended = promise;
    this.settleEnded = resolve;
    this.events = new PulledEvents(() => qemu.runToNextEvent());
    qemu.listener = (event) => this.take(event);
  }

  get brakesAtOnce(): boolean {
    return this.view.brakesAtOnce;
  }

  get passCapBytesPerSecond(): number | undefined {
    return this.passCap.bytesPerSecond;
  }

  setDowntimeLimit(request: PauseRequest): Promise<Effect> {
    return this.passCap.allow(request);
  }

  async setPassCap(bytesPerSecond: number | undefined): Promise<Effect> {
    return await this.passCap.change(bytesPerSecond);
  }

  async throttle(percent: number): Promise<Effect> {
    this.react();
    if (this.view.brakesAtOnce) {
      this.qemu.setQuota(percent);
      return { did: `a quota that withholds ${percent} %` };
    }
    if (!this.view.brake)
      throw new Error('the guest cannot be braked: the migration began without auto-converge');
    const parameters = this.view.brake.pull(percent);
    this.qemu.setThrottle(autoConvergeOf(parameters));
    return told({ ...parameters });
  }

  async suspend(): Promise<Effect> {
    this.react();
    this.qemu.suspend();
    return { did: 'stop' };
  }

  async startPostCopy(): Promise<Effect> {
    this.react();
    if (!this.qemu.start.postCopy)
      throw new Error('Enable postcopy with migrate_set_capability before the start of migration');
    this.qemu.startPostCopy();
    return { did: 'migrate-start-postcopy' };
  }

  async cancel(): Promise<Effect> {
    this.react();
    const { qemu } = this;
    const stopped = qemu.source === 'switching-over';
    if (qemu.end?.result === 'completed')
      throw new TooLateError('the destination has the guest: the migration is complete');
    if (qemu.end) return { did: 'nothing: the migration has ended' };
    if (!qemu.cancellable)
      throw new TooLateError('post-copy has begun: the guest lives on both sides until it ends');
    if (stopped && !this.view.watchesDestination)
      throw new TooLateError('the guest is stopped for the switchover and its destination is not watched');
    qemu.cancel();
    return { did: stopped ? 'yank on the source' : 'migrate_cancel' };
  }

  async restrain(): Promise<Effect> {
    this.react();
    this.passCap.forbid();
    this.qemu.threshold.set({ 'downtime-limit': 1 });
    return told({ 'downtime-limit': 1 });
  }

  async letRun(): Promise<Effect> {
    throw new Error('a simulated destination runs by itself');
  }

  async resume(side: Side): Promise<Effect & { atMs: number }> {
    this.host.resume(side);
    return { atMs: this.qemu.nowMs + this.host.scenario.reactionMs, did: `cont on the ${side}` };
  }

  async halt(side: Side): Promise<Effect> {
    throw new Error(`a simulated guest never runs on both sides: the ${side} is not to be stopped`);
  }

  /** A simulated QEMU is not used again. */
  async putBack(): Promise<readonly Restored[]> {
    return [];
  }

  isGone(side: Side): boolean {
    return this.host.whereabouts()[side] === 'gone';
  }

  async detach(): Promise<void> {
    if (this.detached) return;
    this.detached = true;
    this.qemu.listener = undefined;
    if (this.qemu.end) return;
    this.events.close();
    this.settleEnded({
      atMs: this.qemu.nowMs,
      result: 'detached',
      error: undefined,
      sentBytes: this.lastSentBytes,
      reportedDowntimeMs: undefined,
      whereabouts: { source: 'unknown', destination: 'unknown' },
      destinationEverRan: undefined,
      ...this.common(),
    });
  }

  /** Brings the clock to where a command takes effect. What happens on the way is read afterwards. */
  private react(): void {
    if (this.detached) throw new Error('the migration was let go of: it takes no commands from here');
    this.qemu.runUntil(this.events.lastReadMs + this.host.scenario.reactionMs);
  }

  private take(event: MigrationEvent): void {
    if (event.kind === 'boundary' || event.kind === 'tick') this.lastSentBytes = event.sentBytes;
    if (event.kind === 'stopped') this.everStopped = true;
    if (event.kind === 'status' && isPostCopy(event.status)) this.postCopyBegan = true;
    this.holdBrake(event);
    const ofDestination = event.kind === 'resumed' && event.side === 'destination';
    if (this.view.watchesDestination || !ofDestination) this.events.push(event);
    if (this.qemu.end) this.finish();
  }

  /** What the QEMU driver sets within a millisecond is set at once. */
  private holdBrake(event: MigrationEvent): void {
    const { brake } = this.view;
    if (!brake || (event.kind !== 'boundary' && event.kind !== 'tick')) return;
    const synced = event.kind === 'boundary' ? brake.sync(event.atMs) : undefined;
    const parameters = brake.throttled(event.throttlePercent ?? 0) ?? synced;
    if (parameters) this.qemu.setThrottle(autoConvergeOf(parameters));
  }

  private finish(): void {
    const { end, destinationRan } = this.qemu;
    if (!end) return;
    const { watchesDestination, watchedFromStart } = this.view;
    const { source, destination } = end.whereabouts;
    this.events.close();
    this.settleEnded({
      ...end,
      whereabouts: { source, destination: watchesDestination ? destination : 'unknown' },
      destinationEverRan: destinationRan || (watchedFromStart ? false : undefined),
      ...this.common(),
    });
  }

  private common() {
    return {
      sourceEverStopped: this.everStopped || (this.view.watchedFromStart ? false : undefined),
      destinationWaits: this.destinationWaits,
      postCopyBegan: this.postCopyBegan,
      heldBy: undefined,
      guestEnded: undefined,
    };
  }
}

function told(parameters: Readonly<Record<string, number | boolean>>): Effect {
  const said = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  const limitMs = parameters['downtime-limit'];
  return {
    did: `migrate-set-parameters ${said.join(' ')}`,
    set: limitMs === undefined ? parameters : { ...parameters, downtimeLimitMs: limitMs },
  };
}
