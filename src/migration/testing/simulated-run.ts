/**
 * One migration under the real supervisor and the real QEMU driver, on a simulated pair in virtual time, and what a
 * person can do after it. Tests judge it by the pair's truth.
 */
import type {
  FormerSettings,
  GuestFacts,
  Inheritance,
  RunningMigration,
  Side,
} from '../../hypervisor/hypervisor.ts';
import type { QemuHypervisor } from '../../hypervisor/qemu/qemu-hypervisor.ts';
import type { Fault } from '../../hypervisor/simulated/protocol/faults.ts';
import { SimulatedPair } from '../../hypervisor/simulated/protocol/simulated-pair.ts';
import {
  type BothSettings,
  beginAsSomebodyElse,
  changedSince,
  executeByHand,
  settingsOf,
} from '../../hypervisor/simulated/testing/at-monitors.ts';
import { BUSY_GUEST, CALM_GUEST } from '../../hypervisor/simulated/testing/small-guest.ts';
import { KillableController } from '../../hypervisor/testing/killable-controller.ts';
import { VirtualClock } from '../../hypervisor/testing/virtual-clock.ts';
import type { Happening } from '../../journal/journal-entry.ts';
import { foldEntry, type MigrationView, openView } from '../../journal/view.ts';
import { forecast } from '../../policy/forecast.ts';
import { mp } from '../../policy/mp.ts';
import { DEFAULT_LIMITS, type Limits, type PolicyKind } from '../../policy/policy.ts';
import { stock } from '../../policy/stock.ts';
import { formerOf } from '../inheritance.ts';
import type { Outcome } from '../outcome.ts';
import { settleAfterwards } from '../settle-afterwards.ts';
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

export const KINDS: Readonly<Record<PolicyName, PolicyKind>> = { stock, mp: mp(), forecast: forecast() };

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
  controller: KillableController;
  supervisor: Supervisor | undefined;
  migration: RunningMigration | undefined;
  outcome: Outcome | undefined;
  private readonly input: RunInput;
  private settingsBefore: BothSettings = { source: undefined, destination: undefined };
  private guest: GuestFacts | undefined;

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
    if (!this.isOurs) await beginAsSomebodyElse(this.pair, this.clock);
    this.settingsBefore = settingsOf(this.pair);
    const hypervisor = this.hypervisor();
    const remember = async ({ side, parameters, capabilities }: FormerSettings): Promise<void> => {
      this.journal.push({ atMs: 0, type: 'before', side, settings: { parameters, capabilities } });
    };
    this.guest = await hypervisor.inspect(this.pair.vm);
    if (this.isOurs) this.journal.push({ atMs: 0, type: 'intent', intent: 'start', side: 'source' });
    this.migration = this.isOurs
      ? await hypervisor.start(this.pair.vm, this.pair.target, {
          meant: this.guest,
          ...startOptionsOf(KINDS[this.input.policy], this.limits, false),
          destinationStartsItself: this.input.begin === 'starts-itself',
          remember,
        })
      : await hypervisor.attach(this.pair.vm, {
          meant: undefined,
          destination: this.destinationAddress,
          brake: 'none',
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
    this.pair.endFaults();
  }

  /** `cont` at that side's monitor. */
  async byHand(side: Side): Promise<void> {
    await this.clock.until(executeByHand(this.pair, side, 'cont', this.clock));
  }

  /** SIGKILL. */
  kill(): void {
    this.controller.kill();
  }

  /** What `switchover attach` does after that. */
  async takeOver(): Promise<Outcome> {
    this.controller = this.newController();
    return await this.clock.until(this.resumeOrSettle(this.hypervisor()));
  }

  /** S5: what was set is as it was, at each end that is there. @returns the sides at which it is not */
  get unrestored(): readonly Side[] {
    return changedSince(this.settingsBefore, this.pair);
  }

  /** Nobody can run the guest any more: its newest whole copy died. */
  get guestIsLost(): boolean {
    const { source, destination, truth } = this.pair;
    if (!destination.alive && truth.ran('destination')) return true;
    return !source.alive && (!destination.alive || destination.runState === 'inmigrate');
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
      former: formerOf(this.view),
      downtimeLimitMs: limits.at(-1),
    };
  }

  private async resumeOrSettle(hypervisor: QemuHypervisor): Promise<Outcome> {
    const { pair } = this;
    const guest = await hypervisor.inspect(pair.vm);
    // Killed before there was a journal: nothing was touched.
    this.guest ??= guest;
    if (!guest.migrating) {
      const writer = {
        append: (atMs: number, happening: Happening) => void this.journal.push({ atMs, ...happening }),
        flush: async () => true,
      };
      const afterwards = { left: this.view, guest, destination: this.destinationAddress };
      return await settleAfterwards(afterwards, hypervisor, writer as never);
    }
    this.migration = await hypervisor.attach(pair.vm, {
      meant: undefined,
      destination: this.destinationAddress,
      brake: 'none',
      lineRateBytesPerSecond: undefined,
      inherited: this.inherited,
    });
    return await this.follow();
  }

  /** The journal as a later controller reads it. */
  get view(): MigrationView {
    const { pair, limits } = this;
    const opened = openView({
      type: 'opened',
      time: '2026-01-01T00:00:00.000Z',
      id: 'simulated',
      origin: this.isOurs ? 'migrate' : 'attach',
      switchoverVersion: '0',
      vm: pair.vm,
      vmUuid: pair.source.parts.uuid,
      destination: this.destinationAddress ?? null,
      migrateUri: null,
      policy: this.input.policy,
      limits,
      guest: this.guest as never,
      initiator: null,
      reason: null,
      correlationId: null,
      continues: null,
      inherits: [],
      destinationWaits: this.input.begin === 'waiting',
      streams: null,
      encrypted: null,
    });
    return this.journal.reduce((view, entry) => foldEntry(view, entry), opened);
  }
}
