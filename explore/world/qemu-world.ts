/** The driver of QEMU itself, at two simulated monitors. */
import type { Hypervisor, Side } from '../../src/hypervisor/hypervisor.ts';
import type { Quotas } from '../../src/hypervisor/qemu/qemu-hypervisor.ts';
import { TRIAL_ID } from '../../src/hypervisor/qemu/tls/tls-settings.ts';
import { SimulatedPair } from '../../src/hypervisor/simulated/protocol/simulated-pair.ts';
import type { ScenarioInput } from '../../src/hypervisor/simulated/scenario.ts';
import {
  beginAsSomebodyElse,
  executeByHand,
  settingsOf,
} from '../../src/hypervisor/simulated/testing/at-monitors.ts';
import { CERTIFICATES } from '../../src/hypervisor/simulated/testing/encrypted.ts';
import type { KillableController } from '../../src/hypervisor/testing/killable-controller.ts';
import type { VirtualClock } from '../../src/hypervisor/testing/virtual-clock.ts';
import { type Hand, qemuVersionOf, type Schedule } from '../schedule.ts';
import { quotasOn } from './quota.ts';
import type { ByHand, World } from './world.ts';

const CUTS_A_TRIAL: readonly Hand['do'][] = ['kill', 'address-taken'];

export class QemuWorld implements World {
  readonly qemus: SimulatedPair;
  readonly acts = ['stop', 'cont', 'migrate_cancel', 'yank', 'migrate-start-postcopy'];
  killedUnjournaled = false;
  onCommand: World['onCommand'] = () => {};
  onHappening: World['onHappening'] = () => {};
  private readonly schedule: Schedule;
  private readonly clock: VirtualClock;

  constructor(schedule: Schedule, scenario: ScenarioInput, clock: VirtualClock) {
    const version = qemuVersionOf(schedule);
    this.schedule = schedule;
    this.clock = clock;
    this.qemus = new SimulatedPair({
      clock,
      scenario,
      faults: schedule.faults,
      behindTunnel: schedule.behindTunnel,
      wayMs: schedule.wayMs || undefined,
      certificates: CERTIFICATES,
      version: { source: version, destination: version },
    });
    this.qemus.onCommand = ({ side, command }) => this.onCommand(side, command);
  }

  get vm(): string {
    return this.qemus.vm;
  }

  get target() {
    return this.qemus.target;
  }

  get commands(): number {
    return this.qemus.heard.length;
  }

  /** At a source that has ended there is nothing to attach to, and its end is not proved by its destination. */
  get canBeAsked(): boolean {
    return this.qemus.source.alive && this.qemus.destination.alive;
  }

  isTold(command: string): boolean {
    return !command.startsWith('query-');
  }

  hypervisor(process: KillableController): Hypervisor {
    const { clock, open } = process;
    return this.qemus.hypervisor({ clock, open, reconnectForMs: 10_000, quotas: this.quotasOf(process) });
  }

  async beginAsSomebodyElse(hasSet: () => void): Promise<void> {
    await beginAsSomebodyElse(this.qemus, this.clock).finally(hasSet);
  }

  async byHand(side: Side, command: ByHand): Promise<void> {
    await executeByHand(this.qemus, side, command === 'cancel' ? 'migrate_cancel' : command, this.clock);
  }

  endFaults(): void {
    this.qemus.endFaults();
  }

  settingsOf(side: Side): unknown {
    const [parameters, capabilities, objects, quotaPercent] = settingsOf(this.qemus)[side];
    // Nothing refers to that of a trial: one of a controller that was killed, or that lost its way there for long, goes with the next.
    const { faults, hands } = this.schedule;
    const left = faults.length > 0 || hands.some((hand) => CUTS_A_TRIAL.includes(hand.do)) ? [TRIAL_ID] : [];
    return [parameters, capabilities, objects.filter((id) => !left.includes(id)), quotaPercent];
  }

  wasTold(): boolean {
    return true;
  }

  private quotasOf(process: KillableController): Quotas | undefined {
    const { quotas } = this.schedule;
    if (quotas === 'none') return undefined;
    return quotasOn({ clock: this.clock, pair: this.qemus, process, guarded: quotas === 'guarded' });
  }
}
