/**
 * The safety properties of docs/safety.md, held against the simulated truth at every command, at every end of a
 * controller, and once the faults have stopped. Nothing that switchover believes is asked, but to compare it.
 */
import type { Side } from '../src/hypervisor/hypervisor.ts';
import type { SimulatedPair } from '../src/hypervisor/simulated/protocol/simulated-pair.ts';
import type { Overlap } from '../src/hypervisor/simulated/protocol/truth.ts';
import type { VirtualClock } from '../src/hypervisor/testing/virtual-clock.ts';
import { documentOf, migrationDocumentSchema } from '../src/journal/document.ts';
import type { MigrationView } from '../src/journal/view.ts';
import { formerOf } from '../src/migration/inheritance.ts';
import type { Outcome } from '../src/migration/outcome.ts';
import { FAULTS_END_MS, type Hand, type Schedule, SIDES } from './schedule.ts';
import { type Controller, type Driving, LET_GO } from './world/controller.ts';
import type { Disk } from './world/disk.ts';
import { viewOf } from './world/disk-journals.ts';
import type { OtherVm } from './world/other-vm.ts';
import type { World } from './world/world.ts';

/** What a look and a command take, and a monitor that answers late. */
const PAUSE_ERROR_MS = 150;
const FAR_MS = 10;

/** A watch that is started by then hears no more of the first pass, and finds the migration before the next one. */
const SEEN_FROM_MS = 300;

/** Who tells of a state has asked for it that long before, at most. */
const JUST_NOW_MS = 100;

/** From the word for post-copy until the guest stops for it. */
const BEGINS_WITHIN_MS = 500;

const CHANGES_NOTHING_BROKEN: readonly Hand['do'][] = [
  ...(['cap', 'limits', 'switch-over', 'disk-slow', 'disk-full'] as const),
];

export class Checks {
  readonly violations: string[] = [];
  readonly story: string[] = [];
  private readonly schedule: Schedule;
  private readonly world: World;
  private readonly pair: SimulatedPair;
  private readonly other: OtherVm;
  private readonly disk: Disk;
  private readonly clock: VirtualClock;
  private readonly controllers: readonly Driving[];
  private settingsBefore: Readonly<Record<Side, string>>;
  private seenOverlaps = 0;
  private seenRuns = 0;
  private seenMisdeeds = 0;
  private wished = false;
  /** Those that were told to cancel, and not to let go before that. */
  private readonly cancelled = new Set<Driving>();
  private ending = false;
  private endBeginsMs = Number.POSITIVE_INFINITY;

  constructor(
    schedule: Schedule,
    world: World,
    other: OtherVm,
    disk: Disk,
    clock: VirtualClock,
    controllers: readonly Driving[],
  ) {
    this.schedule = schedule;
    this.world = world;
    this.pair = world.qemus;
    this.other = other;
    this.disk = disk;
    this.clock = clock;
    this.controllers = controllers;
    this.settingsBefore = this.settings;
    world.onHappening = (words) => this.note(words);
    world.onCommand = (side, command) => this.heard(side, command);
  }

  /** What is set at both ends now is how it is to be found again (S5). */
  remember(): void {
    this.settingsBefore = this.settings;
  }

  note(words: string): void {
    this.story.push(`${this.clock.now().toFixed(1).padStart(9)} ms  ${words}`);
  }

  violated(words: string): void {
    this.note(`VIOLATED: ${words}`);
    this.violations.push(words);
  }

  /** A controller is about to be killed. */
  killed(): void {
    const { lastView } = this;
    if (lastView === undefined || lastView.outcome) this.world.killedUnjournaled = true;
  }

  /** The user cancels: the word that comes of it is to be true when it comes (S4). */
  cancel(controller: Controller): void {
    this.wished = true;
    const { run, isLetGo } = controller;
    if (!run) return;
    if (!isLetGo) this.cancelled.add(controller);
    void run.cancel('cancelled by the explorer').then((word) => {
      if (!controller.process.isAlive) return;
      this.note(`the cancel of ${controller.name}: ${word}`);
      const { source, destination, truth } = this.pair;
      const runsOn = truth.runningSides.join('+') || 'nowhere';
      if (this.hasJustShutDown) return;
      if (word === 'cancelled' && source.alive && runsOn !== 'source' && !truth.isHeld)
        this.violated(`S4: "cancelled", and the guest runs ${runsOn}`);
      if (word === 'too-late' && destination.alive && runsOn === 'source')
        this.violated(`S4: "too late", and the guest runs on the source`);
    });
  }

  /** An operator ends the migration by himself. */
  cancelledByHand(): void {
    this.wished = true;
  }

  /** By whoever lives. */
  get isFollowed(): boolean {
    return this.driving.length > 0;
  }

  /** In the first pass still. */
  isFound(): void {
    if (this.hasToBeSeen && !this.isFollowed)
      this.violated('watch did not find the migration, although nothing kept it from that');
  }

  /** From here on the explorer's own `attach` may end what others began. */
  theEndBegins(): void {
    this.ending = true;
    this.endBeginsMs = this.clock.now();
  }

  /** A controller has just said how it ended, or that it refused. */
  ended(controller: Driving): void {
    const { ending } = controller;
    if (!ending) return;
    if (ending.kind === 'crashed')
      return this.violated(`${controller.name} failed by a mistake of ours: ${stackOf(ending.error)}`);
    if (ending.kind === 'refused') return this.note(`${controller.name} refused: ${ending.words}`);
    const { outcome } = ending;
    this.note(`${controller.name} ended: ${outcome.outcome}, runs on ${outcome.runsOn}: ${outcome.reason}`);
    this.isTrue(outcome);
    this.isCarriedToItsEnd(controller, outcome);
    const isLeft = this.isUnderQuota && !this.controllers.some(({ isActive }) => isActive);
    if (isLeft && !this.saysNotPutBack('source') && !controller.notPutBack?.has('source'))
      this.violated(`S5: ${controller.name} has ended, and the guest is still under its quota`);
  }

  /** Once the faults have stopped and everybody has come to an end. */
  atTheEnd(): void {
    this.look();
    for (const command of this.other.misdeeds) this.violated(`S3: ${command} to another VM`);
    this.journalsAreRead();
    const { truth, source } = this.pair;
    // Post-copy that stands still has not ended: a person has to mend it, and was told so. What others do with theirs is theirs.
    if (source.outgoing?.isUnderWay || !this.wasOurs || this.leftAStop) return;
    const running = truth.runningSides;
    if (truth.isHeld && running.length === 0) return;
    if (!this.guestIsLost && running.length !== 1)
      this.violated(`S1: in the end ${running.length === 0 ? 'nobody runs' : 'two sides run'} the guest`);
    if (this.guestIsLost) return;
    if (this.isUnderQuota && running[0] === 'source')
      this.violated('S5: in the end the guest is under a quota of ours');
    const { settings } = this;
    for (const side of SIDES) {
      if (!this.pair[side].alive || settings[side] === this.settingsBefore[side]) continue;
      const isToldOnly = running[0] !== side && this.saysNotPutBack(side);
      // Without a source there is nothing to attach to: the next migration of this VM puts it back.
      const isOwed = !source.alive && this.owes(side);
      if (!isToldOnly && !isOwed) this.violated(`S5: not put back on the ${side}`);
    }
    if (this.schedule.begin === 'migrate')
      for (const { side, cause } of truth.history)
        if (side === 'destination' && cause !== 'cont')
          this.violated(`S2: the destination was started by ${cause}`);
    if (this.world.canBeAsked) this.journalTells(running[0]);
    this.isUndisturbed();
    this.isWithinLimit();
  }

  /** What a person has to do, who must have been told so. Undefined: nothing. */
  handThatIsNeeded(): { readonly side: Side; readonly command: 'cont' | 'stop' } | undefined {
    const { truth, destination, source } = this.pair;
    if (
      truth.runningSides.length === 1 ||
      truth.isHeld ||
      this.guestIsLost ||
      !this.wasOurs ||
      this.leftAStop
    )
      return undefined;
    const both = truth.runningSides.length === 2;
    // What one told before another began to drive was of another migration.
    const last = this.controllers.findLastIndex(({ drives }) => drives);
    // `attach` needs a source that answers: docs/safety.md says what a person does without one.
    const byTheBook =
      !source.alive &&
      this.controllers
        .slice(Math.max(0, last))
        .every(
          ({ process, ending }) =>
            !process.isAlive ||
            ending?.kind === 'refused' ||
            (ending?.kind === 'told' && ending.outcome.outcome === 'detached'),
        );
    const told = this.controllers.some(
      ({ ending }) =>
        ending?.kind === 'told' &&
        ending.outcome.runsOn === 'unknown' &&
        ending.outcome.reason.includes('an operator is needed: '),
    );
    if (!told && !byTheBook) {
      this.violated(`${both ? 'two sides run' : 'nobody runs'} the guest, and nobody was told to act`);
      return undefined;
    }
    if (both) return { side: 'source', command: 'stop' };
    if (destination.alive && destination.runState !== 'inmigrate')
      return { side: 'destination', command: 'cont' };
    return source.alive ? { side: 'source', command: 'cont' } : undefined;
  }

  look(): void {
    const { truth } = this.pair;
    const overlaps = this.overlaps;
    for (const { fromMs, causes } of overlaps.slice(this.seenOverlaps))
      this.violated(
        `S1: two sides run from ${fromMs.toFixed(1)} ms on, the source by ${causes.source}, the destination by ${causes.destination}`,
      );
    this.seenOverlaps = overlaps.length;
    for (const [index, { side, cause, fromMs }] of truth.history.entries()) {
      if (index < this.seenRuns || side !== 'source' || cause !== 'cont') continue;
      if (!this.world.wasTold(side, fromMs)) continue;
      if (truth.history.slice(0, index).some((earlier) => earlier.side === 'destination'))
        this.violated('S1: the source was told to run on after the guest had run on the destination');
    }
    this.seenRuns = truth.history.length;
    for (const each of truth.misdeeds.slice(this.seenMisdeeds)) this.violated(`S1: ${each}`);
    this.seenMisdeeds = truth.misdeeds.length;
  }

  /** Those that nobody but switchover can have brought about, or kept from being. */
  private get overlaps(): readonly Overlap[] {
    const { truth } = this.pair;
    if (this.schedule.driver === 'libvirt')
      return truth.overlaps.filter(({ fromMs }) => SIDES.some((side) => this.world.wasTold(side, fromMs)));
    const all = this.schedule.begin === 'migrate' ? truth.overlaps : truth.overlapsByCommand;
    // A source whose stream broke at the very end of post-copy resumes by itself, beside a destination that had to run.
    return all.filter(({ causes }) => !this.inPostCopy || causes.source !== 'stream');
  }

  private get inPostCopy(): boolean {
    return this.pair.heard.some(({ command }) => command === 'migrate-start-postcopy');
  }

  private heard(side: Side, command: string): void {
    if (this.world.isTold(command)) this.note(`${side} ← ${command}`);
    this.look();
    const { driving } = this;
    if (driving.length > 1)
      this.violated(`S6: ${driving.map(({ name }) => name).join(' and ')} drive the VM at once`);
    const others =
      !this.schedule.begin.startsWith('migrate') &&
      this.controllers.every(({ name }) => ['attach', 'watch'].includes(name));
    const asConfigured =
      command === 'domjobabort' &&
      this.schedule.overBudget === 'abort' &&
      // What one that was killed had told libvirtd may be carried out later.
      this.controllers.some(
        (each) => each.name === 'watch' && (driving.includes(each) || !each.process.isAlive),
      );
    const mayAct =
      this.wished || this.ending || asConfigured || !this.pair.source.alive || !this.pair.destination.alive;
    if (others && !mayAct && this.controllers.length > 0 && this.world.acts.includes(command))
      this.violated(`S9: ${command} on the ${side} of a migration that somebody else began`);
  }

  /** A cancel is not half of one: whoever lets go afterwards waits for its end (S4). */
  private isCarriedToItsEnd(controller: Driving, { outcome, reason }: Outcome): void {
    if (outcome !== 'detached' || !this.cancelled.has(controller) || !reason.startsWith(LET_GO)) return;
    // One that came too late since post-copy begins any moment is to be let go of at once.
    this.clock.after(BEGINS_WITHIN_MS, () => {
      const { source, truth } = this.pair;
      if (source.outgoing?.isUnderWay && truth.runningSides.join() === 'source')
        this.violated('S4: let go of in the middle of a cancel, and the migration goes on');
    });
  }

  private isTrue({ outcome, runsOn, reason, pauseMs }: Outcome): void {
    const { truth } = this.pair;
    const running = truth.runningSides;
    if (this.hasJustShutDown || this.leftAStop) return;
    // Two sides that QEMU itself let run, of which one ended since: what can be seen is what is left.
    if (truth.overlaps.length > 0 && this.overlaps.length === 0 && running.length < 2) return;
    if (runsOn === 'unknown') {
      if (outcome !== 'detached' && !/an operator is needed: .{20}/.test(reason))
        this.violated(`it is not known where the guest runs, and no hand is named: ${reason}`);
    } else if (outcome !== 'detached') {
      const isThere = runsOn !== 'nowhere' && this.pair[runsOn].alive;
      if (isThere && running.join() !== runsOn && !(truth.isHeld && running.length === 0))
        this.violated(
          `it says that the guest runs on the ${runsOn}; it runs on: ${running.join(' and ') || 'nothing'}`,
        );
      if (runsOn === 'nowhere' && running.length > 0)
        this.violated(`it says that the guest runs nowhere; it runs on: ${running.join(' and ')}`);
    }
    if (pauseMs !== null && !this.wasPause(pauseMs))
      this.violated(`S7: a pause of ${pauseMs} ms that was none`);
  }

  /** Those that have the migration now. */
  private get driving(): readonly Driving[] {
    return this.controllers.filter(({ drives, isActive }) => drives && isActive);
  }

  private get isUnderQuota(): boolean {
    const { alive, quotaPercent } = this.pair.source;
    return alive && quotaPercent > 0;
  }

  private get hasJustShutDown(): boolean {
    const shutDown = this.pair.truth.befallen.find(({ what }) => what === 'shut-down');
    return shutDown !== undefined && this.clock.now() - shutDown.atMs < JUST_NOW_MS;
  }

  private wasPause(pauseMs: number): boolean {
    const { history } = this.pair.truth;
    const errorMs = PAUSE_ERROR_MS + this.slowestAnswerMs;
    return history.some(({ untilMs = Number.NaN }, index) =>
      history.slice(index + 1).some(({ fromMs }) => Math.abs(fromMs - untilMs - pauseMs) < errorMs),
    );
  }

  /** A message that is late is seen late; and a clock that is set by less than we were frozen looks like that, too. */
  private get slowestAnswerMs(): number {
    const { faults, hands, libvirt } = this.schedule;
    const frozenMs = Math.max(0, ...hands.map((hand) => (hand.do === 'freeze' ? hand.ms : 0)));
    return Math.max(
      0,
      ...libvirt.faults.map((fault) => ('ms' in fault ? fault.ms : 0)),
      ...faults.map((fault) => {
        if (!('ms' in fault) || fault.ms > 1e9) return 0;
        if (fault.do !== 'clock-set') return fault.ms;
        return Math.abs(fault.ms) <= frozenMs ? Math.abs(fault.ms) : 0;
      }),
    );
  }

  /** The side that the guest has left, or never came to, is done with: there it is enough that somebody is told. */
  private saysNotPutBack(side: Side): boolean {
    return [...this.disk.journals.keys()].some((id) => {
      const { settings, outcome } = viewOf(this.disk, id);
      const tried = settings.some(
        (each) => each.type === 'restored' && each.side === side && each.problem !== null,
      );
      return tried || outcome?.reason.includes(`the ${side}'s settings were not put back`);
    });
  }

  private get settings(): Readonly<Record<Side, string>> {
    const of = (side: Side): string => JSON.stringify(this.world.settingsOf(side));
    return { source: of('source'), destination: of('destination') };
  }

  private get lastView(): MigrationView | undefined {
    const last = [...this.disk.journals.keys()].at(-1);
    return last === undefined ? undefined : viewOf(this.disk, last);
  }

  private owes(side: Side): boolean {
    return formerOf(this.lastView).some((each) => each.side === side);
  }

  /** Whatever was written is shown to whoever asks, by `show`, `--json` and the next `attach`. */
  private journalsAreRead(): void {
    for (const id of this.disk.journals.keys()) {
      const { error } = migrationDocumentSchema.safeParse(documentOf(viewOf(this.disk, id)));
      const [issue] = error?.issues ?? [];
      if (issue)
        this.violated(`the journal ${id} cannot be shown: ${issue.path.join('.')}: ${issue.message}`);
    }
  }

  private journalTells(runsOn: Side | undefined): void {
    const { lastView: last } = this;
    if (!last) return;
    const { outcome } = last;
    if (!outcome) return this.violated(`the journal ${last.id} does not say how it ended`);
    if (this.pair.truth.overlaps.length > 0) return;
    if (outcome.runsOn !== 'unknown' && outcome.outcome !== 'detached' && outcome.runsOn !== runsOn)
      this.violated(
        `the journal says that the guest runs on the ${outcome.runsOn}; it runs on the ${runsOn}`,
      );
  }

  /** S7: what is only our own blindness ends no healthy migration. */
  private isUndisturbed(): void {
    const { begin, faults, faultsEndMs, guest, hands, libvirt, maxDowntimeMs, wayMs } = this.schedule;
    const ours = hands.every((hand) =>
      ['freeze', 'disk-slow', 'attach', 'migrate', 'watch'].includes(hand.do),
    );
    if (
      begin.startsWith('attach') ||
      faults.length > 0 ||
      libvirt.faults.length > 0 ||
      !ours ||
      guest !== 'calm' ||
      maxDowntimeMs < 1000 ||
      // It may not have begun by the time it is let go of; and each look of another holds the monitor for as long as seconds.
      (wayMs >= FAR_MS &&
        (faultsEndMs === FAULTS_END_MS[0] || hands.some(({ do: does }) => does !== 'freeze')))
    )
      return;
    // Who is to have followed what a watch was to see, nobody says: it may be one that attached. And one that was frozen before it
    // began finds that another has moved the guest meanwhile.
    const isAnybodys = begin === 'watch' || hands.some((hand) => hand.do === 'migrate');
    const told = isAnybodys ? this.controllers : this.controllers.slice(0, 1);
    if (!told.some(({ ending }) => ending?.kind === 'told' && ending.outcome.outcome === 'completed'))
      this.violated(
        `S7: a healthy guest did not arrive, although nothing but switchover itself was disturbed`,
      );
  }

  /** Where nothing is broken, and we are awake to let the destination run, no pause of ours is longer than what is allowed, or was at some time. */
  private isWithinLimit(): void {
    const { begin, faults, hands, libvirt, maxDowntimeMs, overBudget, policy } = this.schedule;
    const isOurs = hands.every((hand) => CHANGES_NOTHING_BROKEN.includes(hand.do));
    if (
      !begin.startsWith('migrate') ||
      faults.length + libvirt.faults.length > 0 ||
      !isOurs ||
      overBudget === 'post-copy'
    )
      return;
    const limits = hands.flatMap((hand) => (hand.do === 'limits' ? [hand.maxDowntimeMs] : []));
    const most = Math.max(maxDowntimeMs, ...limits);
    const { history } = this.pair.truth;
    const last = history.find(({ side }) => side === 'source');
    const next = history.find(({ side }) => side === 'destination');
    const pauseMs = (next?.fromMs ?? 0) - (last?.untilMs ?? next?.fromMs ?? 0);
    // By then somebody else takes it over, who allows more.
    const isTheirs = (next?.fromMs ?? 0) < this.endBeginsMs;
    if (isTheirs && pauseMs > most)
      this.violated(`S4: a pause of ${pauseMs} ms under ${policy}, of ${most} ms that are allowed`);
  }

  /** A killed controller's `stop` was on its way: that is not promised to be mended. */
  private get leftAStop(): boolean {
    const { faults } = this.schedule;
    const isLate = faults.some(
      (each) => 'command' in each.on && each.on.command === 'stop' && each.do === 'delay',
    );
    return isLate && this.controllers.some(({ process }) => !process.isAlive);
  }

  /** Nothing keeps a watch from a migration: it is there from the begin, or is started again long before the end. */
  private get hasToBeSeen(): boolean {
    const { begin, faults, hands, libvirt, wayMs } = this.schedule;
    // What is wished of one that somebody follows by a command is none of a watch's business.
    const befalling = hands.filter((hand) => !['cap', 'limits', 'switch-over'].includes(hand.do));
    const last = befalling.at(-1);
    return (
      begin === 'watch' &&
      // From far away the first look alone takes as long.
      wayMs < FAR_MS &&
      faults.length + libvirt.faults.length === 0 &&
      befalling.every((hand) => ['kill', 'watch'].includes(hand.do)) &&
      (last === undefined || (last.do === 'watch' && last.atMs <= SEEN_FROM_MS))
    );
  }

  /** We began it, or did come to follow it. */
  private get wasOurs(): boolean {
    const { begin } = this.schedule;
    return (
      begin.startsWith('migrate') ||
      this.controllers.some(
        ({ drives, ending, process }) => ending?.kind === 'told' || (drives && !ending && !process.isAlive),
      )
    );
  }

  /** Nobody can run the guest any more: its newest whole copy died. */
  private get guestIsLost(): boolean {
    const { source, destination, truth } = this.pair;
    const { inPostCopy } = this;
    if (truth.befallen.some(({ what }) => what === 'shut-down')) return true;
    if (!destination.alive && (inPostCopy || truth.ran('destination'))) return true;
    if (!source.alive && (inPostCopy || source.runState === 'running')) return true;
    return !source.alive && (!destination.alive || destination.runState === 'inmigrate');
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error
    ? (error.stack ?? error.message).split('\n').slice(0, 6).join(' | ')
    : String(error);
}
