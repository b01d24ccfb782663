/**
 * One migration under the real supervisor and the real QEMU driver, on a simulated pair in virtual time, and what a
 * person can do after it. Tests judge it by the pair's truth.
 */
import type { FormerSettings, Inheritance, RunningMigration, Side } from '../../hypervisor/hypervisor.ts';
import type { QemuHypervisor } from '../../hypervisor/qemu/qemu-hypervisor.ts';
import { connectQmp } from '../../hypervisor/qemu/qmp/client.ts';
import type { Fault } from '../../hypervisor/simulated/protocol/faults.ts';
import { SimulatedPair } from '../../hypervisor/simulated/protocol/simulated-pair.ts';
import { BUSY_GUEST, CALM_GUEST } from '../../hypervisor/simulated/testing/small-guest.ts';
import { KillableController } from '../../hypervisor/testing/killable-controller.ts';
import { VirtualClock } from '../../hypervisor/testing/virtual-clock.ts';
import type { Happening } from '../../journal/journal-entry.ts';
import { forecast } from '../../policy/forecast.ts';
import { mp } from '../../policy/mp.ts';
import { DEFAULT_LIMITS, type Limits, type PolicyKind } from '../../policy/policy.ts';
import { stock } from '../../policy/stock.ts';
import type { Outcome } from '../outcome.ts';
import { type Settlement, settle } from '../settle.ts';
import { startOptionsOf } from '../start-options.ts';
import { Supervisor } from '../supervisor.ts';

export type Begin =
  /** Begun by us; the destination waits for our word. */
  | 'waiting'
  /** Begun by us with `destinationStartsItself`. */
  | 'starts-itself'
  /** Begun by somebody else, and taken over with the destination's address. */
  | 'attached'
  /** The same without it. */
  | 'attached-alone';

export type PolicyName = 'stock' | 'mp' | 'forecast';

const KINDS: Readonly<Record<PolicyName, PolicyKind>> = { stock, mp: mp(), forecast: forecast() };

export interface RunInput {
  readonly begin: Begin;
  readonly policy: PolicyName;
  readonly faults?: readonly Fault[];
  readonly behindTunnel?: readonly Side[];
  readonly limits?: Partial<Limits>;
  readonly reconnectForMs?: number;
}

type Entry = Happening & { readonly atMs: number };

export class SimulatedRun {
  readonly clock = new VirtualClock();
  readonly pair: SimulatedPair;
  readonly journal: Entry[] = [];
  readonly limits: Limits;
  /** What a journal would hold of the settings before they were changed. */
  readonly former: FormerSettings[] = [];
  controller: KillableController;
  supervisor: Supervisor | undefined;
  migration: RunningMigration | undefined;
  outcome: Outcome | undefined;
  private readonly input: RunInput;
  private settingsBefore: unknown;

  constructor(input: RunInput) {
    this.input = input;
    this.limits = { ...DEFAULT_LIMITS, ...input.limits };
    this.pair = new SimulatedPair({
      clock: this.clock,
      // What stock QEMU moves by itself, and what it never moves.
      scenario: input.policy === 'stock' ? CALM_GUEST : BUSY_GUEST,
      ...(input.faults ? { faults: input.faults } : {}),
      ...(input.behindTunnel ? { behindTunnel: input.behindTunnel } : {}),
    });
    this.controller = this.newController();
  }

  get isOurs(): boolean {
    return this.input.begin === 'waiting' || this.input.begin === 'starts-itself';
  }

  get destinationAddress(): string | undefined {
    return this.input.begin === 'attached-alone' ? undefined : this.pair.target.vm;
  }

  /** Begins it, and follows it to its end. */
  async run(): Promise<Outcome> {
    return await this.clock.until(this.toTheEnd());
  }

  async toTheEnd(): Promise<Outcome> {
    await this.begin();
    return await this.follow();
  }

  async begin(): Promise<void> {
    if (!this.isOurs) await this.begunBySomebodyElse();
    this.settingsBefore = this.settings();
    const hypervisor = this.hypervisor();
    const remember = async (former: FormerSettings): Promise<void> => {
      this.former.push(former);
    };
    this.migration = this.isOurs
      ? await hypervisor.start(this.pair.vm, this.pair.target, {
          ...startOptionsOf(KINDS[this.input.policy], this.limits, false),
          destinationStartsItself: this.input.begin === 'starts-itself',
          remember,
        })
      : await hypervisor.attach(this.pair.vm, {
          destination: this.destinationAddress,
          brake: false,
          lineRateBytesPerSecond: undefined,
          remember,
        });
  }

  async follow(): Promise<Outcome> {
    const { migration } = this;
    if (!migration) throw new Error('nothing was begun');
    const supervisor = new Supervisor(migration, KINDS[this.input.policy], this.limits, {
      write: (atMs, happening) => this.journal.push({ atMs, ...happening }),
    });
    this.supervisor = supervisor;
    this.outcome = await supervisor.run();
    await migration.detach();
    return this.outcome;
  }

  /** What is broken between us and the monitors, and between the hosts, is mended. */
  repair(): void {
    for (const process of [this.pair.source, this.pair.destination]) process.repairConnection();
    this.pair.carryOut({ do: 'link-back' });
  }

  /** `cont` at that side's monitor. */
  async byHand(side: Side): Promise<void> {
    const path = (side === 'source' ? this.pair.vm : this.pair.target.vm).replace('qmp:', '');
    const doing = async (): Promise<void> => {
      const client = await connectQmp(path, { clock: this.clock, open: this.pair.open });
      await client.execute('cont');
      await client.close();
    };
    await this.clock.until(doing());
  }

  /** SIGKILL. */
  kill(): void {
    this.controller.kill();
  }

  /** What `switchover attach` does after that. */
  async takeOver(): Promise<Outcome | Settlement> {
    this.controller = this.newController();
    return await this.clock.until(this.resumeOrSettle(this.hypervisor()));
  }

  /** S5: what was set is as it was, at each end that is there. @returns the sides at which it is not */
  get unrestored(): readonly Side[] {
    const before = this.settingsBefore as Record<Side, unknown>;
    const now = this.settings();
    return (['source', 'destination'] as const).filter(
      (side) => this.pair[side].alive && JSON.stringify(before[side]) !== JSON.stringify(now[side]),
    );
  }

  /** Nobody can run the guest any more: its newest whole copy died. */
  get guestIsLost(): boolean {
    const { source, destination, truth } = this.pair;
    if (!destination.alive && truth.ran('destination')) return true;
    return !source.alive && (!destination.alive || destination.runState === 'inmigrate');
  }

  settings(): Record<Side, unknown> {
    const of = ({ settings }: SimulatedPair[Side]) => [settings.shownParameters, settings.shownCapabilities];
    return { source: of(this.pair.source), destination: of(this.pair.destination) };
  }

  private hypervisor(): QemuHypervisor {
    const { clock, open } = this.controller;
    return this.pair.hypervisor({ clock, open, reconnectForMs: this.input.reconnectForMs ?? 10_000 });
  }

  private newController(): KillableController {
    return new KillableController({ clock: this.clock, open: this.pair.open });
  }

  private get inherited(): Inheritance {
    const limits = this.journal.flatMap((entry) =>
      entry.type === 'effect' && typeof entry.set?.['downtimeLimitMs'] === 'number'
        ? [entry.set['downtimeLimitMs']]
        : [],
    );
    return {
      began: this.isOurs,
      destinationWaits: this.input.begin === 'waiting',
      former: this.former,
      downtimeLimitMs: limits.at(-1),
    };
  }

  private async resumeOrSettle(hypervisor: QemuHypervisor): Promise<Outcome | Settlement> {
    const { pair } = this;
    const guest = await hypervisor.inspect(pair.vm);
    if (!guest.migrating) return await this.settleAfterwards(hypervisor);
    this.migration = await hypervisor.attach(pair.vm, {
      destination: this.destinationAddress,
      brake: false,
      lineRateBytesPerSecond: undefined,
      inherited: this.inherited,
    });
    return await this.follow();
  }

  /** As `settle-afterwards.ts` does from a journal. */
  private async settleAfterwards(hypervisor: QemuHypervisor): Promise<Settlement> {
    const { pair, journal } = this;
    const whereabouts = await hypervisor.locate(pair.vm, this.destinationAddress);
    const waits = this.input.begin === 'waiting';
    const ran = journal.some(
      (each) => each.type === 'guest' && each.event === 'resumed' && each.side === 'destination',
    );
    const letRun = journal.some((each) => each.type === 'intent' && each.intent !== 'cancel');
    const settlement = settle({
      end: {
        result: whereabouts.source === 'handed-over' ? 'completed' : 'failed',
        whereabouts,
        destinationEverRan: ran ? true : waits && !letRun ? false : undefined,
        sourceEverStopped: undefined,
        destinationWaits: waits && ['paused', 'incoming'].includes(whereabouts.destination),
        postCopyBegan: false,
        heldBy: undefined,
        guestEnded: undefined,
      },
      wasRunning: true,
      begunByUs: this.isOurs,
    });
    if (settlement.action === 'resume')
      await hypervisor.settleAt(settlement.runsOn === 'source' ? pair.vm : pair.target.vm, {
        run: true,
        former: undefined,
      });
    for (const former of this.former) {
      const side = pair[former.side];
      if (side.alive && side.runState !== 'inmigrate')
        await hypervisor.settleAt(former.side === 'source' ? pair.vm : pair.target.vm, {
          run: false,
          former,
        });
    }
    return settlement;
  }

  private async begunBySomebodyElse(): Promise<void> {
    const { pair, clock } = this;
    const open = { clock, open: pair.open };
    const destination = await connectQmp(pair.target.vm.replace('qmp:', ''), open);
    await destination.execute('migrate-incoming', { uri: pair.target.migrateUri ?? '' });
    await destination.close();
    const source = await connectQmp(pair.vm.replace('qmp:', ''), open);
    await source.execute('migrate-set-capabilities', {
      capabilities: [{ capability: 'events', state: true }],
    });
    await source.execute('migrate-set-parameters', { 'max-bandwidth': 2 ** 40 });
    await source.execute('migrate', { uri: pair.target.migrateUri ?? '' });
    await source.close();
    await clock.sleep(5);
  }
}
