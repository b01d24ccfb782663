/** The driver of libvirt, by virsh, at two simulated libvirtds, each of which has a simulated QEMU. */
import type { Hypervisor, Side } from '../../src/hypervisor/hypervisor.ts';
import { UNLIMITED_MEBIBYTES } from '../../src/hypervisor/libvirt/testing/simulated/host-domain.ts';
import { SimulatedLibvirtPair } from '../../src/hypervisor/libvirt/testing/simulated/simulated-libvirt-pair.ts';
import type { SimulatedPair } from '../../src/hypervisor/simulated/protocol/simulated-pair.ts';
import type { ScenarioInput } from '../../src/hypervisor/simulated/scenario.ts';
import type { KillableController } from '../../src/hypervisor/testing/killable-controller.ts';
import type { VirtualClock } from '../../src/hypervisor/testing/virtual-clock.ts';
import { qemuVersionOf, type Schedule } from '../schedule.ts';
import type { ByHand, WatchedHosts, World } from './world.ts';

/** From a `resume` to the guest that runs. */
const RUNS_WITHIN_MS = 50;
/** What a mark is removed by. */
const MARKING = ['domuuid', 'metadata'];
/** libvirt begins the job, and prepares the destination. */
const BEGINS_MS = 300;
const BY_HAND: Readonly<Record<ByHand, string>> = { cont: 'resume', stop: 'suspend', cancel: 'domjobabort' };

export class LibvirtWorld implements World {
  readonly qemus: SimulatedPair;
  readonly acts = ['domjobabort', 'suspend', 'resume', 'migrate-postcopy'];
  commands = 0;
  killedUnjournaled = false;
  onCommand: World['onCommand'] = () => {};
  onHappening: World['onHappening'] = () => {};
  private readonly schedule: Schedule;
  private readonly pair: SimulatedLibvirtPair;
  private readonly clock: VirtualClock;
  private readonly resumes: { readonly side: Side; readonly atMs: number }[] = [];

  constructor(schedule: Schedule, scenario: ScenarioInput, clock: VirtualClock) {
    this.schedule = schedule;
    this.clock = clock;
    this.pair = new SimulatedLibvirtPair({
      clock,
      scenario,
      qemuFaults: schedule.faults,
      faults: schedule.libvirt.faults,
      version: qemuVersionOf(schedule),
      transient: schedule.libvirt.transient,
      wayMs: schedule.wayMs || undefined,
    });
    this.qemus = this.pair.qemus;
    this.pair.onHappening = (words) => this.onHappening(words);
    this.qemus.onCommand = ({ side, command }) => {
      if (!command.startsWith('query-')) this.onHappening(`QEMU on the ${side}: ${command}`);
    };
    this.pair.onCommand = (side, [command = '']) => {
      this.commands += 1;
      if (command === 'resume') this.resumes.push({ side, atMs: clock.now() });
      this.onCommand(side, command);
    };
  }

  get vm(): string {
    return this.pair.vm;
  }

  get target() {
    return this.pair.target;
  }

  /** The source's libvirtd answers also for a domain that has left, or ended, unless that had no definition there. */
  get canBeAsked(): boolean {
    return this.pair.hosts.source.domain !== undefined;
  }

  isTold(command: string): boolean {
    return [...this.acts, 'migrate', 'migrate-setmaxdowntime', 'metadata'].includes(command);
  }

  hypervisor(process: KillableController): Hypervisor {
    return this.pair.hypervisor(process);
  }

  watched(process: KillableController): WatchedHosts {
    return { uris: this.pair.uris, ...this.pair.reachedBy(process) };
  }

  /** What it takes libvirt sets, and takes back. */
  async beginAsSomebodyElse(): Promise<void> {
    this.pair.byHand('source', 'migrate').catch(() => {});
    await this.clock.sleep(BEGINS_MS);
  }

  async byHand(side: Side, command: ByHand): Promise<void> {
    await this.pair.byHand(side, BY_HAND[command]);
  }

  endFaults(): void {
    this.pair.endFaults();
  }

  settingsOf(side: Side): unknown {
    const mark = this.mayKeepMark(side) ? '' : (this.pair.hosts[side].domain?.mark ?? '');
    const limitMs = this.mayKeep('migrate-setmaxdowntime')
      ? 0
      : this.qemus[side].settings.number('downtime-limit');
    const speed = this.mayKeep('migrate-setspeed')
      ? 0
      : (this.pair.hosts[side].domain?.speedMebibytes ?? UNLIMITED_MEBIBYTES);
    return [limitMs, speed, mark];
  }

  /** What a killed controller left on its way is carried out behind the back of everybody who comes after it. */
  private mayKeep(command: string): boolean {
    const isLate = this.schedule.libvirt.faults.some(
      ({ on, do: what }) => 'virsh' in on && on.virsh === command && what === 'delay',
    );
    return isLate && this.schedule.hands.some((hand) => hand.do === 'kill');
  }

  /**
   * Whoever takes the VM next on this machine finds a mark that was left stale, and on another one 45 s later. One stays where
   * its libvirtd did not answer whoever came to remove it, or where nobody comes: nothing is attached to at a source that
   * knows no such domain any more.
   */
  private mayKeepMark(side: Side): boolean {
    if (side === 'destination' && !this.canBeAsked) return true;
    // Which of two sides that libvirt let run is to stay, an operator decides: whoever takes that one next finds it.
    if (this.qemus.truth.overlaps.length > 0) return true;
    // What stands still there is a copy that nobody needs.
    if (side === 'source' && this.qemus.truth.runningSides.join() === 'destination') return true;
    if (this.killedUnjournaled) return true;
    return this.schedule.libvirt.faults.some(
      (fault) =>
        ('to' in fault && fault.to === side) ||
        ('virsh' in fault.on && fault.on.side === side && MARKING.includes(fault.on.virsh)),
    );
  }

  wasTold(side: Side, atMs: number): boolean {
    return this.resumes.some(
      (each) => each.side === side && atMs - each.atMs <= RUNS_WITHIN_MS && atMs >= each.atMs,
    );
  }
}
