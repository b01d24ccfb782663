/**
 * A migration between two QEMUs, as the port sees it.
 *
 * Boundaries come from MIGRATION_PASS, each read by a `query-migrate` sent in the same turn of the event
 * loop. Where the capability `events` is off (somebody else started the migration without it) they are found
 * by polling, and then `remainingBytes` is corrected upwards by what was sent since the last poll.
 *
 * During the stop-and-copy QEMU's main thread holds its big lock and answers nothing; time still passes, as
 * `silence` events. Only out-of-band commands get through then, which is why {@link cancel} yanks.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isBraked } from '../../model/braking.ts';
import type { Boundary, Counters } from '../../model/observation.ts';
import { EventQueue } from '../event-queue.ts';
import {
  type GuestFacts,
  type MigrationEnd,
  type MigrationEvent,
  type PauseRequest,
  type RunningMigration,
  TooLateError,
} from '../hypervisor.ts';
import type { BrakeLever, ThrottleParameters } from '../qemu-rules/brake-lever.ts';
import { featuresOf } from '../qemu-rules/features.ts';
import { pauseParameters } from '../qemu-rules/switchover-limit.ts';
import { fence } from './fence.ts';
import { finalInfo, lastingDestinationState, lastingSourceState } from './lasting-state.ts';
import { probeBySampling } from './probe.ts';
import type { QmpClient } from './qmp/client.ts';
import type { MigrationInfo } from './qmp/commands.ts';
import type { QmpEvent } from './qmp/events.ts';
import type { Undo } from './undo.ts';

const TICK_MS = 250;
/**
 * Fine enough to hold a pause limit while the guest stands still and QEMU does not answer, and to see a braked
 * pass come to its end.
 */
const FINE_TICK_MS = 50;
/** Without events boundaries are found by polling: at this pace they are late by 3 MB on a 480 Mbit/s link. */
const POLL_MS = 50;
/** A QEMU that has not answered for this long is in its stop-and-copy. */
const HELD_UP_MS = 1000;
/** From `failed` to a guest that is throttled no more; it takes microseconds. */
const RELEASE_MS = 100;
/** A query may be held up by a whole stop-and-copy; `silence` tells of it long before. */
const PATIENT_MS = 600_000;

export interface QemuMigrationParts {
  readonly source: QmpClient;
  readonly destination: QmpClient | undefined;
  readonly destinationAddress: string | undefined;
  readonly guest: GuestFacts;
  readonly wasRunning: boolean;
  /** Whether MIGRATION and MIGRATION_PASS are emitted. */
  readonly hasEvents: boolean;
  /** True when both ends were watched from before the first byte. */
  readonly watchedFromStart: boolean;
  readonly undo: Undo;
  /** Undefined: auto-converge is off, so nothing can be braked. */
  readonly brake: BrakeLever | undefined;
  /** Cap of the passes in bytes per second; undefined: none. */
  readonly bandwidthBytesPerSecond: number | undefined;
}

export class QemuMigration implements RunningMigration {
  readonly guest: GuestFacts;
  readonly wasRunning: boolean;
  readonly events = new EventQueue<MigrationEvent>();
  readonly ended: Promise<MigrationEnd>;

  private readonly parts: QemuMigrationParts;
  private readonly source: QmpClient;
  private readonly destination: QmpClient | undefined;
  private readonly settleEnded: (end: MigrationEnd) => void;
  private readonly unsubscribe: (() => void)[] = [];
  private readonly zeroMs: number;
  private timer: NodeJS.Timeout | undefined;
  private polling = false;
  private ending = false;
  private last: Counters | undefined;
  private status = 'setup';
  /** The last pass that QEMU announced. */
  private pass = 0;
  /** Set by STOP on the source, cleared by its RESUME. */
  private guestStopped = false;
  private destinationRan = false;
  private throttled = false;
  /** Somebody, we or another, told QEMU to cancel. */
  private cancelling = false;

  /** @param zeroMs the instant from which times are counted, on the clock of performance.now() */
  constructor(parts: QemuMigrationParts, zeroMs: number) {
    this.parts = parts;
    this.zeroMs = zeroMs;
    this.source = parts.source;
    this.destination = parts.destination;
    this.guest = parts.guest;
    this.wasRunning = parts.wasRunning;
    const { promise, resolve } = Promise.withResolvers<MigrationEnd>();
    this.ended = promise;
    this.settleEnded = resolve;
    this.subscribe();
    this.scheduleTick();
  }

  get passCapBytesPerSecond(): number | undefined {
    return this.parts.bandwidthBytesPerSecond;
  }

  /** Beside the first pass. One that fails, or that the guest's stop overtakes, tells nothing. */
  async probe(durationMs: number): Promise<void> {
    try {
      const probe = await probeBySampling(this.source, durationMs);
      if (!this.ending && !this.guestStopped) this.events.push({ kind: 'probed', atMs: this.now(), probe });
    } catch {
      // The migration tells how it ended; without a probe it goes by its boundaries.
    }
  }

  async setDowntimeLimit(request: PauseRequest): Promise<string> {
    const parameters = pauseParameters(request, featuresOf(this.source.version), this.passCapBytesPerSecond);
    return await this.setParameters(parameters);
  }

  async throttle(percent: number): Promise<string> {
    if (!this.parts.brake)
      throw new Error('the guest cannot be braked: the migration began without auto-converge');
    return await this.setParameters({ ...this.parts.brake.pull(percent) });
  }

  async suspend(): Promise<string> {
    await this.source.execute('stop', undefined, { timeoutMs: PATIENT_MS });
    return 'stop';
  }

  async startPostCopy(): Promise<string> {
    await this.source.execute('migrate-start-postcopy', undefined, { timeoutMs: PATIENT_MS });
    return 'migrate-start-postcopy';
  }

  async cancel(): Promise<string> {
    if (this.status.startsWith('postcopy'))
      throw new TooLateError('post-copy has begun: the guest lives on both sides until it ends');
    this.cancelling = true;
    const did = await this.fenceDestination();
    if (this.guestStopped) return await this.yank(did);
    const answered = this.source.execute('migrate_cancel', undefined, { timeoutMs: PATIENT_MS });
    // If the guest stops just now, QEMU does not come to our command before the stop-and-copy is over.
    const heldUp = new Promise<'held up'>((resolve) => setTimeout(resolve, HELD_UP_MS, 'held up'));
    if ((await Promise.race([answered, heldUp])) !== 'held up') return `${did}migrate_cancel`;
    answered.catch(() => {});
    return await this.yank(did);
  }

  /** @returns what was done, in front of what follows */
  private async fenceDestination(): Promise<string> {
    if (this.destination !== undefined)
      return (await fence(this.destination)) === 'fenced' ? 'stop on the destination, then ' : '';
    // Without its monitor the destination cannot be kept from starting: give up only while it cannot start yet.
    if (!this.guestStopped) return '';
    throw new TooLateError('the guest is stopped for the switchover and its destination is not watched');
  }

  /** Cuts the stream. The source's main thread is busy sending, so only an out-of-band command gets through. */
  private async yank(before: string): Promise<string> {
    if (!this.source.oob)
      throw new TooLateError(
        "the guest is stopped for the switchover and the source's monitor takes no out-of-band commands",
      );
    await this.source.execute('yank', { instances: [{ type: 'migration' }] }, { oob: true, timeoutMs: 2000 });
    return `${before}yank on the source`;
  }

  async resume(side: 'source' | 'destination'): Promise<{ atMs: number; did: string }> {
    const client = side === 'source' ? this.source : this.destination;
    if (client === undefined) throw new Error(`the ${side}'s monitor is not open`);
    await client.execute('cont');
    return { atMs: this.now(), did: `cont on the ${side}` };
  }

  async detach(): Promise<void> {
    if (!this.ending) {
      this.ending = true;
      this.stopWatching();
      this.events.close();
      this.settleEnded({
        ...{ atMs: this.now(), result: 'detached', error: undefined },
        ...{ sentBytes: this.last?.sentBytes, reportedDowntimeMs: undefined, destinationEverRan: undefined },
        whereabouts: { source: 'unknown', destination: 'unknown' },
      });
    }
    await Promise.all([this.source.close(), this.destination?.close()]);
  }

  private subscribe(): void {
    const on = (client: QmpClient, name: string, take: (event: QmpEvent) => void) =>
      this.unsubscribe.push(client.onEvent(name, take));

    on(this.source, 'MIGRATION_PASS', (event) => this.takePass(event));
    on(this.source, 'MIGRATION', (event) => this.takeStatus(String(event.data['status']), this.at(event)));
    on(this.source, 'STOP', (event) => {
      this.guestStopped = true;
      this.events.push({ kind: 'stopped', atMs: this.at(event) });
      this.scheduleTick();
    });
    on(this.source, 'RESUME', (event) => {
      this.guestStopped = false;
      this.events.push({ kind: 'resumed', atMs: this.at(event), side: 'source' });
    });
    void this.source.closed.then(() => this.finish('lost'));

    if (!this.destination) return;
    on(this.destination, 'RESUME', (event) => {
      this.destinationRan = true;
      this.events.push({ kind: 'resumed', atMs: this.at(event), side: 'destination' });
    });
    void this.destination.closed.then(() => this.events.push({ kind: 'destination-lost', atMs: this.now() }));
  }

  private takePass(event: QmpEvent): void {
    // The pass that QEMU announces while the guest is stopped is the switchover's own last sync.
    if (this.guestStopped || this.ending) return;
    const pass = Number(event.data['pass']);
    this.pass = pass;
    this.holdBrake(this.parts.brake?.sync(this.at(event)));
    this.readBoundary(pass, this.at(event)).catch(() => {});
  }

  /** The first pass is announced while QEMU still sets up and has no figures: ask until it has. */
  private async readBoundary(pass: number, atMs: number): Promise<void> {
    while (!this.guestStopped && !this.ending && this.pass === pass) {
      const info = await this.source.execute('query-migrate', undefined, { timeoutMs: PATIENT_MS });
      if (this.guestStopped || this.ending) return;
      const counters = this.counters(info, atMs);
      if (counters)
        return this.events.push({ kind: 'boundary', ...counters, pass, throttlePercent: throttleOf(info) });
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  private holdBrake(parameters: ThrottleParameters | undefined): void {
    // At worst a brake bites one pass later.
    if (parameters) this.setParameters({ ...parameters }).catch(() => {});
  }

  private async setParameters(parameters: Record<string, number | boolean>): Promise<string> {
    await this.source.execute('migrate-set-parameters', parameters, { timeoutMs: PATIENT_MS });
    const said = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
    return `migrate-set-parameters ${said.join(' ')}`;
  }

  private takeStatus(status: string, atMs: number): void {
    if (status === this.status) return;
    this.status = status;
    if (status === 'cancelling') this.cancelling = true;
    this.events.push({ kind: 'status', atMs, status });
    if (status === 'completed' || status === 'failed' || status === 'cancelled') void this.finish(status);
  }

  private scheduleTick(): void {
    clearTimeout(this.timer);
    if (this.ending) return;
    const everyMs =
      this.guestStopped || this.throttled ? FINE_TICK_MS : this.parts.hasEvents ? TICK_MS : POLL_MS;
    this.timer = setTimeout(() => {
      this.tick();
      this.scheduleTick();
    }, everyMs);
  }

  private tick(): void {
    if (this.polling) {
      this.events.push({ kind: 'silence', atMs: this.now() });
      return;
    }
    this.polling = true;
    this.source
      .execute('query-migrate', undefined, { timeoutMs: PATIENT_MS })
      .then((info) => this.takeSample(info))
      .catch(() => {})
      .finally(() => {
        this.polling = false;
      });
  }

  private takeSample(info: MigrationInfo): void {
    if (this.ending) return;
    const atMs = this.now();
    const before = this.last;
    const counters = this.counters(info, atMs);
    const throttlePercent = throttleOf(info);
    this.throttled = isBraked(throttlePercent);
    this.holdBrake(this.parts.brake?.throttled(throttlePercent));
    if (counters && !this.parts.hasEvents && !this.guestStopped && before && counters.pass > before.pass)
      this.events.push({ ...boundaryFoundByPolling(before, counters), throttlePercent });
    else if (counters) this.events.push({ kind: 'tick', ...counters, throttlePercent });
    else this.events.push({ kind: 'silence', atMs });
    if (!this.parts.hasEvents && info.status) this.takeStatus(info.status, atMs);
  }

  /** Undefined while QEMU has no figures yet: right after `migrate` there may be no `ram`. */
  private counters(info: MigrationInfo, atMs: number): Counters | undefined {
    const ram = info.ram;
    if (!ram) return undefined;
    const counters = {
      atMs,
      pass: Math.max(1, ram['dirty-sync-count'] ?? 1),
      sentBytes: ram.transferred,
      remainingBytes: ram.remaining,
      totalBytes: ram.total,
    };
    this.last = counters;
    return counters;
  }

  /** QEMU's part is over: wait until both sides are in a state that lasts, then tell it. */
  private async finish(result: 'completed' | 'failed' | 'cancelled' | 'lost'): Promise<void> {
    if (this.ending) return;
    this.ending = true;
    clearTimeout(this.timer);

    const info = result === 'lost' ? undefined : await finalInfo(this.source, result);
    const source = await lastingSourceState(this.source, result, this.wasRunning);
    const destination = await lastingDestinationState(
      this.destination,
      this.parts.destinationAddress,
      result,
    );
    if (source !== 'handed-over' && source !== 'gone') {
      // QEMU says `failed` a moment before its migration thread lets go of the vCPUs, which it does only while
      // auto-converge is still on (migration_iteration_finish).
      if (this.parts.brake && result === 'failed') await sleep(RELEASE_MS);
      await this.parts.undo.run();
    }
    const atMs = this.now();
    this.stopWatching();
    this.events.close();
    this.settleEnded({
      atMs,
      // One in six times QEMU 10.0 ends a cancelled migration as `failed`, with the error of the socket that it shut
      // down itself (measured).
      result: result === 'failed' && this.cancelling ? 'cancelled' : result,
      error: result === 'lost' ? 'the source QEMU ended or closed its monitor' : info?.['error-desc'],
      whereabouts: { source, destination },
      destinationEverRan: this.destinationRan || (this.parts.watchedFromStart ? false : undefined),
      sentBytes: info?.ram?.transferred,
      reportedDowntimeMs: info?.downtime,
    });
  }

  private stopWatching(): void {
    clearTimeout(this.timer);
    for (const unsubscribe of this.unsubscribe) unsubscribe();
  }

  private now(): number {
    return performance.now() - this.zeroMs;
  }

  private at(event: QmpEvent): number {
    return event.receivedMs - this.zeroMs;
  }
}

function throttleOf(info: MigrationInfo): number {
  return info['cpu-throttle-percentage'] ?? 0;
}

/**
 * The sync lies somewhere between two polls. What was sent between them may have been sent after the sync,
 * so the set that it found was at most the present rest plus that.
 */
function boundaryFoundByPolling(before: Counters, now: Counters): Boundary {
  const sentSince = Math.max(0, now.sentBytes - before.sentBytes);
  return {
    kind: 'boundary',
    ...now,
    remainingBytes: Math.min(now.totalBytes, now.remainingBytes + sentSince),
  };
}
