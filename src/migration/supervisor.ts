/**
 * Supervises one migration from its start to a settled end. The only place where decisions become effects:
 * it feeds observations to the policy, holds the user's limits against whatever the policy wants, and
 * journals each observation, decision and effect. It has no clock: time arrives inside events.
 *
 * What a limit says is in `held-limits.ts`, how a cancel is carried through in `cancelling.ts`, which side has the
 * guest in `settle.ts`, and what becomes of it all in `ending.ts`. Here is the flow between them, one concept, hence
 * longer than most files.
 */
import type { Effect, MigrationEnd, MigrationEvent, RunningMigration } from '../hypervisor/hypervisor.ts';
import type { Happening, JournalSink } from '../journal/journal-entry.ts';
import type { DirtyObservation } from '../model/dirty-curve.ts';
import { FixedCost } from '../model/fixed-cost.ts';
import { type Foreknowledge, NOTHING_KNOWN } from '../model/foreknowledge.ts';
import { sourceLetGo } from '../model/migration-status.ts';
import type { Boundary, MeasuredBoundary, Observation, Tick } from '../model/observation.ts';
import { learnedLineRate } from '../model/outlook.ts';
import { PassMeter } from '../model/passes.ts';
import { fixedCostMsWithin } from '../model/pause-room.ts';
import { formatDuration } from '../model/units.ts';
import { Braked } from '../policy/braked.ts';
import {
  type ChangedLimits,
  type Decision,
  type Limits,
  mayBrake,
  type Policy,
  type PolicyKind,
  withoutQuota,
} from '../policy/policy.ts';
import { attachCommand, recoverCommand } from './attach-command.ts';
import { BrownOutMeter } from './brown-out.ts';
import { CancelTransaction, wordsOf } from './cancelling.ts';
import { detachedOutcome, endedOutcome, type GivenUp, type Seen, stuckOutcome } from './ending.ts';
import { heldLimits } from './held-limits.ts';
import type { OtherHand, Pauses } from './other-hand.ts';
import type { Outcome } from './outcome.ts';
import { PauseMeter } from './pause-meter.ts';
import { type Allowing, isAllowing, pauseRequestOf } from './pause-request.ts';
import { dirtiedIn } from './probe.ts';
import { RemotePagesMeter } from './remote-pages.ts';
import { type Settlement, settle, settledSince } from './settle.ts';
import { StallMeter } from './stall-meter.ts';
import { assertEdge, isPreCopy, type State } from './states.ts';

/** From here on passes are capped so, in bytes per second; undefined: not. */
interface PassesCapped {
  readonly kind: 'passes-capped';
  readonly bytesPerSecond: number | undefined;
}

/** What became of another cap of the passes. */
export type CapChange = 'holds' | 'failed' | 'not-copying';

/** What became of a wish to cancel. */
export type Cancelled = 'cancelled' | 'too-late' | 'failed';

export class Supervisor {
  private readonly migration: RunningMigration;
  private readonly kind: PolicyKind;
  private readonly known: Foreknowledge;
  /** Of the switchover, beside the memory. */
  private readonly fixedCost: FixedCost;
  /** As it was begun with, until a brake is asked for. */
  private policy: Policy;
  private limits: Limits;
  /** The same, as they were asked for. */
  private asked: Limits;
  /** Of the passes, as it was when it began, or was come upon. */
  private readonly firstCap: number | undefined;
  private readonly journal: JournalSink;
  private readonly meter: PassMeter;
  /** Undefined: whatever somebody else sets stays so. */
  private readonly otherHand: OtherHand | undefined;

  private state: State = 'copying';
  private nowMs = 0;
  private lastSentBytes = 0;
  /** The last that was seen to be left while the guest ran. */
  private restAtStopBytes: number | undefined;
  private memoryIntensive: boolean | undefined;
  private lineRateBytesPerSecond: number | undefined;
  /** The same, as passes showed it that no cap held back. */
  private uncappedRate: number | undefined;
  /** As the last sample told it. */
  private throttlePercent = 0;
  private readonly stall = new StallMeter();
  private readonly pause = new PauseMeter();
  private readonly brownOut = new BrownOutMeter();
  private readonly remotePages = new RemotePagesMeter();
  /** What a policy that begins anew is shown of the past. */
  private readonly past: (Observation | PassesCapped)[] = [];
  /** The last pause that was allowed, and the limit that was set for it. */
  private allowed: Allowing | undefined;
  private limitSetMs = 0;
  /** A brake was asked for, and what for: to spare the guest a pause that is allowed, or since none allowed is possible. */
  private braking: 'no' | 'sparing' | 'over-budget' = 'no';
  /** The guest was released, or could not be braked: not again. */
  private brakeIsSpent = false;
  /** How long it had been slowed down then. */
  private releasedAfterMs = 0;
  private givenUp: GivenUp | undefined;
  /** A cancel came too late: only the user's word makes us try again. */
  private tooLate = false;
  /** Defined once a cancel was begun. */
  private cancelling: CancelTransaction | undefined;
  /** Post-copy stands still, and only a person can help. */
  private stuckInPostCopy = false;
  /** Where the guest runs, as far as events told: after word that it is too late to cancel. */
  private runsOn: 'source' | 'nobody' | 'destination' = 'source';
  private inPostCopy = false;
  /** The state that {@link detach} left. */
  private leftIn: State | undefined;
  /** In the words of the one who asked for it. */
  private leftBecause: string | undefined;
  /** Let go as soon as the cancel that is under way turns out to come too late. */
  private detachIfTooLate: { readonly reason: string | undefined } | undefined;
  private readonly warned = new Set<string>();
  /** Effects under way; {@link run} waits for them so that none outlives the journal. */
  private readonly effects = new Set<Promise<void>>();
  private readonly over = Promise.withResolvers<Outcome>();

  /** @param past the boundaries that a controller before us saw of this migration */
  constructor(
    migration: RunningMigration,
    kind: PolicyKind,
    given: Limits,
    journal: JournalSink,
    known: Foreknowledge = NOTHING_KNOWN,
    past: readonly MeasuredBoundary[] = [],
    otherHand?: OtherHand,
  ) {
    this.migration = migration;
    this.kind = kind;
    this.known = known;
    this.fixedCost = FixedCost.of(known);
    const limits = this.possible(given);
    this.policy = kind.begin(limits, known);
    this.limits = limits;
    this.asked = given;
    this.firstCap = limits.bandwidthBytesPerSecond;
    this.journal = journal;
    this.otherHand = otherHand;
    const learned = limits.bandwidthBytesPerSecond === undefined ? undefined : learnedLineRate(known);
    this.lineRateBytesPerSecond = limits.lineRateBytesPerSecond ?? learned;
    this.meter = new PassMeter(
      this.lineRateBytesPerSecond,
      fixedCostMsWithin(limits.maxDowntimeMs, this.fixedCost),
    );
    this.recall(past);
    if (given.brake === 'when-it-pays' && !migration.brakesAtOnce)
      this.warn(
        'the guest is not braked: there is no quota to set on its vCPU threads (that takes KVM, a QEMU on this machine, and root)',
      );
  }

  /** Follows the migration to its end. Never rejects for what happens to the migration. */
  async run(): Promise<Outcome> {
    for await (const event of this.migration.events) {
      this.nowMs = Math.max(this.nowMs, event.atMs);
      this.take(event);
    }
    const end = await this.migration.ended;
    this.nowMs = Math.max(this.nowMs, end.atMs);
    await this.cancelling?.end();
    await Promise.allSettled(this.effects);
    // We may have let go while the driver was already finding out how it ended.
    const outcome =
      this.state === 'detached' || end.result === 'detached'
        ? this.endDetached()
        : await this.settleAndEnd(end);
    this.over.resolve(outcome);
    return outcome;
  }

  /** Gives the migration up on the user's word, and tries at once where a try has failed. One that was let go of is not ours. */
  async cancel(reason: string): Promise<Cancelled> {
    if (this.state === 'detached') return 'failed';
    this.cancelling?.hurry();
    this.cancelling?.look(this.nowMs);
    if (this.state !== 'cancelling') this.giveUp({ outcome: 'cancelled', reason });
    if (this.state !== 'cancelling' && this.state !== 'settling' && this.state !== 'ended') return 'too-late';
    const { outcome, runsOn } = await this.over.promise;
    // Let go of before it was known how it ends.
    if (outcome === 'detached') return 'failed';
    return runsOn === 'source' ? 'cancelled' : runsOn === 'destination' ? 'too-late' : 'failed';
  }

  /**
   * Lets go: the migration goes on without us. A cancel that is under way is carried to its end first: half of one
   * could leave a guest that stands still on both sides.
   * @param reason why, for the outcome: `detached on SIGTERM`
   */
  async detach(reason?: string): Promise<void> {
    if (this.state === 'cancelling') {
      this.detachIfTooLate = { reason };
      await this.over.promise;
      return;
    }
    if (this.state === 'settling' || this.state === 'ended' || this.state === 'detached') return;
    this.leftIn = this.state;
    this.leftBecause = reason;
    this.become('detached');
    await this.migration.detach();
  }

  /**
   * New limits while it runs: what was seen so far is shown to the policy again, under them.
   * @param reason in the words of the one who asked for them
   */
  setLimits(changes: ChangedLimits, reason?: string): void {
    this.ask(changes, reason);
    this.holdTo({ ...this.limits, ...changes });
  }

  private ask(changes: Partial<Limits>, reason?: string): void {
    this.asked = { ...this.asked, ...changes };
    this.note({ type: 'limits', limits: this.asked, reason: reason ?? null });
  }

  /**
   * Passes are capped so from now on; what is allowed of the pause stays.
   * @param bytesPerSecond undefined: not capped @param reason in the words of the one who asked for it
   * @returns once it holds, or cannot
   */
  async setPassCap(bytesPerSecond: number | undefined, reason?: string): Promise<CapChange> {
    if (!isPreCopy(this.state)) return 'not-copying';
    const change = Promise.withResolvers<CapChange>();
    const { bandwidthBytesPerSecond } = this.asked;
    this.capPasses(bytesPerSecond);
    this.ask({ bandwidthBytesPerSecond: bytesPerSecond }, reason);
    this.effect(async () => {
      try {
        const effect = await this.migration.setPassCap(bytesPerSecond);
        change.resolve('holds');
        return effect;
      } catch (error) {
        change.resolve('failed');
        this.capPasses(this.migration.passCapBytesPerSecond);
        this.ask({ bandwidthBytesPerSecond });
        throw error;
      }
    });
    return await change.promise;
  }

  /** The pass under way is of both caps. */
  private capPasses(bytesPerSecond: number | undefined): void {
    const { lineRateBytesPerSecond: stated, bandwidthBytesPerSecond: former } = this.limits;
    if (former === undefined) this.uncappedRate = this.lineRateBytesPerSecond;
    const shown =
      bytesPerSecond === undefined ? undefined : (learnedLineRate(this.known) ?? this.uncappedRate);
    this.meter.restart(stated ?? shown);
    this.limits = { ...this.limits, bandwidthBytesPerSecond: bytesPerSecond };
    this.past.push({ kind: 'passes-capped', bytesPerSecond });
    this.policy.takePassCap?.(bytesPerSecond);
  }

  private holdTo(given: Limits): void {
    this.limits = this.possible(given);
    if (this.braking !== 'no') return;
    this.beginAnew();
    this.policy.takePast?.();
  }

  /**
   * As soon as the rest fits the longest pause that is allowed, whatever another pass would save: that pause is fine from now
   * on, and the hypervisor is told so at once.
   * @returns whether it still copies
   */
  switchOver(reason: string): boolean {
    if (!isPreCopy(this.state)) return false;
    const { maxDowntimeMs } = this.limits;
    this.setLimits({ downtimeMs: maxDowntimeMs }, reason);
    this.allow(this.initially(reason, maxDowntimeMs));
    return true;
  }

  /** @returns what it decides on the last that was seen */
  private beginAnew(): Decision | undefined {
    this.policy = this.kind.begin({ ...this.limits, bandwidthBytesPerSecond: this.firstCap }, this.known);
    let last: Decision | undefined;
    for (const each of this.past) {
      this.policy.takePast?.();
      if (each.kind === 'passes-capped') this.policy.takePassCap?.(each.bytesPerSecond);
      else last = this.policy.observe(each);
    }
    return last;
  }

  /** As far as this migration allows what they ask for. */
  private possible(given: Limits): Limits {
    const limits = underCap(given, this.migration);
    return this.migration.brakesAtOnce && !this.brakeIsSpent ? limits : withoutQuota(limits);
  }

  /** What a controller before us saw of this migration. */
  private recall(past: readonly MeasuredBoundary[]): void {
    for (const boundary of past) {
      this.past.push(boundary);
      this.policy.observe(boundary);
      this.meter.measure(boundary);
      this.lineRateBytesPerSecond = boundary.lineRateBytesPerSecond ?? this.lineRateBytesPerSecond;
    }
    this.policy.takePast?.();
  }

  private take(event: MigrationEvent): void {
    // What was under way when we let go is nobody's business any more.
    if (this.state === 'detached') return;
    switch (event.kind) {
      case 'boundary':
        this.takeBoundary(event);
        break;
      case 'tick':
        this.takeTick(event);
        break;
      case 'probed':
        this.takeProbe(dirtiedIn(event.probe));
        break;
      case 'preparing':
        this.stall.restart();
        break;
      case 'gap':
        this.stall.restart();
        this.pause.gap(event.forMs);
        this.warn(`switchover itself stood still for ${Math.round(event.forMs)} ms`);
        break;
      case 'stopped':
        this.takeStop(event.atMs, event.unseenMs);
        break;
      case 'held':
        // The guest's pause, and its limit, are the migration's only.
        this.pause.resume(event.atMs);
        this.pause.missed();
        this.warn(`the guest was stopped by ${event.by}, not for the switchover: the copy goes on`);
        if (this.state === 'stopped') this.become('copying');
        break;
      case 'resumed':
        this.takeResumed(event.atMs, event.side, event.unseenMs);
        break;
      case 'handed-over':
        this.takeHandedOver();
        break;
      case 'guest-ended':
        this.warn(`${event.words} on the ${event.side}`);
        break;
      case 'status':
        this.note({ type: 'status', status: event.status });
        // Until then the source may take the guest back, so nobody lets the destination run it.
        if (sourceLetGo(event.status)) this.takePostCopy();
        if (event.status === 'completed') this.remotePages.arrived(event.atMs);
        break;
      case 'limit-set':
        if (isPreCopy(this.state)) this.takeOtherLimit(event.limitMs);
        break;
      case 'monitor':
        this.note({ type: 'monitor', side: event.side, state: event.state, words: event.words });
        if (event.side !== 'source') break;
        this.stall.restart();
        if (event.state === 'lost') this.remotePages.lost();
        break;
      case 'silence':
        break;
    }
    this.holdLimits();
    if (this.state === 'cancelling') this.cancelling?.look(this.nowMs);
  }

  private takeProbe(probe: DirtyObservation): void {
    this.note({ type: 'probed', probe });
    if (isPreCopy(this.state)) this.policy.takeProbe?.(probe);
  }

  private takeBoundary(raw: Boundary): void {
    const boundary = this.meter.measure(raw);
    // A sync of a throttled guest may wait for its vCPUs (TCG's does), and nothing is sent meanwhile.
    if (!this.brownOut.throttled) this.lineRateBytesPerSecond = boundary.lineRateBytesPerSecond;
    this.see(boundary);
    this.past.push(boundary);
    this.note({ type: 'boundary', boundary });
    if (isPreCopy(this.state)) this.decide(boundary);
  }

  private takeTick(tick: Tick): void {
    this.see(tick);
    // A policy that begins anew has to know which passes were those of a guest that was slowed down.
    if (tick.throttlePercent !== this.throttlePercent) this.past.push(tick);
    this.throttlePercent = tick.throttlePercent;
    this.note({ type: 'tick', tick });
    if (isPreCopy(this.state) || this.state === 'stopped') this.decide(tick);
  }

  private see(counters: Boundary | Tick): void {
    this.stall.answer(counters.atMs, counters.sentBytes);
    this.lastSentBytes = Math.max(this.lastSentBytes, counters.sentBytes);
    if (this.runsOn === 'source') this.restAtStopBytes = counters.remainingBytes;
    if (isPreCopy(this.state)) this.brownOut.see(counters.atMs, counters.throttlePercent);
  }

  private takeStop(atMs: number, unseenMs: number | undefined): void {
    this.pause.stop(atMs, unseenMs);
    this.brownOut.release(atMs);
    this.runsOn = 'nobody';
    this.note({ type: 'guest', event: 'stopped', side: 'source' });
    this.policy.takeStop?.(atMs);
    if (isPreCopy(this.state)) this.become('stopped');
  }

  private takeResumed(atMs: number, side: 'source' | 'destination', unseenMs: number | undefined): void {
    this.pause.resume(atMs, unseenMs);
    this.runsOn = side;
    this.note({ type: 'guest', event: 'resumed', side });
    if (side === 'destination') this.remotePages.ran(atMs, unseenMs);
    if (side === 'source') this.policy.takeResume?.(atMs);
    if (side === 'source' && (this.state === 'stopped' || this.state === 'arrived')) this.become('copying');
    if (side === 'destination' && this.state === 'stopped') this.become('arrived');
  }

  private takeHandedOver(): void {
    if (!this.migration.destinationWaits || !this.migration.wasRunning) return;
    this.note({ type: 'intent', intent: 'let-run', side: 'destination' });
    this.effect(() => this.migration.letRun());
  }

  private takeOtherLimit(limitMs: number): void {
    const reaction = this.otherHand?.sees(limitMs);
    const words = reaction ? `: ${reaction.words}` : '';
    this.warn(`somebody else set the downtime limit to ${formatDuration(limitMs)}${words}`);
    if (reaction && reaction.limits.maxDowntimeMs !== this.limits.maxDowntimeMs)
      this.holdTo({ ...this.limits, ...pausesOf(reaction.limits) });
    if (reaction?.insists && this.allowed && this.limitSetMs > limitMs) this.allow(this.allowed);
  }

  private takePostCopy(): void {
    if (!this.inPostCopy && this.migration.destinationWaits && this.migration.wasRunning) {
      this.note({ type: 'intent', intent: 'let-run', side: 'destination' });
      this.effect(() => this.migration.letRun());
    }
    this.inPostCopy = true;
    this.remotePages.begin();
    if (this.state !== 'post-copy' && this.state !== 'cancelling') this.become('post-copy');
  }

  private decide(observation: Observation): void {
    const decision = this.policy.observe(observation);
    this.memoryIntensive = decision.memoryIntensive ?? this.memoryIntensive;
    if (observation.kind === 'tick' && decision.action === 'continue') return;
    this.note({ type: 'decision', pass: observation.pass, decision });
    // A switchover that was allowed and did not happen by the next boundary is decided anew.
    if (observation.kind === 'boundary' && this.state === 'switching-over') this.become('copying');
    this.carryOut(decision);
  }

  private carryOut(decision: Decision): void {
    switch (decision.action) {
      case 'continue':
        return;
      case 'set-downtime-limit':
        return this.allow(decision);
      case 'switchover':
        if (this.state !== 'switching-over') this.become('switching-over');
        return this.allow(decision);
      case 'throttle':
        return this.brake(decision);
      case 'suspend':
        return this.effect(() => this.migration.suspend(), decision);
      case 'post-copy':
        if (this.limits.overBudget !== 'post-copy') {
          const words = 'the policy wants post-copy, which was not allowed: not done';
          this.policy.takeFailure?.(decision, words);
          return this.warnOnce(words);
        }
        return this.effect(() => this.migration.startPostCopy(), decision);
      case 'abort':
        if (this.limits.overBudget === 'leave')
          return this.warnOnce('the policy would give the migration up: left running, as asked');
        if (this.tooLate) return;
        return this.giveUp({
          outcome: 'aborted',
          reason: decision.reason,
          neededPauseMs: decision.neededPauseMs,
        });
    }
  }

  private brake(decision: Decision & { readonly action: 'throttle' }): void {
    const { limits } = this;
    const { throttlePercent, insteadOf, fixedCostMs } = decision;
    if (!mayBrake(limits))
      return this.warnOnce('the policy wants to brake the guest, which was not allowed: not done');
    if (this.braking === 'no') {
      this.braking = insteadOf ? 'sparing' : 'over-budget';
      const asked = { atMs: this.nowMs, throttlePercent, insteadOf, fixedCostMs };
      this.policy = new Braked(limits, asked, this.lineRateBytesPerSecond ?? 0, this.fixedCost);
    }
    this.effect(() => this.migration.throttle(throttlePercent), decision);
  }

  /** As the policy begins. */
  private initially(reason: string, downtimeLimitMs = this.policy.initialDowntimeLimitMs): Allowing {
    const { initialFixedCostMs: fixedCostMs } = this.policy;
    const { lineRateBytesPerSecond } = this;
    return fixedCostMs === undefined
      ? { action: 'set-downtime-limit', downtimeLimitMs, asIs: true, reason }
      : { action: 'set-downtime-limit', downtimeLimitMs, fixedCostMs, lineRateBytesPerSecond, reason };
  }

  /** A brake in place of giving up ends with the migration. */
  private get mayRelease(): boolean {
    return (
      this.braking === 'sparing' || (this.braking === 'over-budget' && this.limits.overBudget !== 'brake')
    );
  }

  /** The guest runs freely again, and the policy decides as if there were no brake. */
  private release(words: string): void {
    if (!this.mayRelease) return;
    this.warn(words);
    this.braking = 'no';
    this.brakeIsSpent = true;
    this.limits = this.possible(this.limits);
    this.brownOut.release(this.nowMs);
    this.releasedAfterMs = this.brownOut.lastedMs(this.nowMs);
    this.effect(() => this.migration.throttle(0));
    const decision = this.beginAnew();
    // The brake's own limit is next to nothing.
    this.allow(decision && isAllowing(decision) ? decision : this.initially(words));
  }

  /** The user's limit holds whatever the policy asks for. */
  private allow(decision: Allowing): void {
    this.allowed = decision;
    const request = pauseRequestOf(decision, this.limits.maxDowntimeMs, this.fixedCost);
    this.effect(() => this.migration.setDowntimeLimit(request), decision);
  }

  private holdLimits(): void {
    const verdict = heldLimits(this.state, this.limits, {
      nowMs: this.nowMs,
      sentBytes: this.lastSentBytes,
      stalledMs: this.stall.stalledMs,
      stoppedMs: this.pause.stoppedMs(this.nowMs),
      restBytes: this.restAtStopBytes,
      lineRateBytesPerSecond: this.lineRateBytesPerSecond,
      brownOutMs: this.brownOut.lastedMs(this.nowMs) - this.releasedAfterMs,
      highestThrottlePercent: this.brownOut.highestPercent,
      mayRelease: this.mayRelease,
      lastPauseForecastMs: this.past.findLast((each) => each.kind === 'boundary')?.pauseForecastMs,
    });
    switch (verdict?.kind) {
      case undefined:
        return;
      case 'say':
        return this.warnOnce(verdict.words);
      case 'release':
        return this.release(verdict.words);
      case 'give-up':
        return this.tooLate ? undefined : this.giveUp(verdict);
      case 'stuck':
        this.stuckInPostCopy = true;
        void this.detach();
    }
  }

  private giveUp({ outcome, reason, neededPauseMs }: GivenUp): void {
    if (!isPreCopy(this.state) && this.state !== 'stopped') {
      if (this.state === 'arrived')
        this.warnOnce('too late to cancel: the guest runs on the destination already');
      if (this.state === 'post-copy')
        this.warnOnce(
          'post-copy has begun, the guest lives on both sides until it ends: it cannot be cancelled',
        );
      return;
    }
    this.givenUp = { outcome, reason, neededPauseMs };
    this.note({ type: 'intent', intent: 'cancel', side: null });
    this.become('cancelling');
    this.cancelling = new CancelTransaction(this.migration, {
      did: (effect) => this.did(effect),
      failed: (words) => this.warnOnce(`the cancel failed and is tried again: ${words}`),
      tooLate: (words) => this.tooLateToCancel(words),
    });
    this.cancelling.look(this.nowMs);
  }

  /** The migration goes on where it was going. */
  private tooLateToCancel(words: string): void {
    this.warnOnce(`too late to cancel: ${words}`);
    this.tooLate = true;
    if (this.state !== 'cancelling') return;
    this.become(this.inPostCopy ? 'post-copy' : this.runsOn === 'destination' ? 'arrived' : 'stopped');
    if (this.detachIfTooLate) void this.detach(this.detachIfTooLate.reason);
  }

  /** @param decision whose effect it is: its policy is told of a failure */
  private effect(doing: () => Promise<Effect>, decision?: Decision): void {
    const done = doing()
      .then(
        (effect) => this.did(effect),
        (error: unknown) => {
          const words = wordsOf(error);
          // One that is tried again at every poll fails with the same words each time.
          this.warnOnce(words);
          if (decision) this.policy.takeFailure?.(decision, words);
          if (decision?.action === 'throttle') this.release('going on without a brake');
        },
      )
      .finally(() => this.effects.delete(done));
    this.effects.add(done);
  }

  private did({ did, set }: Effect): void {
    const limitMs = set?.['downtimeLimitMs'];
    if (typeof limitMs === 'number') this.limitSetMs = limitMs;
    this.note({ type: 'effect', did, ...(set ? { set } : {}) });
  }

  private async settleAndEnd(end: MigrationEnd): Promise<Outcome> {
    this.become('settling');
    const { source, destination } = end.whereabouts;
    this.note({ type: 'located', source, destination });
    const { wasRunning, begunByUs } = this.migration;
    const facts = { end, wasRunning, begunByUs, attachCommand: attachCommand(this.migration.guest.vm) };
    const settled = await this.act(settle(facts));
    for (const { side, problem } of await this.migration.putBack())
      this.note({ type: 'restored', side, problem: problem ?? null });
    const settlement = settledSince(settled, (side) => this.migration.isGone(side));
    return this.finish(endedOutcome(end, settlement, this.givenUp, this.limits, this.seen(end.atMs)));
  }

  private async act(settlement: Settlement): Promise<Settlement> {
    try {
      if (settlement.action === 'resume') {
        this.note({ type: 'intent', intent: 'resume', side: settlement.runsOn });
        const resumed = await this.migration.resume(settlement.runsOn);
        this.nowMs = Math.max(this.nowMs, resumed.atMs);
        this.pause.resume(resumed.atMs);
        this.did(resumed);
      }
      if (settlement.action === 'halt-source') {
        this.note({ type: 'intent', intent: 'halt', side: 'source' });
        this.did(await this.migration.halt('source'));
      }
      return settlement;
    } catch (error) {
      if (settlement.action !== 'resume') return settlement;
      return {
        action: 'ask-operator',
        runsOn: 'unknown',
        help: `the guest is held by the ${settlement.runsOn}, stopped, and resuming it failed (${wordsOf(error)}): resume it there by hand (\`cont\`, or \`virsh resume\`), or with \`${attachCommand(this.migration.guest.vm)}\``,
      };
    }
  }

  private endDetached(): Outcome {
    // Another hand than ours let go of it.
    if (this.state !== 'detached') this.become('detached');
    const seen = this.seen(this.nowMs);
    if (this.stuckInPostCopy) {
      const command = recoverCommand(this.migration.guest.vm);
      return this.finish(stuckOutcome(this.limits.stallTimeoutMs, seen, command));
    }
    const waits = this.migration.destinationWaits && this.leftIn !== 'arrived' && !this.inPostCopy;
    return this.finish(detachedOutcome(this.leftIn ?? 'copying', waits, seen, this.leftBecause));
  }

  private seen(brownOutToMs: number): Seen {
    return {
      totalMs: this.nowMs,
      sentBytes: this.lastSentBytes,
      memoryIntensive: this.memoryIntensive,
      brownOut: this.brownOut.at(brownOutToMs),
      pause: this.pause.pause,
      remotePages: this.remotePages.remotePages,
      encrypted: this.migration.encrypted,
    };
  }

  private finish(outcome: Outcome): Outcome {
    if (this.state !== 'detached') this.become('ended');
    this.note({ type: 'ended', outcome });
    return outcome;
  }

  private become(to: State): void {
    assertEdge(this.state, to);
    const from = this.state;
    this.state = to;
    this.note({ type: 'state', from, to });
  }

  private warnOnce(message: string): void {
    if (this.warned.has(message)) return;
    this.warned.add(message);
    this.warn(message);
  }

  private warn(message: string): void {
    this.note({ type: 'warning', message });
  }

  private note(happening: Happening): void {
    this.journal.write(this.nowMs, happening);
  }
}

/** A cap that is stated for nobody may well hold the passes all the same: of one who began the migration. */
function underCap(limits: Limits, { passCapBytesPerSecond }: RunningMigration): Limits {
  return {
    ...limits,
    bandwidthBytesPerSecond: limits.bandwidthBytesPerSecond ?? passCapBytesPerSecond,
  };
}

function pausesOf({ downtimeMs, maxDowntimeMs, overBudget }: Pauses): Pauses {
  return { downtimeMs, maxDowntimeMs, overBudget };
}
