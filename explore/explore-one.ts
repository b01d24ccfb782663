/** Runs one schedule and tells what broke a safety property, judged by the simulated truth. */
import type { Side } from '../src/hypervisor/hypervisor.ts';
import type { SimulatedPair } from '../src/hypervisor/simulated/protocol/simulated-pair.ts';
import type { ScenarioInput } from '../src/hypervisor/simulated/scenario.ts';
import { TLS } from '../src/hypervisor/simulated/testing/encrypted.ts';
import { BUSY_GUEST, CALM_GUEST } from '../src/hypervisor/simulated/testing/small-guest.ts';
import { promisesSettled, VirtualClock } from '../src/hypervisor/testing/virtual-clock.ts';
import { KINDS } from '../src/migration/testing/simulated-run.ts';
import { DEFAULT_LIMITS } from '../src/policy/policy.ts';
import { Checks } from './checks.ts';
import { type Hand, NOBODY_ACTS_MS, type Schedule } from './schedule.ts';
import { Controller, type Driving, type Machine, type Wish } from './world/controller.ts';
import { Disk } from './world/disk.ts';
import { Leases } from './world/leases.ts';
import { LibvirtWorld } from './world/libvirt-world.ts';
import { OtherVm } from './world/other-vm.ts';
import { QemuWorld } from './world/qemu-world.ts';
import { Watch } from './world/watch.ts';
import type { World } from './world/world.ts';

type Wished = Extract<Hand, { readonly do: 'cap' | 'limits' | 'switch-over' }>;

const GUESTS: Readonly<Record<Schedule['guest'], ScenarioInput>> = { calm: CALM_GUEST, busy: BUSY_GUEST };

/** In the first pass of a guest's. */
const FOUND_BY_MS = 900;
/** From a SIGTERM to the end of the process, at most: a cancel that is under way is carried to its end first. */
const LETS_GO_MS = 120_000;
/** A watch looks at every domain twice a minute, and leaves one alone for a while that it could not take over. */
const SEEN_WITHIN_MS = 45_000;
/** And what it took over, it follows. */
const STAYS_MS = 5000;
/** In which a guest that is taken over arrives, or is given up. */
const ENDS_MS = 300_000;

export interface Explored {
  readonly violations: readonly string[];
  /** Messages that the monitors took. */
  readonly commands: number;
  /** What happened, for a person who wants to know how it came about. */
  readonly story: readonly string[];
}

export async function explore(schedule: Schedule): Promise<Explored> {
  const exploration = new Exploration(schedule);
  const unheard = (error: unknown) => exploration.unheard(error);
  process.on('unhandledRejection', unheard);
  try {
    await exploration.run().catch((error: unknown) => exploration.failed(error));
    // Node tells it once its loop turns, which it has not done since the first step.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('unhandledRejection', unheard);
  }
  return exploration.result;
}

class Exploration {
  private readonly schedule: Schedule;
  private readonly clock = new VirtualClock(0, promisesSettled);
  private readonly disk = new Disk();
  private readonly leases = new Leases();
  private readonly world: World;
  private readonly pair: SimulatedPair;
  private readonly other: OtherVm;
  private readonly checks: Checks;
  /** Those that are told what to do, the oldest first. */
  private readonly processes: (Controller | Watch)[] = [];
  /** Those that drive the VM, or want to. */
  private readonly controllers: Driving[] = [];
  private readonly wish: Wish;

  constructor(schedule: Schedule) {
    this.schedule = schedule;
    const Kind = schedule.driver === 'libvirt' ? LibvirtWorld : QemuWorld;
    this.world = new Kind(schedule, GUESTS[schedule.guest], this.clock);
    this.pair = this.world.qemus;
    this.other = new OtherVm(schedule.otherVm, this.pair, this.clock);
    this.wish = {
      kind: KINDS[schedule.policy],
      limits: {
        ...DEFAULT_LIMITS,
        maxDowntimeMs: schedule.maxDowntimeMs,
        overBudget: schedule.overBudget,
        brake: schedule.brake,
      },
    };
    this.checks = new Checks(schedule, this.world, this.other, this.disk, this.clock, this.controllers);
  }

  get result(): Explored {
    const { violations, story } = this.checks;
    return { violations, story, commands: this.world.commands };
  }

  /** It ends a process of ours, or is a fault of the simulation's. */
  unheard(error: unknown): void {
    this.checks.violated(`a promise was rejected, and nobody heard of it: ${String(error)}`);
  }

  /** Not even the simulation went on. */
  failed(error: unknown): void {
    this.checks.violated(`it came to no end: ${String(error)}`);
  }

  async run(): Promise<void> {
    const { clock, schedule, checks } = this;
    const begins = this.begin();
    begins.catch(() => {});
    for (const hand of schedule.hands) clock.after(hand.atMs, () => this.carryOut(hand));
    await clock.pass(schedule.faultsEndMs);
    checks.look();
    await this.endFaults();
    await this.letAllGo();
    checks.look();
    await this.bringToAnEnd();
    checks.atTheEnd();
  }

  private async begin(): Promise<void> {
    const { begin } = this.schedule;
    if (begin === 'watch') {
      this.watch();
      this.clock.after(FOUND_BY_MS, () => this.checks.isFound());
      await this.somebodyElseBegins();
    } else if (begin.startsWith('attach')) {
      await this.somebodyElseBegins();
      this.next('attach').attach(this.wish, begin === 'attach' ? this.world.target.vm : undefined);
    } else {
      const tls = this.schedule.tls ? TLS : undefined;
      const destinationStartsItself = begin === 'migrate, starts itself';
      this.next('migrate').migrate(this.wish, { destinationStartsItself, tls });
    }
  }

  /** The faults meet him, too: then there may be nothing to attach to. */
  private async somebodyElseBegins(): Promise<void> {
    const remember = (): void => this.checks.remember();
    const { wayMs } = this.schedule;
    // What he had set by then stays, and may still be on its way.
    await this.world.beginAsSomebodyElse(remember).catch(() => this.clock.after(2 * wayMs + 1, remember));
  }

  private next(command: string): Controller {
    const controller = new Controller(command, this.machine);
    this.processes.push(controller);
    this.controllers.push(controller);
    return controller;
  }

  private watch(): void {
    const watch = new Watch({
      ...this.machine,
      schedule: this.schedule,
      takes: (taken) => this.controllers.push(taken),
      says: (sentence) => this.checks.note(sentence),
    });
    this.processes.push(watch);
  }

  private get machine(): Machine {
    const { clock, world, other, disk, leases } = this;
    return { clock, world, other, disk, leases, told: (each) => this.checks.ended(each) };
  }

  private carryOut(hand: Hand): void {
    const { clock, disk, checks } = this;
    const current = this.processes.findLast(({ isActive }) => isActive);
    checks.note(`the explorer: ${hand.do}`);
    switch (hand.do) {
      case 'attach':
        return this.next('attach').attach(this.wish, hand.to ? this.world.target.vm : undefined);
      case 'attach-to-another':
        return this.next('attach').attach(this.wish, this.other.address);
      case 'migrate-to-another':
        return this.next('migrate').migrate(this.wish, {
          destinationStartsItself: false,
          destination: this.other.address,
        });
      case 'address-taken':
        return this.other.takeAddressOf(hand.side, hand.ms);
      case 'migrate':
        return this.next('migrate').migrate(this.wish, { destinationStartsItself: false });
      case 'watch':
        return this.watch();
      case 'recover':
        return this.next('attach').attach(this.wish, this.world.target.vm, { recover: this.newStream });
      case 'disk-full':
        disk.isFull = true;
        clock.after(hand.ms, () => {
          disk.isFull = false;
        });
        return;
      case 'disk-slow':
        disk.answersAfterMs = hand.ms;
        clock.after(hand.ms, () => {
          disk.answersAfterMs = 1;
        });
        return;
    }
    if (!current) return;
    switch (hand.do) {
      case 'kill':
        checks.killed();
        return current.process.kill();
      case 'let-go':
        // A signal waits for one that is frozen, behind what had come before it.
        return current.process.heard(() => current.detach())();
      case 'cancel':
        if (current instanceof Watch) return this.cancelByHand();
        return current.process.heard(() => checks.cancel(current))();
      case 'cap':
      case 'limits':
      case 'switch-over':
        if (current instanceof Controller) current.process.heard(() => this.wishOf(current, hand))();
        return;
      case 'freeze':
        current.process.freeze();
        clock.after(hand.ms, () => current.process.thaw());
    }
  }

  private wishOf({ run }: Controller, hand: Wished): void {
    if (hand.do === 'cap') void run?.setPassCap(hand.bytesPerSecond ?? undefined, 'asked for');
    else if (hand.do === 'switch-over') run?.switchOver('asked for');
    else run?.setLimits({ maxDowntimeMs: hand.maxDowntimeMs }, 'asked for');
  }

  /** Nothing new happens to anybody, and what was broken on the way is mended; what is dead stays dead. */
  private async endFaults(): Promise<void> {
    this.checks.note('the faults end');
    this.disk.isFull = false;
    this.world.endFaults();
    this.other.endFaults();
    for (const { process } of this.processes) process.thaw();
    await this.clock.pass(NOBODY_ACTS_MS[this.schedule.faultsEndMs]);
    await this.letWatchesSee();
  }

  /**
   * A migration that a watch did not see as it began, or could not take over then, it takes over later. What it began while there
   * were faults may fail yet: the next time it is to stay.
   */
  private async letWatchesSee(): Promise<void> {
    const { clock, checks } = this;
    const isMissed = (): boolean =>
      this.pair.source.outgoing?.isUnderWay === true &&
      this.processes.some((each) => each instanceof Watch && each.isOnDuty) &&
      !checks.isFollowed;
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      const untilMs = clock.now() + SEEN_WITHIN_MS;
      while (isMissed() && clock.now() < untilMs) await clock.pass(1000);
      await clock.pass(STAYS_MS);
      if (!isMissed()) return;
    }
    checks.violated('a migration goes on, and the watch that runs does not follow it');
  }

  private async letAllGo(): Promise<void> {
    const active = this.processes.filter(({ isActive }) => isActive);
    for (const each of active) each.detach();
    for (const each of active) await this.within(LETS_GO_MS, each);
  }

  /** What a person does in the end: `attach`, until there is nothing to attach to. */
  private async bringToAnEnd(): Promise<void> {
    const { world, checks } = this;
    checks.theEndBegins();
    const wish: Wish = { kind: KINDS.forecast, limits: { ...DEFAULT_LIMITS, overBudget: 'abort' } };
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const controller = this.next('attach, to the end');
      checks.note('the explorer: attach, to bring it to an end');
      const known = this.schedule.begin === 'attach, alone' ? undefined : world.target.vm;
      controller.attach(wish, known, { mayEndOthers: true });
      await this.within(ENDS_MS, controller);
      if (controller.ending?.kind !== 'told') break;
      if (controller.ending.outcome.runsOn !== 'unknown') break;
    }
    await this.recover(wish);
    await this.clock.pass(3000);
    const hand = checks.handThatIsNeeded();
    if (hand) await this.byHand(hand.side, hand.command);
  }

  /** Post-copy whose stream is lost goes on when it is told to, once the link is back. */
  private async recover(wish: Wish): Promise<void> {
    const { pair, world, checks } = this;
    if (this.schedule.driver === 'libvirt' || !pair.source.outgoing?.isUnderWay) return;
    if (!pair.source.alive || !pair.destination.alive) return;
    checks.note('the explorer: attach --recover');
    const controller = this.next('attach, to recover');
    controller.attach(wish, world.target.vm, { mayEndOthers: true, recover: this.newStream });
    await this.within(ENDS_MS, controller);
    if (pair.source.outgoing.isUnderWay) checks.violated('post-copy was not recovered');
  }

  /** As a person says it where no journal does. */
  private get newStream() {
    return { migrateUri: this.world.target.migrateUri, listenUri: undefined };
  }

  private cancelByHand(): void {
    this.checks.cancelledByHand();
    this.world.byHand('source', 'cancel').catch((error: Error) => this.checks.note(error.message));
  }

  private async byHand(side: Side, command: 'cont' | 'stop'): Promise<void> {
    const { world, clock, checks } = this;
    checks.note(`the operator: ${command} on the ${side}`);
    await clock.until(world.byHand(side, command).catch(() => {}));
  }

  /** A command that does not come to its end is a fault, too. */
  private async within(ms: number, controller: Controller | Watch): Promise<void> {
    const untilMs = this.clock.now() + ms;
    while (controller.isActive && this.clock.now() < untilMs) await this.clock.pass(1000);
    if (controller.isActive) this.checks.violated(`${controller.name} came to no end within ${ms / 1000} s`);
  }
}
