/**
 * Supervises one migration from its start to a settled end. The only place where decisions become effects:
 * it feeds observations to the policy, holds the user's limits against whatever the policy wants, and
 * journals each observation, decision and effect. It has no clock: time arrives inside events.
 */
import type { MigrationEnd, MigrationEvent, RunningMigration } from '../hypervisor/hypervisor.ts';
import { TooLateError } from '../hypervisor/hypervisor.ts';
import type { DirtyObservation } from '../model/dirty-curve.ts';
import { type Foreknowledge, NOTHING_KNOWN } from '../model/foreknowledge.ts';
import type { Boundary, Observation, Tick } from '../model/observation.ts';
import { learnedLineRate } from '../model/outlook.ts';
import { PassMeter } from '../model/passes.ts';
import { formatDuration } from '../model/units.ts';
import { Braked } from '../policy/braked.ts';
import type { Decision, Limits, Policy, PolicyKind } from '../policy/policy.ts';
import { BrownOutMeter } from './brown-out.ts';
import type { Happening, JournalSink } from './journal-entry.ts';
import type { Outcome } from './outcome.ts';
import { pauseRequestOf } from './pause-request.ts';
import { dirtiedIn } from './probe.ts';
import { settle } from './settle.ts';
import { assertEdge, isPreCopy, type State } from './states.ts';

/** Why we gave a migration up. */
interface GivenUp {
  readonly outcome: 'aborted' | 'cancelled' | 'failed';
  readonly reason: string;
  readonly neededPauseMs?: number | undefined;
}

/** Where the guest runs when we let go in a state; the source where none is named. */
const RUNS_ON_WHEN_LEFT: Partial<Record<State, Outcome['runsOn']>> = {
  stopped: 'unknown',
  arrived: 'destination',
  'post-copy': 'destination',
};

export class Supervisor {
  private readonly migration: RunningMigration;
  /** As it was begun with, until a brake is asked for. */
  private policy: Policy;
  private readonly limits: Limits;
  private readonly journal: JournalSink;
  private readonly meter: PassMeter;

  private state: State = 'copying';
  private nowMs = 0;
  private lastSentBytes = 0;
  /** Undefined until the first event: a migration that is taken over may be old. */
  private lastProgressMs: number | undefined;
  private memoryIntensive: boolean | undefined;
  private lineRateBytesPerSecond: number | undefined;
  /** When the guest stopped on the source; defined from then to the end. */
  private stoppedAtMs: number | undefined;
  /** When the guest ran again, on whichever side. */
  private resumedAtMs: number | undefined;
  private readonly brownOut = new BrownOutMeter();
  /** A brake was asked for. */
  private braking = false;
  /** What the last boundary would have paused for. */
  private lastPauseForecastMs: number | undefined;
  private givenUp: GivenUp | undefined;
  /** Post-copy stands still: half of the guest's memory is here and half there, and only a person can help. */
  private stuckInPostCopy = false;
  /** The state that {@link detach} left. */
  private leftIn: State | undefined;
  private readonly warned = new Set<string>();
  /** Effects under way; {@link run} waits for them so that none outlives the journal. */
  private readonly effects = new Set<Promise<void>>();

  constructor(
    migration: RunningMigration,
    kind: PolicyKind,
    limits: Limits,
    journal: JournalSink,
    known: Foreknowledge = NOTHING_KNOWN,
  ) {
    this.migration = migration;
    this.policy = kind.begin(limits, known);
    this.limits = limits;
    this.journal = journal;
    const learned = limits.bandwidthBytesPerSecond === undefined ? undefined : learnedLineRate(known);
    this.lineRateBytesPerSecond = limits.lineRateBytesPerSecond ?? learned;
    this.meter = new PassMeter(this.lineRateBytesPerSecond);
  }

  /** Follows the migration to its end. Never rejects for what happens to the migration. */
  async run(): Promise<Outcome> {
    for await (const event of this.migration.events) {
      this.nowMs = Math.max(this.nowMs, event.atMs);
      this.lastProgressMs ??= event.atMs;
      this.take(event);
    }
    const end = await this.migration.ended;
    this.nowMs = Math.max(this.nowMs, end.atMs);
    await Promise.allSettled(this.effects);
    // We may have let go while the driver was already finding out how it ended.
    return this.state === 'detached' || end.result === 'detached'
      ? this.endDetached()
      : await this.settleAndEnd(end);
  }

  /** Gives the migration up on the user's word. Harmless when it is already ending. */
  cancel(reason: string): void {
    this.giveUp({ outcome: 'cancelled', reason });
  }

  /** Lets go: the migration goes on without us. */
  async detach(): Promise<void> {
    if (this.state === 'settling' || this.state === 'ended' || this.state === 'detached') return;
    this.leftIn = this.state;
    this.become('detached');
    await this.migration.detach();
  }

  private take(event: MigrationEvent): void {
    // What was under way when we let go is nobody's business any more.
    if (this.state === 'detached') return;
    switch (event.kind) {
      case 'boundary':
        return this.takeBoundary(event);
      case 'tick':
        return this.takeTick(event);
      case 'probed':
        return this.takeProbe(dirtiedIn(event.probe));
      case 'preparing':
        this.lastProgressMs = event.atMs;
        return this.holdLimits();
      case 'silence':
        return this.holdLimits();
      case 'stopped':
        this.stoppedAtMs = event.atMs;
        this.brownOut.release(event.atMs);
        this.resumedAtMs = undefined;
        this.note({ type: 'guest', event: 'stopped', side: 'source' });
        if (isPreCopy(this.state)) this.become('stopped');
        return;
      case 'resumed':
        this.resumedAtMs = event.atMs;
        this.note({ type: 'guest', event: 'resumed', side: event.side });
        if (event.side === 'source' && (this.state === 'stopped' || this.state === 'arrived'))
          this.become('copying');
        if (event.side === 'destination' && this.state === 'stopped') this.become('arrived');
        return;
      case 'status':
        this.note({ type: 'status', status: event.status });
        if (event.status.startsWith('postcopy') && this.state !== 'post-copy' && this.state !== 'cancelling')
          this.become('post-copy');
        return;
      case 'destination-lost':
        // After we gave up it is expected: a QEMU whose incoming migration was cancelled ends.
        if (this.state !== 'cancelling') this.warn('the destination closed its monitor');
        return;
    }
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
    this.lastPauseForecastMs = boundary.pauseForecastMs;
    this.note({ type: 'boundary', boundary });
    if (!isPreCopy(this.state)) return;
    this.decide(boundary);
    this.holdLimits();
  }

  private takeTick(tick: Tick): void {
    this.see(tick);
    this.note({ type: 'tick', tick });
    if (isPreCopy(this.state) || this.state === 'stopped') this.decide(tick);
    this.holdLimits();
  }

  private see(counters: Boundary | Tick): void {
    if (counters.sentBytes > this.lastSentBytes) this.lastProgressMs = counters.atMs;
    this.lastSentBytes = Math.max(this.lastSentBytes, counters.sentBytes);
    if (isPreCopy(this.state)) this.brownOut.see(counters.atMs, counters.throttlePercent);
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
        this.become('switching-over');
        return this.allow(decision);
      case 'throttle':
        return this.brake(decision.throttlePercent);
      case 'suspend':
        return this.effect(this.migration.suspend());
      case 'post-copy':
        if (this.limits.overBudget !== 'post-copy')
          return this.warn('the policy wants post-copy, which was not allowed: not done');
        return this.effect(this.migration.startPostCopy());
      case 'abort':
        if (this.limits.overBudget === 'leave')
          return this.warnOnce('the policy would give the migration up: left running, as asked');
        return this.giveUp({
          outcome: 'aborted',
          reason: decision.reason,
          neededPauseMs: decision.neededPauseMs,
        });
    }
  }

  private brake(percent: number): void {
    if (this.limits.overBudget !== 'brake')
      return this.warnOnce('the policy wants to brake the guest, which was not allowed: not done');
    if (!this.braking) {
      this.braking = true;
      const asked = { atMs: this.nowMs, throttlePercent: percent };
      this.policy = new Braked(this.limits, asked, this.lineRateBytesPerSecond ?? 0);
    }
    this.effect(this.migration.throttle(percent));
  }

  /** The user's limit holds whatever the policy asks for. */
  private allow(decision: Parameters<typeof pauseRequestOf>[0]): void {
    this.effect(this.migration.setDowntimeLimit(pauseRequestOf(decision, this.limits.maxDowntimeMs)));
  }

  private holdLimits(): void {
    const { timeoutMs, stallTimeoutMs, maxDowntimeMs } = this.limits;
    const stalled = this.nowMs - (this.lastProgressMs ?? this.nowMs) >= stallTimeoutMs;
    // Somebody else's migration is not ended for what it does by itself; only a timeout that was asked for is.
    const leave = this.limits.overBudget === 'leave';
    if (isPreCopy(this.state)) {
      if (timeoutMs !== undefined && this.nowMs >= timeoutMs)
        return this.giveUp({
          outcome: 'aborted',
          reason: `not finished within --timeout ${formatDuration(timeoutMs)}`,
        });
      const { overBudget, brakeForMs } = this.limits;
      if (overBudget === 'brake' && this.brownOut.lastedMs(this.nowMs) >= brakeForMs)
        return this.giveUp({
          outcome: 'aborted',
          reason: `braked to ${this.brownOut.highestPercent} % for --brake-for ${formatDuration(brakeForMs)}, and the rest still did not fit --max-downtime ${formatDuration(maxDowntimeMs)}`,
          neededPauseMs: this.lastPauseForecastMs,
        });
      if (stalled && leave)
        return this.warnOnce(
          `nothing reached the destination for ${formatDuration(stallTimeoutMs)}: the link or the destination is down; left running, as asked`,
        );
      if (stalled)
        return this.giveUp({
          outcome: 'failed',
          reason: `nothing reached the destination for ${formatDuration(stallTimeoutMs)}: the link or the destination is down`,
        });
    }
    if (this.state === 'post-copy' && stalled) {
      this.stuckInPostCopy = true;
      return void this.detach();
    }
    if (
      this.state === 'stopped' &&
      this.stoppedAtMs !== undefined &&
      this.nowMs - this.stoppedAtMs >= maxDowntimeMs
    ) {
      const reason = `the guest was stopped for --max-downtime ${formatDuration(maxDowntimeMs)} and the rest had not arrived`;
      if (leave) return this.warnOnce(`${reason}; left as it is, as asked`);
      this.giveUp({ outcome: 'aborted', reason });
    }
  }

  private giveUp(cause: GivenUp): void {
    if (!isPreCopy(this.state) && this.state !== 'stopped') {
      if (this.state === 'arrived')
        this.warn('too late to cancel: the guest runs on the destination already');
      if (this.state === 'post-copy')
        this.warn('post-copy has begun, the guest lives on both sides until it ends: it cannot be cancelled');
      return;
    }
    this.givenUp = cause;
    this.become('cancelling');
    this.effect(this.migration.cancel());
  }

  private effect(doing: Promise<string>): void {
    const done = doing
      .then(
        (did) => this.note({ type: 'effect', did }),
        (error: unknown) => {
          const words = error instanceof Error ? error.message : String(error);
          this.warn(error instanceof TooLateError ? `too late to cancel: ${words}` : words);
        },
      )
      .finally(() => this.effects.delete(done));
    this.effects.add(done);
  }

  private async settleAndEnd(end: MigrationEnd): Promise<Outcome> {
    this.become('settling');
    const { source, destination } = end.whereabouts;
    this.note({ type: 'located', source, destination });
    let settlement = settle({ end, wasRunning: this.migration.wasRunning });
    if (settlement.action === 'resume') {
      try {
        const resumed = await this.migration.resume(settlement.runsOn);
        this.nowMs = Math.max(this.nowMs, resumed.atMs);
        this.resumedAtMs = resumed.atMs;
        this.note({ type: 'effect', did: resumed.did });
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error);
        settlement = {
          action: 'ask-operator',
          runsOn: 'unknown',
          help: `the guest is held by the ${settlement.runsOn}, stopped, and resuming it failed (${words}): resume it by hand (\`cont\`, or \`virsh resume\`)`,
        };
      }
    }

    const { outcome, reason } = this.conclude(end, settlement.runsOn);
    return this.finish({
      outcome,
      runsOn: settlement.runsOn,
      reason:
        settlement.action === 'ask-operator'
          ? `${reason}; an operator is needed: ${settlement.help}`
          : reason,
      pauseMs: this.pauseMs(),
      brownOut: this.brownOut.at(end.atMs),
      totalMs: this.nowMs,
      sentBytes: Math.max(this.lastSentBytes, end.sentBytes ?? 0),
      memoryIntensive: this.memoryIntensive ?? null,
      neededPauseMs: outcome === 'aborted' ? (this.givenUp?.neededPauseMs ?? null) : null,
      reportedDowntimeMs: end.reportedDowntimeMs ?? null,
    });
  }

  private conclude(
    end: MigrationEnd,
    runsOn: Outcome['runsOn'],
  ): { outcome: Outcome['outcome']; reason: string } {
    const where = runsOn === 'unknown' ? '' : `; the guest runs on the ${runsOn}`;
    if (runsOn === 'destination') {
      const pauseMs = this.pauseMs();
      const over =
        pauseMs !== null && pauseMs > this.limits.maxDowntimeMs
          ? `, over --max-downtime ${formatDuration(this.limits.maxDowntimeMs)}`
          : '';
      const paused = pauseMs === null ? '' : ` after a pause of ${formatDuration(pauseMs)}${over}`;
      return { outcome: 'completed', reason: `migrated${where}${paused}` };
    }
    if (this.givenUp) return { outcome: this.givenUp.outcome, reason: `${this.givenUp.reason}${where}` };
    if (end.result === 'cancelled')
      return { outcome: 'cancelled', reason: `cancelled by somebody else${where}` };
    return { outcome: 'failed', reason: `${end.error ?? 'the migration failed'}${where}` };
  }

  private pauseMs(): number | null {
    if (this.stoppedAtMs === undefined || this.resumedAtMs === undefined) return null;
    return this.resumedAtMs - this.stoppedAtMs;
  }

  private endDetached(): Outcome {
    const runsOn = (this.leftIn && RUNS_ON_WHEN_LEFT[this.leftIn]) ?? 'source';
    const told = this.stuckInPostCopy
      ? ({
          outcome: 'failed',
          runsOn: 'unknown',
          reason:
            `post-copy stands still: nothing moved for ${formatDuration(this.limits.stallTimeoutMs)}; an operator is needed: ` +
            'end neither QEMU, mend the link, then use migrate-pause and migrate-recover (under libvirt: virsh migrate --postcopy-resume)',
        } as const)
      : ({
          outcome: 'detached',
          runsOn,
          reason:
            'detached: the migration goes on without switchover; `switchover attach` takes it over again',
        } as const);
    return this.finish({
      ...told,
      pauseMs: null,
      brownOut: this.brownOut.at(this.nowMs),
      totalMs: this.nowMs,
      sentBytes: this.lastSentBytes,
      memoryIntensive: this.memoryIntensive ?? null,
      neededPauseMs: null,
      reportedDowntimeMs: null,
    });
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
