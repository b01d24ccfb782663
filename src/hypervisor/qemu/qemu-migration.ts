/**
 * A migration between two QEMUs, as the port sees it: commands and events translated. Looking, boundaries and blindness
 * are the {@link Observer}'s, connections that come and go the {@link LastingMonitor}'s.
 *
 * A migration that we begin waits at its end (S2): the destination was told not to start the guest, and does so at
 * our word, once the source has handed it over. So a cancel needs nothing of the destination, and a link cut in the last
 * moment leaves one side running.
 *
 * During the stop-and-copy QEMU's main thread holds its big lock and answers nothing; time still passes, as
 * `silence` events. Only out-of-band commands get through then, which is why {@link cancel} yanks.
 *
 * One machine of states with all that may happen in each, hence longer than most files.
 *
 *     copying ──▶ post-copy ──▶ ending ──▶ ended          Any of them becomes `left` when we let go.
 *        └────────────────────────^
 */
import { isBraked, MOST_THROTTLE_PERCENT } from '../../model/braking.ts';
import { isPostCopy, isUnderWay, sourceLetGo } from '../../model/migration-status.ts';
import { afterAwake } from '../awake.ts';
import type { Clock } from '../clock.ts';
import { type QuotaLever, takenBack } from '../cpu-quota/vcpu-quota.ts';
import {
  type AttachOptions,
  type Effect,
  type GuestFacts,
  type MigrationEnd,
  type PauseRequest,
  type Restored,
  type RunningMigration,
  type Side,
  type SideState,
  TooLateError,
} from '../hypervisor.ts';
import { migrationMark } from '../migration-mark.ts';
import { Observer, type Sample } from '../observer.ts';
import { BRAKE_HELD_READY, type BrakeLever, type ThrottleParameters } from '../qemu-rules/brake-lever.ts';
import { featuresOf } from '../qemu-rules/features.ts';
import { PassCap } from '../qemu-rules/pass-cap.ts';
import { NO_CAP_BYTES_PER_SECOND } from '../qemu-rules/start.ts';
import { LIMIT_HOLDS_MS, pauseParameters } from '../qemu-rules/switchover-limit.ts';
import type { ChangedSettings } from './changed-settings.ts';
import { EventDating } from './event-dating.ts';
import { fence } from './fence.ts';
import type { LastingMonitor, MonitorChange } from './lasting-monitor.ts';
import { finalInfo, lastingDestinationState, lastingSourceState, stateBehind } from './lasting-state.ts';
import { pageWaitsAt } from './page-waits.ts';
import { probeBySampling } from './probe.ts';
import type { MigrationInfo, QemuRunState } from './qmp/commands.ts';
import { isRefusal, QmpTimeoutError } from './qmp/errors.ts';
import type { QmpEvent } from './qmp/events.ts';
import { type NewStream, recover } from './recover.ts';
import { handshakeWords } from './tls/handshake-words.ts';

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
/** A stop-and-copy that lasts longer than this is none: the connection is dead. Below {@link PATIENT_MS}. */
const STOPPED_PATIENCE_MS = 300_000;
const COMMAND_MS = 5000;
/** The word for post-copy waits behind a sync of a large guest, and holds up the end of a migration that is over. */
const POST_COPY_WORD_MS = 30_000;
const YANK_MS = 2000;
/** A destination that was handed the guest still loads its devices. */
const LOADING_MS = 30_000;

/** Run states into which QEMU, or somebody, puts a guest for reasons of its own. */
const HELD_BY: ReadonlyMap<string, string> = new Map<QemuRunState, string>([
  ['paused', 'somebody else (`stop`)'],
  ['io-error', 'a disk error (io-error)'],
  ['watchdog', 'its watchdog'],
  ['guest-panicked', 'a panic of its kernel'],
  ['internal-error', 'an internal error of QEMU'],
  ['shutdown', 'its own shutdown'],
  ['debug', 'a debugger'],
]);

type Phase =
  /** Pre-copy, the stop-and-copy included, and until the source lets go in post-copy. Then: post-copy, ending, left. */
  | { readonly kind: 'copying' }
  /** The guest runs on the destination, its memory follows. Then: ending, left. */
  | { readonly kind: 'post-copy' }
  /** QEMU's part is over; both sides come to states that last. Then: ended, left. */
  | { readonly kind: 'ending' }
  | { readonly kind: 'ended' }
  /** We let go: nothing is sent from here any more. */
  | { readonly kind: 'left' };

const SUCCESSORS: Record<Phase['kind'], readonly Phase['kind'][]> = {
  copying: ['post-copy', 'ending', 'left'],
  'post-copy': ['ending', 'left'],
  ending: ['ended', 'left'],
  ended: ['left'],
  left: [],
};

export interface QemuMigrationParts {
  readonly clock: Clock;
  /** The instant from which times are counted, on that clock. */
  readonly zeroMs: number;
  readonly source: LastingMonitor;
  readonly destination: LastingMonitor | undefined;
  readonly guest: GuestFacts;
  readonly wasRunning: boolean;
  readonly begunByUs: boolean;
  readonly destinationWaits: boolean;
  /** Whether MIGRATION and MIGRATION_PASS are emitted. */
  readonly hasEvents: boolean;
  /** True when both ends were watched from before the first byte. */
  readonly watchedFromStart: boolean;
  /** A controller before this one was cancelling: see {@link QemuMigration.cancel}. */
  readonly mayBeFenced: boolean;
  /** What was changed on either side, the source's first. */
  readonly changed: readonly [ChangedSettings, ...ChangedSettings[]];
  /** As in {@link AttachOptions}, for what is changed on the way. */
  readonly remember: AttachOptions['remember'];
  /** As in {@link RunningMigration.encrypted}. */
  readonly encrypted: boolean | undefined;
  /** QEMU's own throttle; undefined: auto-converge is off. */
  readonly brake: BrakeLever | undefined;
  /** The kernel's, which bites at once; undefined: QEMU's process is not ours to brake. */
  readonly quota: QuotaLever | undefined;
  /** Cap of the passes in bytes per second; undefined: none. */
  readonly bandwidthBytesPerSecond: number | undefined;
  /** Over how many connections memory goes; undefined: one. */
  readonly connections: number | undefined;
  /** How long a side that is out of reach is waited for. */
  readonly reconnectForMs: number;
  /** QEMU's own word for where it is, when it is taken over; undefined: it is about to begin. */
  readonly status: string | undefined;
}

interface PostCopyAsked {
  readonly atMs: number;
  taken: boolean;
}

export class QemuMigration implements RunningMigration {
  readonly guest: GuestFacts;
  readonly begunByUs: boolean;
  readonly destinationWaits: boolean;

  private readonly parts: QemuMigrationParts;
  private readonly source: LastingMonitor;
  private readonly destination: LastingMonitor | undefined;
  private readonly observer: Observer;
  private phase: Phase = { kind: 'copying' };
  private knownBy: string;
  /** False until QEMU was told to migrate: before that its figures are of an earlier migration. */
  private begun: boolean;
  private status = 'setup';
  private throttled = false;
  /** Somebody, we or another, told QEMU to cancel. */
  private cancelAsked = false;
  private weCancelled = false;
  /** The destination was kept from starting by a {@link fence}. */
  private fenced = false;
  /** A {@link fence} was tried, and what came of it is not known. */
  private mayBeFenced: boolean;
  /** The destination was told to run the guest, so it may have, whether or not that was seen. */
  private toldToRun = false;
  /** The destination may hold the guest without all of its memory. */
  private postCopyBegan = false;
  private sourceStopped = false;
  /** After a stop the source was seen to run the guest again. */
  private tookBack = false;
  /** No stop of the source can have been missed, but for a connection that was lost. */
  private sourceWatched: boolean;
  /** The guest was seen running, whoever has stopped it since. */
  private ran: boolean;
  /** Our own `stop`, of a policy's: not somebody else's. */
  private suspended = false;
  private heldBy: string | undefined;
  private readonly ofSource: ChangedSettings;
  private readonly passCap: PassCap;
  private readonly dating: Record<Side, EventDating>;
  private guestEnded: string | undefined;
  /** How often the source was heard to stop, or to run. */
  private turns = 0;
  private sourceLostMs: number | undefined;
  /** We have told QEMU to begin it, and whether it has said that it does. */
  private postCopyAsked: PostCopyAsked | undefined;
  private cancelLoss: () => void = () => {};

  constructor(parts: QemuMigrationParts) {
    this.parts = parts;
    parts.quota?.prepare();
    [this.ofSource] = parts.changed;
    this.passCap = new PassCap({
      ...parts,
      bytesPerSecond: parts.bandwidthBytesPerSecond,
      set: (bytesPerSecond) => this.setMaxBandwidth(bytesPerSecond),
      setLimit: (request, fastest) => this.setLimit(request, fastest),
    });
    this.dating = { source: new EventDating(parts.zeroMs), destination: new EventDating(parts.zeroMs) };
    this.source = parts.source;
    this.destination = parts.destination;
    this.guest = parts.guest;
    this.ran = parts.wasRunning;
    // Whoever takes it over asked how the guest is before he listened.
    this.sourceWatched = parts.status === undefined;
    this.begunByUs = parts.begunByUs;
    this.destinationWaits = parts.destinationWaits;
    this.mayBeFenced = parts.mayBeFenced;
    this.knownBy = migrationMark(parts.clock.now() - parts.zeroMs, parts.clock);
    this.begun = parts.status !== undefined;
    this.observer = new Observer({
      clock: parts.clock,
      zeroMs: parts.zeroMs,
      sample: () => this.sample(),
      fromStart: parts.watchedFromStart,
      everyMs: () => this.everyMs(),
      unanswered: (forMs) => this.takeNoAnswer(forMs),
      announces: () => parts.hasEvents && this.source.state.kind === 'connected',
    });
    this.subscribe();
    if (parts.status !== undefined) this.takeStatus(parts.status, this.observer.now());
    if (parts.guest.state === 'switching-over' && this.phase.kind === 'copying')
      this.takeStop(this.observer.now(), Number.POSITIVE_INFINITY);
    if (this.begun) this.lookAtWay();
  }

  get mark(): string {
    return this.knownBy;
  }

  get wasRunning(): boolean {
    return this.ran && this.heldBy === undefined;
  }

  get events() {
    return this.observer.events;
  }

  get ended(): Promise<MigrationEnd> {
    return this.observer.ended;
  }

  /** QEMU was told to migrate: from here on what it says is of this migration. */
  begin(): void {
    this.begun = true;
    // All that was asked before it may have taken long.
    this.knownBy = migrationMark(0, this.parts.clock);
    this.observer.pace();
    this.lookAtWay();
  }

  /**
   * What happened between the first look at the guest and our listening: QEMU is asked again.
   * @throws {QmpError} @throws {UnreachableError} where it does not tell, and the migration has not begun
   */
  async lookAgain(): Promise<void> {
    if (this.begun) return await this.catchUp();
    // It is in no stop-and-copy, and answers at once.
    await this.lookAtSource(COMMAND_MS);
  }

  /** The way to the source may have been lost, or its process ended, before we listened. */
  private lookAtWay(): void {
    const { state } = this.source;
    if (this.sourceLostMs !== undefined || this.phase.kind !== 'copying') return;
    if (state.kind === 'ended') this.takeSourceChange({ state: 'ended', words: state.proof });
    if (state.kind === 'lost') this.takeSourceChange({ state: 'lost', words: state.words });
  }

  get brakesAtOnce(): boolean {
    return this.parts.quota !== undefined;
  }

  get encrypted(): boolean | undefined {
    return this.parts.encrypted;
  }

  get passCapBytesPerSecond(): number | undefined {
    return this.passCap.bytesPerSecond;
  }

  /** Beside the first pass. One that fails, or that the guest's stop overtakes, tells nothing. */
  async probe(durationMs: number): Promise<void> {
    const { client } = this.source;
    if (!client) return;
    try {
      const probe = await probeBySampling(client, durationMs, this.parts.clock);
      if (this.phase.kind === 'copying' && !this.observer.guestStopped)
        this.observer.tell({ kind: 'probed', atMs: this.observer.now(), probe });
    } catch {
      // The migration tells how it ended; without a probe it goes by its boundaries.
    }
  }

  setDowntimeLimit(request: PauseRequest): Promise<Effect> {
    return this.passCap.allow(request);
  }

  async setPassCap(bytesPerSecond: number | undefined): Promise<Effect> {
    return await this.passCap.change(bytesPerSecond);
  }

  async throttle(percent: number): Promise<Effect> {
    const { brake, quota } = this.parts;
    if (quota && percent === 0) return takenBack(quota);
    // Asked again where the quota did not do: QEMU's own throttle comes on top.
    if (quota && !(brake && isBraked(quota.percent) && percent >= MOST_THROTTLE_PERCENT)) {
      try {
        const effect = await quota.set(percent);
        this.throttled = true;
        this.observer.pace();
        return effect;
      } catch (error) {
        if (!brake) throw error;
      }
    }
    if (!brake) throw new Error('the guest cannot be braked: the migration began without auto-converge');
    return await this.setParameters({ ...brake.pull(percent) });
  }

  async suspend(): Promise<Effect> {
    this.suspended = true;
    await this.source.execute('stop', undefined, { timeoutMs: PATIENT_MS });
    return { did: 'stop' };
  }

  async startPostCopy(): Promise<Effect> {
    const asked = { atMs: this.parts.clock.awakeMs(), taken: false };
    this.postCopyAsked = asked;
    try {
      await this.source.execute('migrate-start-postcopy', undefined, { timeoutMs: POST_COPY_WORD_MS });
    } catch (error) {
      // One that is not answered may be taken all the same.
      if (isRefusal(error)) this.postCopyAsked = undefined;
      throw error;
    }
    asked.taken = true;
    return { did: 'migrate-start-postcopy' };
  }

  async recover(stream: NewStream): Promise<Effect> {
    if (!this.destination) throw new Error("the destination's monitor is not open");
    return await recover(this.source, this.destination, stream, this.parts.clock);
  }

  async restrain(): Promise<Effect> {
    this.parts.quota?.release();
    this.passCap.forbid();
    const throttle = this.parts.brake ? { ...BRAKE_HELD_READY } : {};
    return await this.setParameters({ 'downtime-limit': 1, ...throttle }, COMMAND_MS);
  }

  async cancel(): Promise<Effect> {
    if (this.phase.kind === 'post-copy')
      throw new TooLateError('post-copy has begun: the guest lives on both sides until it ends');
    if (this.postCopyAsked) await this.assertNoPostCopyComes(this.postCopyAsked);
    if (this.phase.kind !== 'copying') throw new TooLateError('the migration is at its end already');
    this.cancelAsked = true;
    this.weCancelled = true;
    this.passCap.forbid();
    // A vCPU that may not run hears of nothing.
    this.parts.quota?.release();
    const did: string[] = [];
    const kept = await this.keepDestination(did);
    if (!kept) await this.assertCannotStop(did);
    did.push(await this.endOnSource(kept));
    return { did: did.join(', then ') };
  }

  /**
   * It begins within milliseconds of our word, and word of that may be on its way: a cancel that meets it loses half of the guest.
   * Where it has begun and the source may still take the guest back (`postcopy-device`), that is what a cancel is for. And
   * where QEMU has not answered, it may never have heard of it.
   */
  private async assertNoPostCopyComes(asked: PostCopyAsked): Promise<void> {
    const tooLate = () => new TooLateError('post-copy was asked for, and cannot be called back');
    if (isPostCopy(this.status)) return;
    if (asked.taken) throw tooLate();
    if (this.parts.clock.awakeMs() - asked.atMs < COMMAND_MS)
      throw new Error('post-copy was asked for, and it is not known yet whether it begins');
    // QEMU answers in the order in which it is asked: what it has not begun by now it never heard of.
    const info = await this.source.execute('query-migrate', undefined, { timeoutMs: COMMAND_MS });
    if (isPostCopy(info.status)) throw tooLate();
    this.postCopyAsked = undefined;
  }

  /** @returns whether the destination cannot start the guest by itself */
  private async keepDestination(did: string[]): Promise<boolean> {
    if (this.keepsWaiting) return true;
    if (!this.destination) return false;
    try {
      // One that has ended runs nothing any more, and may have run the guest before.
      if (await this.fenceOff(this.destination)) did.push('stop on the destination');
      return true;
    } catch (error) {
      if (error instanceof TooLateError) throw error;
      this.mayBeFenced = true;
      if (this.observer.guestStopped) throw error;
      return false;
    }
  }

  /** @returns false where it has ended @throws as {@link fence} does */
  private async fenceOff(destination: LastingMonitor): Promise<boolean> {
    const how = await fence(destination, () => this.sourceCannotRun());
    if (how === 'fenced') this.fenced = true;
    return how === 'fenced';
  }

  /** It has handed the guest over, or its process is dead. What it does not tell for some seconds is not so. */
  private async sourceCannotRun(): Promise<boolean> {
    const { clock } = this.parts;
    const untilMs = clock.awakeMs() + COMMAND_MS;
    while (this.source.state.kind !== 'ended') {
      const asked = this.source.execute('query-status', undefined, { timeoutMs: COMMAND_MS });
      const status = await asked.then(
        (answer) => answer.status,
        () => 'not told',
      );
      if (status === 'postmigrate') return true;
      if (status !== 'finish-migrate' || clock.awakeMs() >= untilMs) return false;
      await clock.sleep(5);
    }
    return true;
  }

  private get keepsWaiting(): boolean {
    return this.destinationWaits || this.fenced;
  }

  /**
   * Without a hold on the destination the source may be told to cancel only while it cannot be switching over: it
   * took a limit under which nothing fits, that limit is in force, and the guest still runs.
   */
  private async assertCannotStop(did: string[]): Promise<void> {
    if (this.observer.guestStopped)
      throw new Error(
        'the guest is stopped for the switchover, and its destination cannot be kept from starting it',
      );
    did.push((await this.restrain()).did);
    await this.parts.clock.sleep(LIMIT_HOLDS_MS);
    const { status } = await this.source.execute('query-status', undefined, { timeoutMs: COMMAND_MS });
    if (this.observer.guestStopped || status === 'finish-migrate' || status === 'postmigrate')
      throw new Error(
        'the guest has just stopped for the switchover, and its destination cannot be kept from starting it',
      );
  }

  private async endOnSource(kept: boolean): Promise<string> {
    // In post-copy QEMU takes no `migrate_cancel`; one that somebody stopped before is in it, too.
    if (kept && (this.observer.guestStopped || isPostCopy(this.status))) return await this.yank();
    const answered = this.source.execute('migrate_cancel', undefined, { timeoutMs: PATIENT_MS });
    // If the guest stops just now, QEMU does not come to our command before the stop-and-copy is over.
    const heldUp = this.parts.clock.sleep(HELD_UP_MS).then(() => 'held up' as const);
    if ((await Promise.race([answered, heldUp])) !== 'held up') return 'migrate_cancel';
    answered.catch(() => {});
    // It may have the whole guest, and start it: cutting the stream would make the source run too.
    if (!kept)
      throw new Error(
        'the source does not answer, and its destination cannot be kept from starting the guest',
      );
    return `migrate_cancel, not answered yet, then ${await this.yank()}`;
  }

  /** Cuts the stream. The source's main thread is busy sending, so only an out-of-band command gets through. */
  private async yank(): Promise<string> {
    if (!this.source.client?.oob)
      throw new Error(
        "the source's monitor takes no out-of-band commands, and QEMU answers no others while it sends",
      );
    try {
      await this.source.execute(
        'yank',
        { instances: [{ type: 'migration' }] },
        { oob: true, timeoutMs: YANK_MS },
      );
    } catch (error) {
      // QEMU answers it whatever else it does, so nothing comes over this connection any more.
      if (error instanceof QmpTimeoutError) this.source.giveUp('it does not even answer yank');
      throw error;
    }
    return 'yank on the source';
  }

  async letRun(): Promise<Effect> {
    const { destination } = this;
    const { clock, reconnectForMs } = this.parts;
    if (!destination) throw new Error("the destination's monitor is not open");
    await destination.connected(reconnectForMs);
    const untilMs = clock.awakeMs() + LOADING_MS;
    // While it still loads, `cont` would take the disks over too early.
    for (;;) {
      const { status } = await destination.execute('query-status', undefined, { timeoutMs: COMMAND_MS });
      if (status === 'running') return { did: 'nothing: it runs already' };
      if (status !== 'inmigrate') break;
      if (clock.awakeMs() >= untilMs)
        throw new Error('the destination does not come to an end of loading the guest');
      await clock.sleep(2);
    }
    // It may have waited long for that answer. What broke meanwhile QEMU's source takes back, also from post-copy's last moment.
    if (this.tookBack) throw new Error('the source has taken the guest back, and runs it');
    this.toldToRun = true;
    await destination.execute('cont', undefined, { timeoutMs: COMMAND_MS });
    return { did: 'cont on the destination' };
  }

  async resume(side: Side): Promise<Effect & { atMs: number }> {
    const monitor = side === 'source' ? this.source : this.destination;
    if (!monitor) throw new Error(`the ${side}'s monitor is not open`);
    await monitor.execute('cont');
    return { atMs: this.observer.now(), did: `cont on the ${side}` };
  }

  async halt(side: Side): Promise<Effect> {
    const monitor = side === 'source' ? this.source : this.destination;
    if (!monitor) throw new Error(`the ${side}'s monitor is not open`);
    await monitor.execute('stop');
    return { did: `stop on the ${side}` };
  }

  async putBack(): Promise<readonly Restored[]> {
    const present = this.parts.changed.filter(({ side }) => {
      const monitor = side === 'source' ? this.source : this.destination;
      return monitor?.state.kind === 'connected' || monitor?.state.kind === 'lost';
    });
    return await Promise.all(present.map(async (changed) => await changed.putBack()));
  }

  isGone(side: Side): boolean {
    return (side === 'source' ? this.source : this.destination)?.state.kind === 'ended';
  }

  async detach(): Promise<void> {
    if (this.phase.kind !== 'ended' && this.phase.kind !== 'left') {
      this.observer.end({
        atMs: this.observer.now(),
        result: 'detached',
        error: undefined,
        whereabouts: { source: 'unknown', destination: 'unknown' },
        destinationEverRan: undefined,
        sourceEverStopped: undefined,
        destinationWaits: this.keepsWaiting,
        postCopyBegan: this.postCopyBegan,
        heldBy: this.heldBy,
        guestEnded: this.guestEnded,
        sentBytes: this.observer.lastCounters?.sentBytes,
        reportedDowntimeMs: undefined,
      });
    }
    if (this.phase.kind !== 'left') this.become('left');
    this.parts.quota?.release();
    this.cancelLoss();
    await Promise.all([this.source.close(), this.destination?.close()]);
  }

  private subscribe(): void {
    const { source, destination, observer } = this;
    source.onEvent('MIGRATION_PASS', (event) => this.takePass(event));
    source.onEvent('MIGRATION', (event) => this.takeStatus(event.data.status, this.at(event)));
    source.onEvent('STOP', (event) => {
      this.turns += 1;
      this.takeStop(...this.when(event, 'source'));
    });
    source.onEvent('RESUME', (event) => {
      this.turns += 1;
      this.takeRunning();
      observer.resumed('source', ...this.when(event, 'source'));
    });
    source.onEvent('SHUTDOWN', (event) => this.takeShutdown(event));
    source.onChange((change) => this.takeSourceChange(change));
    // The first that is heard of it says how quick its way is, and how its clock differs.
    destination?.onEvent('MIGRATION', (event) => this.when(event, 'destination'));
    destination?.onEvent('RESUME', (event) =>
      observer.resumed('destination', ...this.when(event, 'destination')),
    );
    destination?.onChange((change) => this.takeDestinationChange(change));
  }

  private takePass(event: QmpEvent<'MIGRATION_PASS'>): void {
    if (!this.begun || this.observer.guestStopped) return;
    this.holdBrake(this.parts.brake?.sync(this.at(event)));
    this.observer.announced(event.data.pass, this.at(event));
  }

  private takeRunning(): void {
    this.tookBack = this.sourceStopped;
    this.ran = true;
    this.heldBy = undefined;
  }

  private takeStop(atMs: number, unseenMs?: number): void {
    this.sourceStopped = true;
    this.tookBack = false;
    this.parts.quota?.release();
    // Before we know that it began nothing is looked at: one that stops already was not seen live.
    this.observer.stopped(atMs, this.begun ? unseenMs : Number.POSITIVE_INFINITY);
    void this.askWhyStopped();
    void this.listenAtDestination();
  }

  /** So that what its first event says is known to be new. A monitor from which one came at once needs no more. */
  private async listenAtDestination(): Promise<void> {
    const { clock } = this.parts;
    const { observer, destination } = this;
    while (destination && observer.guestStopped && !observer.destinationRan && !observer.isOver) {
      if (this.dating.destination.canCompare) return;
      await destination.execute('query-status', undefined, { timeoutMs: PATIENT_MS }).catch(() => {});
      await clock.sleep(FINE_TICK_MS);
    }
  }

  /** In the stop-and-copy QEMU does not answer before it is over; for any other stop it says at once whose it is. */
  private async askWhyStopped(): Promise<void> {
    try {
      const { status } = await this.source.execute('query-status', undefined, { timeoutMs: PATIENT_MS });
      this.takeWhyStopped(status);
    } catch {
      // What became of the source is told otherwise, and asked anew once it is back.
    }
  }

  private takeWhyStopped(status: string): void {
    const by = HELD_BY.get(status);
    const isTold = by === undefined || this.heldBy !== undefined || this.suspended;
    if (isTold || this.phase.kind !== 'copying' || !this.observer.guestStopped) return;
    this.heldBy = by;
    this.observer.held(this.observer.now(), by);
  }

  private takeShutdown(event: QmpEvent<'SHUTDOWN'>): void {
    const words = event.data.guest ? 'the guest shut itself down' : 'QEMU was told to end the guest';
    this.guestEnded = words;
    this.observer.tell({ kind: 'guest-ended', atMs: this.at(event), side: 'source', words });
  }

  private takeSourceChange({ state, words }: MonitorChange): void {
    const { observer, parts } = this;
    observer.tell({ kind: 'monitor', atMs: observer.now(), side: 'source', state, words });
    this.cancelLoss();
    if (state === 'ended') return void this.finish('lost');
    if (state === 'back') return void this.catchUp();
    // Read late by one who stood still, it was lost as much earlier; one that answered nothing may have been lost since.
    this.sourceLostMs ??= observer.now() - Math.max(observer.mayBeOldMs, observer.unansweredMs);
    this.cancelLoss = afterAwake(parts.clock, parts.reconnectForMs, () => {
      if (this.source.state.kind === 'lost') void this.finish('lost');
    });
  }

  /**
   * In the stop-and-copy QEMU does not answer, however long that is. Otherwise a connection over which nothing comes is
   * no better than a closed one, and does not even say so.
   */
  private takeNoAnswer(forMs: number): void {
    const inStopAndCopy = this.observer.guestStopped && !this.observer.destinationRan;
    const patienceMs = inStopAndCopy ? STOPPED_PATIENCE_MS : this.parts.reconnectForMs;
    if (forMs >= patienceMs) this.source.giveUp(`it has not answered for ${Math.round(patienceMs / 1000)} s`);
  }

  /** Never rejects. Nothing else asks how the guest is: a source that refuses to say is asked again. */
  private async catchUp(): Promise<void> {
    const { clock } = this.parts;
    for (;;) {
      try {
        return await this.lookAtSource(PATIENT_MS);
      } catch {
        // One that is lost again is asked once it is back.
        if (this.source.state.kind !== 'connected' || this.observer.isOver) return;
        await clock.sleep(TICK_MS);
      }
    }
  }

  /** Events were missed: what QEMU says now stands in for them, and says how old it may be. */
  private async lookAtSource(timeoutMs: number): Promise<void> {
    const { observer, turns } = this;
    const { status } = await this.source.execute('query-status', undefined, { timeoutMs });
    const migration = this.begun ? await this.statusIfTold(timeoutMs) : undefined;
    const lostMs = this.sourceLostMs;
    // Only now: a connection that is lost before it says anything shows nothing of what was missed.
    this.sourceLostMs = undefined;
    const isCertain = lostMs !== undefined && this.sourceWatched;
    const unseenMs = isCertain ? observer.now() - lostMs : Number.POSITIVE_INFINITY;
    // What was heard since says it better, and was not missed.
    const isNews = this.turns === turns;
    if (isNews && status === 'running') {
      this.takeRunning();
      // One that is over by now may have been stopped, and have run again, before we listened.
      this.sourceWatched ||= isUnderWay(migration);
    }
    if (isNews && status === 'running' && observer.guestStopped)
      observer.resumed('source', observer.now(), unseenMs);
    if (isNews && status !== 'running' && !observer.guestStopped && this.wasRunning)
      this.takeStop(observer.now(), unseenMs);
    if (isNews) this.takeWhyStopped(status);
    if (migration) this.takeStatus(migration, observer.now());
  }

  /** How the guest is tells enough by itself. @throws {UnreachableError} where the connection was lost meanwhile */
  private async statusIfTold(timeoutMs: number): Promise<string | undefined> {
    try {
      return (await this.source.execute('query-migrate', undefined, { timeoutMs })).status;
    } catch (error) {
      if (this.source.state.kind !== 'connected') throw error;
      return undefined;
    }
  }

  private takeDestinationChange({ state, words }: MonitorChange): void {
    const { observer, destination } = this;
    observer.tell({ kind: 'monitor', atMs: observer.now(), side: 'destination', state, words });
    if (state !== 'back' || !destination) return;
    destination
      .execute('query-status')
      .then(({ status }) => {
        if (status === 'running' && !observer.destinationRan)
          observer.resumed('destination', observer.now(), Number.POSITIVE_INFINITY);
      })
      .catch(() => {});
  }

  private async sample(): Promise<Sample> {
    const info = await this.source.execute('query-migrate', undefined, { timeoutMs: PATIENT_MS });
    const throttlePercent = Math.max(info['cpu-throttle-percentage'] ?? 0, this.parts.quota?.percent ?? 0);
    if (this.phase.kind === 'copying' || this.phase.kind === 'post-copy') {
      this.throttled = isBraked(throttlePercent);
      this.holdBrake(this.parts.brake?.throttled(info['cpu-throttle-percentage'] ?? 0));
      // A QEMU that has never migrated tells no status at all.
      this.takeStatus(info.status ?? 'none', this.observer.now());
    }
    return { figures: figuresOf(info), throttlePercent };
  }

  private takeStatus(status: string, atMs: number): void {
    if (!this.begun || status === this.status) return;
    this.status = status;
    if (status === 'cancelling') this.cancelAsked = true;
    if (isPostCopy(status)) this.postCopyBegan = true;
    if (sourceLetGo(status) && this.phase.kind === 'copying') this.become('post-copy');
    this.observer.tell({ kind: 'status', atMs, status });
    if (status === 'completed' && this.phase.kind === 'copying')
      this.observer.tell({ kind: 'handed-over', atMs });
    if (status === 'completed' || status === 'failed' || status === 'cancelled') void this.finish(status);
    // QEMU did not take `migrate`, whose answer we did not see.
    if (status === 'none') void this.finish('failed', 'the source did not begin to migrate');
  }

  private everyMs(): number {
    if (!this.begun) return Number.POSITIVE_INFINITY;
    // In post-copy the guest counts as stopped on the source until the end, and no pause is held any more.
    if (this.phase.kind === 'post-copy') return TICK_MS;
    if (this.observer.guestStopped || this.throttled) return FINE_TICK_MS;
    return this.parts.hasEvents ? TICK_MS : POLL_MS;
  }

  private holdBrake(parameters: ThrottleParameters | undefined): void {
    // At worst a brake bites one pass later.
    if (parameters) this.setParameters({ ...parameters }).catch(() => {});
  }

  private async setLimit(request: PauseRequest, fastest: number | undefined): Promise<Effect> {
    const version = this.source.client?.version;
    if (!version) return await this.setParameters({}); // Says why it cannot.
    return await this.setParameters(pauseParameters(request, featuresOf(version), fastest));
  }

  private async setMaxBandwidth(bytesPerSecond: number | undefined): Promise<Effect> {
    // Whoever began the migration may have chosen it.
    await this.ofSource.remember(['max-bandwidth'], [], this.parts.remember);
    return await this.setParameters({
      'max-bandwidth': Math.round(bytesPerSecond ?? NO_CAP_BYTES_PER_SECOND),
    });
  }

  private async setParameters(
    parameters: Record<string, number | boolean>,
    timeoutMs = PATIENT_MS,
  ): Promise<Effect> {
    await Promise.race([
      this.ofSource.change(parameters, timeoutMs),
      this.notAnswered('migrate-set-parameters'),
    ]);
    const said = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
    const limitMs = parameters['downtime-limit'];
    return {
      did: `migrate-set-parameters ${said.join(' ')}`,
      set: limitMs === undefined ? { ...parameters } : { ...parameters, downtimeLimitMs: limitMs },
    };
  }

  /** While it sends the rest QEMU answers nothing, however long that takes; once that is over it does, or it never will. */
  private async notAnswered(command: string): Promise<never> {
    await this.ended;
    await this.parts.clock.sleep(COMMAND_MS);
    throw new Error(`the migration is over, and QEMU has not answered ${command}`);
  }

  /** QEMU's part is over: wait until both sides are in a state that lasts, then tell it. */
  private async finish(result: MigrationEnd['result'], why?: string): Promise<void> {
    if (!this.observer.stopLooking()) return;
    this.parts.quota?.release();
    this.become('ending');
    const { clock, reconnectForMs } = this.parts;
    const info = result === 'lost' ? undefined : await finalInfo(this.source, result, clock);
    const { postCopyBegan } = this;
    const { wasRunning } = this;
    const mayArrive = result !== 'lost' && this.mayArriveUnasked;
    const waiting = { clock, result, wasRunning, reconnectForMs, postCopyBegan, mayArrive };
    let source = await lastingSourceState(this.source, waiting);
    const destination = await this.lastOfDestination(source, waiting);
    // While we waited for the one the other may have come back.
    if (source === 'unreachable' || source === 'silent') source = await this.stateOfReturned();
    // QEMU says `failed` a moment before its migration thread lets go of the vCPUs, which it does only while
    // auto-converge is still on (migration_iteration_finish).
    if (this.parts.brake && result === 'failed') await clock.sleep(RELEASE_MS);
    const counted = this.postCopyBegan && result === 'completed';
    const pageWaits = counted ? await pageWaitsAt(this.destination, clock) : undefined;
    if (this.phase.kind === 'left') return;
    this.become('ended');
    this.observer.end({
      atMs: this.observer.now(),
      // One in six times QEMU 10.0 ends a cancelled migration as `failed`, with the error of the socket that it shut
      // down itself (measured).
      result: result === 'failed' && this.cancelAsked ? 'cancelled' : result,
      error: result === 'lost' ? this.lossWords() : (why ?? this.failureWords(info, destination)),
      whereabouts: { source, destination },
      destinationEverRan: this.destinationEverRan(),
      sourceEverStopped: this.sourceEverStopped(),
      destinationWaits: this.stillWaits(destination),
      mayBeFenced: this.mayBeFenced,
      postCopyBegan: this.postCopyBegan,
      heldBy: this.heldBy,
      guestEnded: this.guestEnded,
      sentBytes: info?.ram?.transferred,
      reportedDowntimeMs: info?.downtime,
      pageWaits,
    });
  }

  /** One that came back in the middle of its migration is in no state that lasts: `attach` goes on with it. */
  private async stateOfReturned(): Promise<SideState> {
    const state = await stateBehind(this.source);
    if (state === 'unreachable' || state === 'silent' || state === 'gone') return state;
    const info = await this.source
      .execute('query-migrate', undefined, { timeoutMs: COMMAND_MS })
      .catch(() => undefined);
    return info === undefined || isUnderWay(info.status) ? 'unknown' : state;
  }

  private async lastOfDestination(
    source: MigrationEnd['whereabouts']['source'],
    waiting: Parameters<typeof lastingSourceState>[1],
  ) {
    const state = await lastingDestinationState(this.destination, source, waiting);
    if (state !== 'incoming' || this.keepsWaiting || !this.destination || waiting.result === 'completed')
      return state;
    // A source that is only out of reach goes on sending.
    if (waiting.result === 'lost' && source !== 'gone') return state;
    // It may wait for another try of its owner's, and a fence cannot be taken back.
    if (!this.begunByUs && !this.weCancelled) return state;
    // Its stream is over; all that it could still do is to start with what its socket holds.
    try {
      await this.fenceOff(this.destination);
    } catch {
      // How it stands is what counts.
    }
    return await stateBehind(this.destination);
  }

  /** What somebody else began is not fenced by us. */
  private get mayArriveUnasked(): boolean {
    const isFenced = this.keepsWaiting || this.begunByUs || this.weCancelled;
    return !isFenced && this.sourceEverStopped() !== false;
  }

  private stillWaits(destination: SideState): boolean {
    const isSeen = destination === 'running' || destination === 'paused' || destination === 'incoming';
    // Told to run, and not seen since, it may have heard us.
    if (this.toldToRun && !isSeen) return false;
    // One that stands still after we tried to make it stands still because of us.
    return this.keepsWaiting || (this.mayBeFenced && destination === 'paused');
  }

  private destinationEverRan(): boolean | undefined {
    if (this.observer.destinationRan) return true;
    const watched = this.parts.watchedFromStart && this.destination?.uninterrupted === true;
    if (watched) return false;
    // It had to wait for a word that nobody gave.
    return this.keepsWaiting && !this.toldToRun ? false : undefined;
  }

  private sourceEverStopped(): boolean | undefined {
    if (this.sourceStopped) return true;
    return this.sourceWatched && this.source.uninterrupted && this.parts.wasRunning ? false : undefined;
  }

  private failureWords(
    { 'error-desc': desc }: MigrationInfo = {},
    destination: SideState,
  ): string | undefined {
    if (desc === undefined || !this.encrypted) return desc;
    return handshakeWords(desc, destination === 'incoming');
  }

  private lossWords(): string {
    const { state } = this.source;
    return state.kind === 'ended'
      ? `the source has ended: ${state.proof}`
      : `the source's monitor is out of reach (${state.kind === 'lost' ? state.words : 'it was closed'})`;
  }

  private become(kind: Phase['kind']): void {
    if (!SUCCESSORS[this.phase.kind].includes(kind))
      throw new Error(`a migration of QEMU's cannot go from ${this.phase.kind} to ${kind}`);
    this.phase = { kind };
  }

  private when(event: QmpEvent, side: Side): [atMs: number, unseenMs?: number] {
    return this.dating[side].date(event, this.observer.mayBeOldMs);
  }

  private at(event: QmpEvent): number {
    return this.when(event, 'source')[0];
  }
}

/** Undefined while QEMU has no figures yet: right after `migrate` there may be no `ram`. */
function figuresOf(info: MigrationInfo): Sample['figures'] {
  const { ram } = info;
  if (!ram) return undefined;
  return {
    pass: Math.max(1, ram['dirty-sync-count']),
    sentBytes: ram.transferred,
    // Of pages that are sent as they are, headers make it more than they hold.
    ...(ram['normal-bytes'] > ram.transferred ? { carriedBytes: ram['normal-bytes'] } : {}),
    remainingBytes: ram.remaining,
    totalBytes: ram.total,
  };
}
