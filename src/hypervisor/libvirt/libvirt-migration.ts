/**
 * A migration between two libvirt hosts, as the port sees it.
 *
 * Boundaries come from the event `migration-iteration`, each read by a `domjobinfo` sent at once; what was sent
 * between the sync and the answer is added again. While the event stream is down they are found by polling.
 *
 * libvirt starts the destination's QEMU paused and lets it run only after the source's is known to have
 * finished, and aborts by itself what it finds unfinished after a restart, so whatever happens to us or to
 * virsh the guest runs on one side. The price: while QEMU sends the stop-and-copy it answers libvirt nothing,
 * and libvirt has no way around that, so an abort then takes effect only when QEMU answers again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isBraked, MOST_THROTTLE_PERCENT } from '../../model/braking.ts';
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
import { downtimeLimitMs } from '../qemu-rules/switchover-limit.ts';
import { isNoDomain } from './domain/domain-state.ts';
import { lastingStates } from './lasting-states.ts';
import type { EventHub } from './virsh/event-hub.ts';
import { type JobInfo, parseJobInfo } from './virsh/job-info.ts';
import { errorText, VirshError, type VirshOutput, virsh } from './virsh/virsh.ts';
import type { TimedEvent } from './virsh/virsh-events.ts';
import { VirshShell } from './virsh/virsh-shell.ts';

const TICK_MS = 250;
/** Fine enough to see a braked pass come to its end. */
const BRAKED_TICK_MS = 50;
/** libvirt gives a query up after 30 s; `silence` tells of it long before. */
const SAMPLE_PATIENCE_MS = 60_000;
/** The source's libvirtd may be restarted; if it does not come back in this time we say that it is lost. */
const LOST_AFTER_MS = 60_000;
/** From the end of the domain to the event that tells the figures of its job. */
const FIGURES_MS = 500;
/** Before the job has begun there is nothing to abort yet. */
const ABORT_RETRY_MS = 100;
const ABORT_RETRIES = 50;

export interface LibvirtMigrationParts {
  readonly hub: EventHub;
  readonly sourceUri: string;
  /** Undefined: the destination is not watched. */
  readonly destinationUri: string | undefined;
  readonly uuid: string;
  /** The domain's name there; events carry names. */
  readonly destinationName: string;
  readonly guest: GuestFacts;
  readonly wasRunning: boolean;
  /** It began with auto-converge armed for {@link RunningMigration.throttle}. */
  readonly braked: boolean;
  /** The end of our `virsh migrate`; undefined: somebody else began it. */
  readonly virshMigrate: Promise<VirshOutput> | undefined;
  /** Our `virsh migrate` stated the line rate to QEMU, which then counts with it. */
  readonly lineRateStated: boolean;
  readonly bandwidthBytesPerSecond: number | undefined;
  /** The limit that was in force before us, to be put back when the guest stays. */
  readonly previousDowntimeLimitMs: number | undefined;
}

export class LibvirtMigration implements RunningMigration {
  readonly guest: GuestFacts;
  readonly wasRunning: boolean;
  readonly events = new EventQueue<MigrationEvent>();
  readonly ended: Promise<MigrationEnd>;

  private readonly parts: LibvirtMigrationParts;
  private readonly shell: VirshShell;
  private readonly zeroMs: number;
  private readonly settleEnded: (end: MigrationEnd) => void;
  private readonly unsubscribe: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;
  private sampling = false;
  private ending = false;
  /** The source's events arrive. */
  private subscribed = false;
  /** The job was seen: from then on its absence is the end. */
  private began: boolean;
  private silentSinceMs: number | undefined;
  private last: Counters | undefined;
  private rateBytesPerMs = 0;
  /** What libvirt counted before this migration began, where we saw it begin. */
  private iterationBase: number | undefined;
  /** The last iteration that was told as a boundary. */
  private told = 0;
  /** The sample before an iteration that no event has announced yet. */
  private unannounced: { readonly iteration: number; readonly before: Counters } | undefined;
  private guestStopped = false;
  private destinationRan = false;
  private throttled = false;
  private handedOver = false;
  private inPostCopy = false;
  private limitChanged: boolean;
  private cancelling = false;
  private virshEnded: VirshOutput | undefined;
  private lastJob: JobInfo | undefined;
  private completedJob: JobInfo | undefined;

  /** @param zeroMs the instant from which times are counted, on the clock of performance.now() */
  constructor(parts: LibvirtMigrationParts, zeroMs: number) {
    this.parts = parts;
    this.zeroMs = zeroMs;
    this.guest = parts.guest;
    this.wasRunning = parts.wasRunning;
    this.began = parts.virshMigrate === undefined;
    this.iterationBase = this.began ? 0 : undefined;
    // A migration that we start begins with a limit of ours.
    this.limitChanged = !this.began;
    this.shell = new VirshShell(parts.sourceUri);
    const { promise, resolve } = Promise.withResolvers<MigrationEnd>();
    this.ended = promise;
    this.settleEnded = resolve;
    this.subscribe();
    this.scheduleTick();
    void parts.virshMigrate?.then((output) => {
      this.virshEnded = output;
      this.lookNow();
    });
  }

  async setDowntimeLimit(request: PauseRequest): Promise<string> {
    const passRate = this.rateBytesPerMs > 0 ? this.rateBytesPerMs * 1000 : undefined;
    const limitMs = downtimeLimitMs(request, {
      lineRateStated: this.parts.lineRateStated,
      cappedPassRate: this.parts.bandwidthBytesPerSecond === undefined ? undefined : passRate,
    });
    this.limitChanged = true;
    await this.shell.run(['migrate-setmaxdowntime', this.parts.uuid, String(limitMs)], SAMPLE_PATIENCE_MS);
    return `migrate-setmaxdowntime ${limitMs}`;
  }

  /** libvirt takes no part of it on the way: what was armed at the start bites by QEMU's own rule. */
  async throttle(_percent: number): Promise<string> {
    if (!this.parts.braked)
      throw new Error(
        'the guest cannot be braked: the migration began without --auto-converge, and libvirt does not switch it on on the way',
      );
    return `nothing more: --auto-converge-initial=${MOST_THROTTLE_PERCENT} was armed at the start`;
  }

  async suspend(): Promise<string> {
    await virsh(this.parts.sourceUri, ['suspend', `--domain=${this.parts.uuid}`]);
    return 'suspend';
  }

  async startPostCopy(): Promise<string> {
    await virsh(this.parts.sourceUri, ['migrate-postcopy', `--domain=${this.parts.uuid}`]);
    return 'migrate-postcopy';
  }

  async cancel(): Promise<string> {
    if (this.inPostCopy)
      throw new TooLateError('post-copy has begun: the guest lives on both sides until it ends');
    this.cancelling = true;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await virsh(this.parts.sourceUri, ['domjobabort', `--domain=${this.parts.uuid}`]);
        return 'domjobabort';
      } catch (error) {
        const none = error instanceof VirshError && /no job is active/.test(error.message);
        if (!none) throw error;
        // Our virsh has not come to the source's libvirtd yet, or the job is at its very end.
        if (this.ending || this.began || attempt >= ABORT_RETRIES)
          throw new TooLateError('libvirt has no job of it any more');
        await sleep(ABORT_RETRY_MS);
      }
    }
  }

  async resume(side: 'source' | 'destination'): Promise<{ atMs: number; did: string }> {
    const uri = side === 'source' ? this.parts.sourceUri : this.parts.destinationUri;
    if (uri === undefined) throw new Error('the destination was not given');
    await virsh(uri, ['resume', `--domain=${this.parts.uuid}`]);
    return { atMs: this.now(), did: `resume on the ${side}` };
  }

  async detach(): Promise<void> {
    if (!this.ending) {
      this.ending = true;
      this.events.close();
      this.settleEnded({
        ...{ atMs: this.now(), result: 'detached', error: undefined, reportedDowntimeMs: undefined },
        ...{ sentBytes: this.last?.sentBytes, destinationEverRan: undefined },
        whereabouts: { source: 'unknown', destination: 'unknown' },
      });
    }
    this.stopWatching();
  }

  private subscribe(): void {
    const { hub, sourceUri, destinationUri, guest, destinationName } = this.parts;
    this.unsubscribe.push(
      hub.listenTo(sourceUri, guest.name, {
        event: (event) => this.takeSourceEvent(event),
        subscribed: () => {
          this.subscribed = true;
        },
        lost: (reason) => {
          this.subscribed = false;
          this.tellStatus(`events of the source lost: ${reason}`);
        },
      }),
    );
    if (destinationUri === undefined) return;
    this.unsubscribe.push(
      hub.listenTo(destinationUri, destinationName, {
        event: (event) => this.takeDestinationEvent(event),
        lost: (reason) => this.tellStatus(`events of the destination lost: ${reason}`),
      }),
    );
  }

  private takeSourceEvent(event: TimedEvent): void {
    // Comes last of all, when the domain has left already.
    if (event.kind === 'job-completed') this.completedJob = event.job;
    if (this.ending) return;
    const atMs = event.atMs - this.zeroMs;
    if (event.kind === 'lifecycle') return this.takeSourceChange(event.change, event.detail, atMs);
    if (event.kind !== 'iteration') return;
    this.began = true;
    // What is announced while the guest is stopped is the switchover's own last sync.
    if (!this.guestStopped) this.readBoundary(event.iteration, atMs).catch(() => {});
  }

  private takeSourceChange(change: string, detail: string, atMs: number): void {
    if (change === 'Suspended') {
      if (detail.startsWith('Post-copy')) {
        this.inPostCopy = true;
        this.tellStatus(detail === 'Post-copy Error' ? 'postcopy-paused' : 'postcopy-active');
      }
      if (this.guestStopped) return;
      this.guestStopped = true;
      this.events.push({ kind: 'stopped', atMs });
    } else if (change === 'Resumed') {
      this.guestStopped = false;
      this.events.push({ kind: 'resumed', atMs, side: 'source' });
    } else if (change === 'Stopped') {
      if (detail === 'Migrated') this.handedOver = true;
      void this.finish();
    }
  }

  private takeDestinationEvent(event: TimedEvent): void {
    if (event.kind !== 'lifecycle' || event.change !== 'Resumed' || this.ending) return;
    // The end of post-copy is announced like a resumption; the guest ran there all along.
    if (this.destinationRan) return;
    this.destinationRan = true;
    this.events.push({ kind: 'resumed', atMs: event.atMs - this.zeroMs, side: 'destination' });
  }

  private tellStatus(status: string): void {
    this.events.push({ kind: 'status', atMs: this.now(), status });
  }

  /** The first sync is announced while QEMU still sets up and has no figures: ask until it has. */
  private async readBoundary(iteration: number, atMs: number): Promise<void> {
    this.announce(iteration);
    const before = this.last;
    for (;;) {
      const job = parseJobInfo(await this.ask());
      if (this.ending || this.guestStopped || this.announcedPass(iteration) !== this.told) return;
      const seenAtMs = this.now();
      const counters = this.counters(job, seenAtMs);
      if (counters && job.memoryIteration !== undefined && job.memoryIteration > iteration) return;
      if (counters) {
        const atRate = this.rateBytesPerMs * Math.max(0, seenAtMs - atMs);
        // No more than since the last sample before the sync, however late this one came.
        const sentSince = before ? Math.min(atRate, counters.sentBytes - before.sentBytes) : atRate;
        return this.events.push({
          ...boundary(counters, this.announcedPass(iteration), atMs, sentSince),
          throttlePercent: job.autoConvergeThrottlePercent ?? 0,
        });
      }
      await sleep(2);
    }
  }

  private announce(iteration: number): void {
    this.iterationBase ??= iteration - 1;
    this.told = this.announcedPass(iteration);
    this.unannounced = undefined;
  }

  private announcedPass(iteration: number): number {
    return Math.max(1, iteration - (this.iterationBase ?? 0));
  }

  private scheduleTick(): void {
    clearTimeout(this.timer);
    if (this.ending) return;
    this.timer = setTimeout(
      () => {
        this.tick();
        this.scheduleTick();
      },
      this.throttled ? BRAKED_TICK_MS : TICK_MS,
    );
  }

  private lookNow(): void {
    if (!this.sampling && !this.ending) this.tick();
  }

  private tick(): void {
    if (this.sampling) return this.events.push({ kind: 'silence', atMs: this.now() });
    this.sampling = true;
    this.ask()
      .then(
        (text) => this.takeSample(parseJobInfo(text)),
        (error: unknown) => this.takeFailure(error),
      )
      .finally(() => {
        this.sampling = false;
      });
  }

  private async ask(): Promise<string> {
    return await this.shell.run(['domjobinfo', this.parts.uuid, '--rawstats'], SAMPLE_PATIENCE_MS);
  }

  private takeFailure(error: unknown): void {
    if (this.ending) return;
    // A transient domain is gone from the source when it was migrated.
    if (isNoDomain(error)) return void this.finish();
    const atMs = this.now();
    this.silentSinceMs ??= atMs;
    if (atMs - this.silentSinceMs > LOST_AFTER_MS) return void this.finish();
    this.events.push({ kind: 'silence', atMs });
  }

  private takeSample(job: JobInfo): void {
    if (this.ending) return;
    this.silentSinceMs = undefined;
    const atMs = this.now();
    if (job.type !== 'active' || job.migration === 'in') {
      if (job.type !== 'none') this.lastJob = job;
      if (this.began || this.virshEnded) return void this.finish();
      return this.events.push({ kind: 'preparing', atMs });
    }
    this.began = true;
    const before = this.last;
    const counters = this.counters(job, atMs);
    if (!counters) return this.events.push({ kind: 'preparing', atMs });
    const throttlePercent = job.autoConvergeThrottlePercent ?? 0;
    this.throttled = isBraked(throttlePercent);
    this.events.push({ kind: 'tick', ...counters, throttlePercent });
    if (before && counters.pass > this.told && !this.guestStopped) this.findBoundary(before, counters);
    else this.unannounced = undefined;
  }

  /** With events on their way the next sample is waited for: the event is the better source. */
  private findBoundary(before: Counters, now: Counters): void {
    const pending = this.unannounced?.iteration === now.pass ? this.unannounced : undefined;
    if (this.subscribed && !pending) {
      this.unannounced = { iteration: now.pass, before };
      return;
    }
    this.unannounced = undefined;
    this.told = now.pass;
    const sentSince = now.sentBytes - (pending?.before ?? before).sentBytes;
    this.events.push(boundary(now, now.pass, now.atMs, Math.max(0, sentSince)));
  }

  /** Undefined until QEMU has begun to copy memory: libvirt first agrees with the other side and copies disks. */
  private counters(job: JobInfo, atMs: number): Counters | undefined {
    const { memoryIteration, memoryTotalBytes, memoryRemainingBytes, dataProcessedBytes } = job;
    if (!memoryIteration || !memoryTotalBytes || memoryRemainingBytes === undefined) return undefined;
    this.iterationBase ??= memoryIteration - 1;
    const counters = {
      atMs,
      pass: this.announcedPass(memoryIteration),
      sentBytes: dataProcessedBytes ?? 0,
      remainingBytes: memoryRemainingBytes,
      totalBytes: memoryTotalBytes,
    };
    if (this.last && atMs - this.last.atMs >= TICK_MS / 2)
      this.rateBytesPerMs = (counters.sentBytes - this.last.sentBytes) / (atMs - this.last.atMs);
    if (!this.last || atMs - this.last.atMs >= TICK_MS / 2) this.last = counters;
    return counters;
  }

  /** libvirt's part is over, or cannot be seen any more: find out where the guest is, and tell it. */
  private async finish(): Promise<void> {
    if (this.ending) return;
    this.ending = true;
    clearTimeout(this.timer);
    const { sourceUri, destinationUri, uuid, wasRunning } = this.parts;
    const { source, destination } = await lastingStates({
      ...{ sourceUri, destinationUri, uuid, wasRunning, handedOver: this.handedOver },
    });
    const moved = source === 'handed-over' || (source === 'gone' && destination === 'running');
    const virshEnded = await this.virshWords();
    if (moved) await this.completedFigures();
    if (!moved && source !== 'silent') await this.restoreLimit();
    const error = this.errorWords(virshEnded);
    const atMs = this.now();
    this.stopWatching();
    this.events.close();
    this.settleEnded({
      atMs,
      result: moved ? 'completed' : this.wasCancelled(error) ? 'cancelled' : 'failed',
      error: moved ? undefined : error,
      whereabouts: { source, destination },
      destinationEverRan: this.destinationRan || (destinationUri === undefined ? undefined : false),
      sentBytes: this.completedJob?.dataProcessedBytes ?? this.last?.sentBytes,
      reportedDowntimeMs: this.completedJob?.downtimeMs,
    });
  }

  /** Our virsh ends a moment after the job. */
  private async virshWords(): Promise<VirshOutput | undefined> {
    if (!this.parts.virshMigrate) return undefined;
    return await Promise.race([this.parts.virshMigrate, sleep(2000, undefined)]);
  }

  private async completedFigures(): Promise<void> {
    const untilMs = performance.now() + FIGURES_MS;
    while (!this.completedJob && this.subscribed && performance.now() < untilMs) await sleep(10);
  }

  private errorWords(virshEnded: VirshOutput | undefined): string | undefined {
    const words = virshEnded && virshEnded.status !== 0 ? errorText(virshEnded.stderr) : '';
    if (words !== '') return words;
    return (
      this.lastJob?.errorMessage ??
      'libvirt ended the migration and does not say why (somebody aborted it, or the link or the destination failed)'
    );
  }

  private wasCancelled(error: string | undefined): boolean {
    return this.cancelling || this.lastJob?.type === 'cancelled' || /canceled by client/.test(error ?? '');
  }

  private async restoreLimit(): Promise<void> {
    const before = this.parts.previousDowntimeLimitMs;
    if (before === undefined || !this.limitChanged) return;
    // The guest runs; a leftover setting is no reason to alarm anybody.
    await this.shell
      .run(['migrate-setmaxdowntime', this.parts.uuid, String(before)], 5000)
      .catch(() => undefined);
  }

  private stopWatching(): void {
    clearTimeout(this.timer);
    for (const stop of this.unsubscribe.splice(0)) stop();
    this.shell.close();
  }

  private now(): number {
    return performance.now() - this.zeroMs;
  }
}

/** What was sent after the sync had been in the set that it found. */
function boundary(counters: Counters, pass: number, atMs: number, sentSince: number): Boundary {
  return {
    kind: 'boundary',
    ...counters,
    atMs,
    pass,
    sentBytes: Math.max(0, Math.round(counters.sentBytes - sentSince)),
    remainingBytes: Math.min(counters.totalBytes, Math.round(counters.remainingBytes + sentSince)),
  };
}
