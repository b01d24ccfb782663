/**
 * A migration between two libvirt hosts, as the port sees it: commands and events translated. What is common to all
 * drivers (the pace, boundaries, silence, gaps) is the {@link Observer}'s; where it is in its life is one
 * {@link RunState}.
 *
 * libvirt starts the destination's QEMU paused and lets it run only after the source's is known to have
 * finished, and aborts by itself what it finds unfinished after a restart, so whatever happens to us or to
 * virsh the guest runs on one side. The price: while QEMU sends the stop-and-copy it answers libvirt nothing,
 * and libvirt has no way around that, so an abort then takes effect only when QEMU answers again.
 *
 * Every command and event of the port is here, hence longer than most files.
 */
import { isBraked, MOST_THROTTLE_PERCENT } from '../../model/braking.ts';
import type { Clock } from '../clock.ts';
import { type QuotaLever, takenBack } from '../cpu-quota/vcpu-quota.ts';
import {
  type AttachOptions,
  type Effect,
  type GuestFacts,
  type MigrationEvent,
  type PauseRequest,
  type Restored,
  type RunningMigration,
  type Side,
  TooLateError,
} from '../hypervisor.ts';
import { migrationMark } from '../migration-mark.ts';
import { Observer, type Sample } from '../observer.ts';
import { PassCap } from '../qemu-rules/pass-cap.ts';
import { downtimeLimitMs } from '../qemu-rules/switchover-limit.ts';
import { abortJob } from './abort-job.ts';
import { DowntimeSetting, putBackAll, SpeedSetting } from './domain-settings.ts';
import { DomainSide } from './domain-side.ts';
import { JobFigures } from './job-figures.ts';
import { lastingStates } from './lasting-states.ts';
import { destinationChange, sourceChange } from './life-cycle.ts';
import { NO_CAP_MEBIBYTES, wholeMebibytes } from './migrate-command.ts';
import { detachedEnd, hasMoved, migrationEnd } from './migration-end.ts';
import { OurVirsh } from './our-virsh.ts';
import { isUnderWay, type JobLook } from './own-job.ts';
import { type Ending, isOver, moveRunState, type RunState } from './run-state.ts';
import { Seen } from './seen.ts';
import type { DomainEvents } from './virsh/event-hub.ts';
import { type JobInfo, parseJobInfo } from './virsh/job-info.ts';
import { isNoDomain, isNotRunning, isOutOfReach } from './virsh/refusal.ts';
import { type VirshOutput, VirshTimeoutError } from './virsh/virsh.ts';
import type { TimedEvent } from './virsh/virsh-events.ts';
import type { Shell } from './virsh/virsh-shell.ts';

const TICK_MS = 250;
/** Fine enough to see a braked pass come to its end, and our own job begin. */
const FINE_TICK_MS = 50;
/** From the end of the domain to the event that tells the figures of its job. */
const FIGURES_MS = 500;
/** Our virsh ends a moment after the job. */
const VIRSH_ENDS_MS = 2000;
/** So does the job, where the two libvirtds can reach each other. */
const JOB_ENDS_MS = 2000;
const JOB_POLL_MS = 50;
/** It is looked at more often. */
const UNHEARD_MS = 500;
/** Events come on a way of their own, a little later than an answer may. */
const EVENT_LATER_MS = 100;

export interface LibvirtMigrationParts {
  readonly clock: Clock;
  /** The instant from which times are counted, on that clock. */
  readonly zeroMs: number;
  readonly events: DomainEvents;
  openShell(uri: string): Shell;
  readonly sourceUri: string;
  /** Undefined: the destination is not watched. */
  readonly destinationUri: string | undefined;
  readonly uuid: string;
  /** The domain's name there; events carry names. */
  readonly destinationName: string;
  readonly guest: GuestFacts;
  readonly wasRunning: boolean;
  readonly begunByUs: boolean;
  /** It began with auto-converge armed for {@link RunningMigration.throttle}. */
  readonly braked: boolean;
  /** The kernel's brake, which needs nothing armed; undefined: QEMU's process is not ours to brake, or not to be. */
  readonly quota: QuotaLever | undefined;
  /** The end of our `virsh migrate`; undefined: the job was there before us. */
  readonly virshMigrate: Promise<VirshOutput> | undefined;
  /** Our `virsh migrate` stated the line rate to QEMU, which then counts with it. */
  readonly lineRateStated: boolean;
  readonly passCapBytesPerSecond: number | undefined;
  /** Over how many connections memory goes; undefined: one, or not known. */
  readonly connections: number | undefined;
  /** The limit that was in force before any controller of ours changed it, to be put back when the guest stays. */
  readonly previousDowntimeLimitMs: number | undefined;
  /** One of ours has changed it already. */
  readonly limitChanged: boolean;
  /** Its speed before any controller of ours changed it, in MiB/s; undefined: none has. */
  readonly previousSpeedMebibytes: number | undefined;
  /** As in {@link AttachOptions}, for what is changed on the way. */
  readonly remember: AttachOptions['remember'];
  /** The one that is in force as it begins, or is come upon; undefined where libvirt did not tell. */
  readonly downtimeLimitMs: number | undefined;
  /** Somebody else may set it too, and that is to be told. */
  readonly noticesLimit: boolean;
  /** As in {@link RunningMigration.encrypted}. */
  readonly encrypted: boolean | undefined;
  /** How long a libvirtd that cannot be asked is waited for. */
  readonly reconnectForMs: number;
}

interface LibvirtSample extends Sample {
  readonly look: JobLook;
}

export class LibvirtMigration implements RunningMigration {
  readonly guest: GuestFacts;
  readonly begunByUs: boolean;
  readonly destinationWaits = false;
  readonly brakesAtOnce: boolean;
  /** Settles once our job was seen, with undefined, or with the words with which our virsh was refused before. */
  readonly begun: Promise<string | undefined>;

  private readonly parts: LibvirtMigrationParts;
  private readonly observer: Observer;
  private readonly downtime: DowntimeSetting;
  private readonly speed: SpeedSetting;
  private readonly passCap: PassCap;
  private readonly sides: Record<Side, DomainSide>;
  private readonly figures: JobFigures;
  /** Undefined: the job was there before us. */
  private readonly ourVirsh: OurVirsh | undefined;
  private readonly settleBegun: (refused: string | undefined) => void;
  private state: RunState;
  /** On the parts' clock. */
  private jobBeganMs: number;
  /** Announced before the job was known to be ours. */
  private early: { readonly iteration: number; readonly atMs: number } | undefined;
  /** When the source's libvirtd last answered, in time awake. */
  private answeredAwakeMs: number;
  private readonly seen = new Seen();
  private throttled = false;
  /** The downtime limit is being asked for. */
  private noticing = false;
  /** The guest was seen running, whoever has stopped it since. */
  private ran: boolean;
  private suspendedByUs = false;
  private lastJob: JobInfo | undefined;
  private completedJob: JobInfo | undefined;

  constructor(parts: LibvirtMigrationParts) {
    this.parts = parts;
    parts.quota?.prepare();
    this.guest = parts.guest;
    this.ran = parts.wasRunning;
    // Somebody has stopped it before we looked: the switchover stops nothing then that an event would tell.
    if (!parts.wasRunning) this.seen.hold();
    this.begunByUs = parts.begunByUs;
    this.brakesAtOnce = parts.quota !== undefined;
    this.answeredAwakeMs = parts.clock.awakeMs();
    this.jobBeganMs = parts.zeroMs;
    this.state = { kind: parts.virshMigrate === undefined ? 'copying' : 'beginning' };
    this.figures = new JobFigures(parts.virshMigrate !== undefined);
    this.ourVirsh = parts.virshMigrate === undefined ? undefined : new OurVirsh(parts.zeroMs);
    this.sides = {
      source: new DomainSide({ ...parts, side: 'source', uri: parts.sourceUri, name: parts.guest.name }),
      destination: new DomainSide({
        ...parts,
        side: 'destination',
        uri: parts.destinationUri,
        name: parts.destinationName,
      }),
    };
    const domain = { uri: parts.sourceUri, uuid: parts.uuid, name: parts.guest.name };
    const act = async (command: string, value: string) => await this.sides.source.act(command, value);
    this.downtime = new DowntimeSetting(
      {
        ...{ name: 'downtimeLimitMs', domain, act },
        ...{ former: parts.previousDowntimeLimitMs, changed: parts.limitChanged },
      },
      parts.downtimeLimitMs,
    );
    const { previousSpeedMebibytes } = parts;
    this.speed = new SpeedSetting(
      {
        ...{ name: 'speedMebibytes', domain, act },
        ...{ former: previousSpeedMebibytes, changed: previousSpeedMebibytes !== undefined },
      },
      () => this.sides.source.speedMebibytes(),
      parts.remember,
    );
    this.passCap = new PassCap({
      ...parts,
      bytesPerSecond: parts.passCapBytesPerSecond,
      set: (bytesPerSecond) => this.speed.set(wholeMebibytes(bytesPerSecond) ?? NO_CAP_MEBIBYTES),
      setLimit: (request, fastest) => this.downtime.set(this.limitMs(request, fastest)),
    });
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.begun = promise;
    this.settleBegun = resolve;
    this.observer = new Observer({
      clock: parts.clock,
      zeroMs: parts.zeroMs,
      sample: () => this.sample(),
      everyMs: () => (this.throttled || this.state.kind === 'beginning' ? FINE_TICK_MS : TICK_MS),
      announces: () => this.sides.source.watch.isUp,
      fromStart: parts.virshMigrate !== undefined,
      answered: (sample) => this.answered(sample as LibvirtSample),
      failed: (error) => this.failed(error),
    });
    this.listen('source', (event) => this.takeSourceEvent(event));
    this.listen('destination', (event) => this.takeDestinationEvent(event));
    if (parts.virshMigrate === undefined) this.comeUpon(parts.guest);
    else void parts.virshMigrate.then((output) => this.takeVirshEnd(output));
  }

  get mark(): string {
    return migrationMark(this.parts.clock.now() - this.jobBeganMs, this.parts.clock);
  }

  /** libvirt begins a job long after its virsh was started, where it or we stood still meanwhile. */
  get markCertain(): Promise<unknown> {
    return this.begun;
  }

  get encrypted(): boolean | undefined {
    return this.parts.encrypted;
  }

  get wasRunning(): boolean {
    return this.ran && this.state.kind !== 'held';
  }

  get events(): AsyncIterable<MigrationEvent> {
    return this.observer.events;
  }

  get ended() {
    return this.observer.ended;
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

  /** libvirt takes no part of it on the way: without a quota, what was armed at the start bites by QEMU's own rule. */
  async throttle(percent: number): Promise<Effect> {
    const { quota } = this.parts;
    if (quota && percent === 0) return takenBack(quota);
    if (quota) {
      const effect = await quota.set(percent);
      this.throttled = true;
      this.observer.pace();
      return effect;
    }
    if (!this.parts.braked)
      throw new Error(
        'the guest cannot be braked: the migration began without --auto-converge, and libvirt does not switch it on on the way',
      );
    return { did: `nothing more: --auto-converge-initial=${MOST_THROTTLE_PERCENT} was armed at the start` };
  }

  async suspend(): Promise<Effect> {
    this.suspendedByUs = true;
    return await this.sides.source.act('suspend');
  }

  async startPostCopy(): Promise<Effect> {
    return await this.sides.source.act('migrate-postcopy');
  }

  async cancel(): Promise<Effect> {
    // A vCPU that may not run hears of nothing.
    this.parts.quota?.release();
    this.passCap.forbid();
    try {
      return await abortJob({
        clock: this.parts.clock,
        source: this.sides.source,
        isBeginning: () => this.state.kind === 'beginning' && this.ourVirsh?.output === undefined,
        assertCancellable: () => {
          this.assertCancellable();
          this.seen.cancelling = true;
        },
      });
    } finally {
      // Where there is no job, this finds the end.
      this.observer.look();
    }
  }

  async restrain(): Promise<Effect> {
    this.parts.quota?.release();
    this.passCap.forbid();
    return await this.downtime.set(1);
  }

  async letRun(): Promise<Effect> {
    throw new Error('libvirt itself lets the destination run: it does not wait for switchover');
  }

  async resume(side: Side): Promise<Effect & { readonly atMs: number }> {
    const { did } = await this.sides[side].act('resume');
    return { atMs: this.observer.now(), did };
  }

  async halt(side: Side): Promise<Effect> {
    return await this.sides[side].act('suspend');
  }

  async putBack(): Promise<readonly Restored[]> {
    const { clock } = this.parts;
    const untilMs = clock.awakeMs() + JOB_ENDS_MS;
    for (;;) {
      const { jobLasts = false, ...look } = await this.sides.source.look();
      const isOurs = jobLasts && !this.seen.refused;
      if (!isOurs || clock.awakeMs() >= untilMs)
        return await putBackAll([this.downtime, this.speed], { ...look, jobLasts: isOurs });
      await clock.sleep(JOB_POLL_MS);
    }
  }

  isGone(side: Side): boolean {
    return this.seen.goneFrom.has(side);
  }

  async detach(): Promise<void> {
    this.parts.quota?.release();
    if (this.state.kind !== 'ended' && this.state.kind !== 'detached') {
      this.become({ kind: 'detached' });
      this.observer.end(
        detachedEnd(this.observer.now(), this.seen.postCopyBegan, this.observer.lastCounters?.sentBytes),
      );
    }
    this.sides.source.close();
    this.sides.destination.close();
  }

  private limitMs(request: PauseRequest, fastest: number | undefined): number {
    const { lineRateStated } = this.parts;
    return downtimeLimitMs(request, { lineRateStated, passCapBytesPerSecond: fastest });
  }

  private listen(side: Side, take: (event: TimedEvent) => void): void {
    this.sides[side].listen({
      event: take,
      monitor: (state, words) =>
        this.observer.tell({ kind: 'monitor', atMs: this.observer.now(), side, state, words }),
    });
  }

  /** A migration that was there before us may be in any phase. */
  private comeUpon({ state }: GuestFacts): void {
    this.settleBegun(undefined);
    const nowMs = this.observer.now();
    if (state === 'switching-over') this.takeStop(nowMs, nowMs);
    // With a job: its memory is on both sides.
    if (state === 'handed-over') this.takePostCopy('postcopy-active', nowMs, nowMs);
  }

  private takeSourceEvent(event: TimedEvent): void {
    // Comes last of all, when the domain has left already.
    if (event.kind === 'job-completed') this.completedJob = event.job;
    const change = event.kind === 'lifecycle' ? sourceChange(event.change, event.detail) : undefined;
    if (change?.kind === 'guest-ended') this.seen.goneFrom.add('source');
    const atMs = event.atMs - this.parts.zeroMs;
    if (change?.kind === 'handed-over') this.takeHandedOver(atMs);
    if (isOver(this.state)) {
      // Told later than a look found its end: it had stopped before that, so it did not end while it was copied.
      if (change?.kind === 'stopped') this.seen.stop();
      if (change?.kind === 'post-copy') this.seen.postCopy();
      return;
    }
    if (event.kind === 'iteration') this.takeIteration(event.iteration, atMs);
    if (change === undefined) return;
    // Of a job that was there before our virsh.
    if (this.state.kind === 'beginning' && this.ourVirsh?.seesAnother) return this.observer.look();
    switch (change.kind) {
      case 'stopped':
        return this.takeStop(atMs);
      case 'held':
        return this.suspendedByUs ? this.takeStop(atMs) : this.takeHeld(atMs, change.by);
      case 'post-copy':
        return this.takePostCopy(change.status, atMs);
      case 'resumed':
        return this.takeSourceResumed(atMs);
      case 'handed-over':
        return this.finish({ kind: 'job-over' });
      case 'guest-ended':
        this.observer.tell({ kind: 'guest-ended', atMs, side: 'source', words: change.words });
        return this.finish({ kind: 'guest-ended', words: change.words });
      case 'nothing':
    }
  }

  /** Also behind a look that found the domain gone: the instant is the event's. */
  private takeHandedOver(atMs: number): void {
    // The source's domain ends once all of its memory has gone.
    if (this.seen.postCopyBegan && !this.seen.handedOver)
      this.observer.tell({ kind: 'status', atMs, status: 'completed' });
    this.seen.handedOver = true;
  }

  private takeIteration(iteration: number, atMs: number): void {
    if (this.state.kind !== 'beginning') return this.observer.announced(this.figures.passOf(iteration), atMs);
    this.early = { iteration, atMs };
    this.observer.look();
  }

  private takeStop(atMs: number, unseenMs?: number): void {
    const { state } = this;
    if (state.kind !== 'copying' && state.kind !== 'beginning' && state.kind !== 'arrived') return;
    this.seen.stop();
    this.parts.quota?.release();
    this.observer.stopped(atMs, unseenMs);
    // The other host's events came first.
    if (state.kind === 'arrived') this.observer.resumed('destination', Math.max(atMs, state.atMs));
    else this.become({ kind: 'stopped', sinceMs: atMs });
  }

  private takeHeld(atMs: number, by: string): void {
    if (this.state.kind === 'post-copy' || this.state.kind === 'arrived') return;
    this.seen.hold();
    this.become({ kind: 'held', by });
    this.observer.held(atMs, by);
  }

  private takePostCopy(status: 'postcopy-active' | 'postcopy-paused', atMs: number, unseenMs?: number): void {
    this.parts.quota?.release();
    if (!this.seen.postCopyBegan && !this.observer.guestStopped) this.observer.stopped(atMs, unseenMs);
    this.seen.postCopy();
    if (this.state.kind !== 'post-copy') this.become({ kind: 'post-copy' });
    this.observer.tell({ kind: 'status', atMs, status });
  }

  private takeSourceResumed(atMs: number): void {
    if (this.state.kind === 'post-copy') return;
    if (this.state.kind !== 'beginning' && this.state.kind !== 'copying') this.become({ kind: 'copying' });
    this.suspendedByUs = false;
    this.ran = true;
    this.observer.resumed('source', atMs);
    if (this.observer.destinationRan && this.begunByUs) this.stopTheOlder();
  }

  /**
   * The destination's libvirtd died as it had let the guest run, so the source's did not hear of it and resumes the
   * guest by itself (11.3, tried). Not a moment is waited with it; what the end then says is that both have run.
   */
  private stopTheOlder(): void {
    this.seen.resumedAfterArrival = true;
    const tell = (status: string) =>
      this.observer.tell({ kind: 'status', atMs: this.observer.now(), status });
    this.sides.source.act('suspend').then(
      () => tell('the source resumed after the guest had run on the destination: it was stopped there'),
      (error: unknown) => tell(`the source resumed and could not be stopped: ${wordsOf(error)}`),
    );
  }

  private takeDestinationEvent(event: TimedEvent): void {
    if (event.kind !== 'lifecycle') return;
    const change = destinationChange(event.change, event.detail);
    if (change.kind === 'guest-ended') this.seen.goneFrom.add('destination');
    if (this.state.kind === 'ended' || this.state.kind === 'detached') return;
    const atMs = event.atMs - this.parts.zeroMs;
    // What ends there before it ever ran is an incoming domain, which libvirt kills when a migration fails.
    if (change.kind === 'guest-ended' && this.observer.destinationRan)
      this.observer.tell({ kind: 'guest-ended', atMs, side: 'destination', words: change.words });
    // The end of post-copy is announced like a resumption; the guest ran there all along.
    if (change.kind !== 'resumed' || this.observer.destinationRan) return;
    // Heard while the end is found out, it still tells the pause.
    if (this.state.kind !== 'post-copy' && this.state.kind !== 'settling')
      this.become({ kind: 'arrived', atMs });
    this.observer.resumed('destination', atMs);
  }

  private takeVirshEnd(output: VirshOutput): void {
    this.ourVirsh?.ended(output, this.parts.clock.now());
    this.observer.look();
  }

  private async sample(): Promise<LibvirtSample> {
    const askedMs = this.parts.clock.now();
    const job = parseJobInfo(await this.sides.source.jobInfo());
    const look = { job, askedMs, answeredMs: this.parts.clock.now() };
    const ours = this.state.kind !== 'beginning' || this.ourVirsh?.isOurs(look);
    return {
      look,
      figures: ours ? this.figures.of(job) : undefined,
      throttlePercent: Math.max(job.autoConvergeThrottlePercent ?? 0, this.parts.quota?.percent ?? 0),
    };
  }

  private answered({ look, figures, throttlePercent }: LibvirtSample): void {
    const unheardMs = this.parts.clock.awakeMs() - this.answeredAwakeMs;
    this.answeredAwakeMs = this.parts.clock.awakeMs();
    if (isOver(this.state)) return;
    if (unheardMs > UNHEARD_MS) void this.lookWhetherStopped(unheardMs);
    if (this.state.kind === 'beginning') this.takeBeginning(look);
    else if (!isUnderWay(look.job)) return this.takeJobEnd(look.job);
    else if (this.ourVirsh?.isRefused(look))
      return this.finish({ kind: 'refused', words: this.ourVirsh.words });
    this.throttled = isBraked(throttlePercent);
    if (!figures || figures.remainingBytes === 0) return;
    if (this.state.kind === 'stopped') this.takeAnswerWhileStopped(look, figures.sentBytes);
    // Nothing was handed over while the memory is still being copied.
    if (this.state.kind !== 'copying') return;
    this.sides.source.watch.prove(look.askedMs);
    this.sides.destination.watch.prove(look.askedMs);
    if (this.parts.noticesLimit) void this.noticeLimit();
  }

  /** After a silence in which it may have stopped, and the event of that is late. @param unheardMs how long that was */
  private async lookWhetherStopped(unheardMs: number): Promise<void> {
    const { state } = await this.sides.source.look();
    if (state !== 'switching-over' || this.state.kind !== 'copying') return;
    const atMs = this.observer.now();
    await this.parts.clock.sleep(EVENT_LATER_MS);
    if (this.state.kind === 'copying') this.takeStop(atMs, unheardMs);
  }

  /** Beside the looks at the job, which are not to wait for it. */
  private async noticeLimit(): Promise<void> {
    if (this.noticing) return;
    this.noticing = true;
    const limitMs = await this.downtime.notice(() => this.sides.source.downtimeLimitMs());
    this.noticing = false;
    if (limitMs !== undefined && this.state.kind === 'copying')
      this.observer.tell({ kind: 'limit-set', atMs: this.observer.now(), limitMs });
  }

  private takeBeginning(look: JobLook): void {
    switch (this.ourVirsh?.judge(look)) {
      case 'begun':
        return this.begin(look);
      case 'refused':
        return this.finish({ kind: 'refused', words: this.ourVirsh.words });
      case 'over':
        return this.takeJobEnd(look.job);
      default:
    }
  }

  private begin({ job, answeredMs }: JobLook): void {
    this.become({ kind: 'copying' });
    this.jobBeganMs = answeredMs - (job.timeElapsedMs ?? 0);
    if (this.early) this.observer.announced(this.figures.passOf(this.early.iteration), this.early.atMs);
    this.observer.pace();
  }

  private takeJobEnd(job: JobInfo): void {
    if (job.type !== 'none') this.lastJob = job;
    this.finish({ kind: 'job-over' });
  }

  /**
   * QEMU answers nothing in its stop-and-copy. Two answers since the guest stopped, the second with more sent than
   * the first: it is being copied as before, and somebody else stopped it.
   */
  private takeAnswerWhileStopped(look: JobLook, sentBytes: number): void {
    if (this.state.kind !== 'stopped' || this.suspendedByUs) return;
    if (look.askedMs - this.parts.zeroMs < this.state.sinceMs) return;
    const before = this.state.sentBytes;
    if (before === undefined) return this.become({ ...this.state, sentBytes });
    if (sentBytes <= before) return;
    this.takeHeld(this.observer.now(), 'somebody on its host');
  }

  private failed(error: unknown): void {
    if (isOver(this.state)) return;
    // A transient domain is gone from the source when it was migrated.
    if (isNoDomain(error) || isNotRunning(error)) return this.finish({ kind: 'job-over' });
    if (isOutOfReach(error)) this.seen.sourceWasAway = true;
    else if (!(error instanceof VirshTimeoutError)) {
      // libvirtd is there: it is QEMU that does not answer it.
      this.answeredAwakeMs = this.parts.clock.awakeMs();
      return;
    }
    if (this.parts.clock.awakeMs() - this.answeredAwakeMs < this.parts.reconnectForMs) return;
    const state = isOutOfReach(error) ? 'unreachable' : 'silent';
    this.finish({ kind: 'lost', state, words: `the source's libvirt is lost: ${wordsOf(error)}` });
  }

  private assertCancellable(): void {
    switch (this.state.kind) {
      case 'post-copy':
        throw new TooLateError('post-copy has begun: the guest lives on both sides until it ends');
      case 'arrived':
        throw new TooLateError('the guest runs on the destination already');
      case 'settling':
      case 'ended':
      case 'detached':
        throw new Error("libvirt's part is over, and which side has the guest is being found out");
      case 'beginning':
        if (this.ourVirsh?.seesAnother)
          throw new Error(
            'another job of this VM is under way, behind which our migration waits: that one is not aborted, and ours is once libvirt has begun it',
          );
        return;
      default:
    }
  }

  private finish(because: Ending): void {
    if (isOver(this.state)) return;
    const { kind } = this.state;
    const heldBy = this.state.kind === 'held' ? this.state.by : undefined;
    this.parts.quota?.release();
    this.become({ kind: 'settling', because });
    this.observer.stopLooking();
    // Of one that stands still the switchover's stop is not told, so it may have gone over.
    void this.settle(because, heldBy, kind === 'copying' && this.ran);
  }

  /** libvirt's part is over, or cannot be seen any more: find out where the guest is, and tell it. */
  private async settle(because: Ending, heldBy: string | undefined, ranHere: boolean): Promise<void> {
    const { clock, reconnectForMs } = this.parts;
    this.seen.refused = because.kind === 'refused';
    const { unbroken } = this.sides.source.watch;
    const { stops } = this.seen;
    const looks = await lastingStates({
      clock,
      wasRunning: this.wasRunning,
      sourceWasAway: this.seen.sourceWasAway,
      handedOver: () => this.isHandedOver,
      postCopyBegan: this.seen.postCopyBegan && because.kind === 'job-over',
      mayHaveArrived: () => this.seen.sourceEverStopped(unbroken) !== false,
      isEndHeard: (side) => !this.sides[side].watch.unbroken || this.seen.goneFrom.has(side),
      // Another's job goes on; and a source that did not come back was waited for already.
      reconnectForMs: because.kind === 'lost' || because.kind === 'refused' ? 0 : reconnectForMs,
      look: async (side) =>
        because.kind === 'lost' && side === 'source'
          ? { state: because.state }
          : await this.sides[side].look(),
      letGo: () => this.state.kind === 'detached' || because.kind === 'refused',
    });
    // Events may come later than a look: nothing follows from one that was not heard before that of the end was.
    const isHeardOut = (side: Side) =>
      this.sides[side].watch.unbroken && (looks[side].state !== 'gone' || this.seen.goneFrom.has(side));
    const moved = hasMoved({ handedOver: this.isHandedOver, looks, postCopyBegan: this.seen.postCopyBegan });
    if (moved) await this.completedFigures();
    else await this.virshWords();
    if (this.state.kind !== 'settling') return;
    this.become({ kind: 'ended' });
    this.settleBegun(because.kind === 'refused' ? because.words : undefined);
    this.observer.end(
      migrationEnd({
        atMs: this.observer.now(),
        because,
        handedOver: this.isHandedOver,
        looks: this.seen.resumedAfterArrival ? { ...looks, source: { state: 'running' } } : looks,
        destinationEverRan: this.observer.destinationRan || (isHeardOut('destination') ? false : undefined),
        sourceEverStopped: this.seen.sourceEverStopped(isHeardOut('source')),
        endedOnSource: ranHere && isHeardOut('source') && this.seen.stops === stops,
        postCopyBegan: this.seen.postCopyBegan,
        heldBy,
        cancelling: this.seen.cancelling,
        virshEnded: this.ourVirsh?.output,
        lastJob: this.lastJob,
        completedJob: this.completedJob,
        sentBytes: this.observer.lastCounters?.sentBytes,
        encrypted: this.encrypted,
      }),
    );
  }

  /** libvirt's word that the guest was migrated, in whichever way it came. */
  private get isHandedOver(): boolean {
    return (
      this.seen.handedOver || this.completedJob?.migration === 'out' || this.ourVirsh?.output?.status === 0
    );
  }

  private async virshWords(): Promise<void> {
    const { virshMigrate, clock } = this.parts;
    if (virshMigrate === undefined || this.ourVirsh?.output) return;
    await Promise.race([virshMigrate, clock.sleep(VIRSH_ENDS_MS)]);
  }

  private async completedFigures(): Promise<void> {
    const untilMs = this.parts.clock.now() + FIGURES_MS;
    while (!this.completedJob && this.sides.source.watch.isUp && this.parts.clock.now() < untilMs)
      await this.parts.clock.sleep(10);
  }

  private become(to: RunState): void {
    const from = this.state;
    this.state = moveRunState(from, to);
    if (from.kind === 'beginning' && to.kind !== 'settling') this.settleBegun(undefined);
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
