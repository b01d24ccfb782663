/**
 * Another VM on this machine, on a third QEMU: whoever types its address in place of ours reaches it, and so does whoever
 * comes by an address of ours that leads to it now (a tunnel that was opened anew, a socket that was made anew).
 */
import type { Clock } from '../../src/hypervisor/clock.ts';
import type { Side } from '../../src/hypervisor/hypervisor.ts';
import { socketPath } from '../../src/hypervisor/qemu/monitor.ts';
import type { OpenQmpSocket } from '../../src/hypervisor/qemu/qmp/qmp-socket.ts';
import { SimulatedPair } from '../../src/hypervisor/simulated/protocol/simulated-pair.ts';
import { CALM_GUEST } from '../../src/hypervisor/simulated/testing/small-guest.ts';
import { type Schedule, SIDES } from '../schedule.ts';

const SOCKET = '/sim/other.sock';
const UUID = '00000000-1111-2222-3333-444444444444';

export class OtherVm {
  readonly address = `qmp:${SOCKET}`;
  private readonly qemu: SimulatedPair;
  private readonly ours: SimulatedPair;
  private readonly clock: Clock;
  /** It waits for a migration of its own, or runs, or is paused. */
  private readonly side: Side;
  /** Until when an address of ours leads to it. */
  private readonly untilMs: Record<Side, number> = { source: 0, destination: 0 };

  constructor(state: Schedule['otherVm'], ours: SimulatedPair, clock: Clock) {
    this.ours = ours;
    this.clock = clock;
    this.side = state === 'waiting' ? 'destination' : 'source';
    this.qemu = new SimulatedPair({ clock, scenario: CALM_GUEST, uuid: { source: UUID, destination: UUID } });
    if (state === 'paused') this.qemu.source.stopGuest('paused');
  }

  /** As the driver opens a socket: of one of the three. */
  readonly open: OpenQmpSocket = async (path) =>
    this.leadsHere(path) ? await this.qemu.open(pathOf(this.qemu, this.side)) : await this.ours.open(path);

  /** From now on our address leads to it, where that can be: through a tunnel, or with our QEMU dead. */
  takeAddressOf(side: Side, forMs: number): void {
    if (this.ours[side].alive && !this.ours.isBehindTunnel(side)) return;
    this.untilMs[side] = this.clock.now() + forMs;
    this.hangUp(this.ours, side);
    this.clock.after(forMs, () => this.hangUp(this.qemu, this.side));
  }

  /** Our addresses are ours again. */
  endFaults(): void {
    if (!SIDES.some((side) => this.untilMs[side] > this.clock.now())) return;
    for (const side of SIDES) this.untilMs[side] = 0;
    this.hangUp(this.qemu, this.side);
  }

  /** What was done to it: it may be asked what it is, no more. */
  get misdeeds(): readonly string[] {
    const commands = this.qemu.heard.map(({ command }) => command);
    return commands.filter((command) => !/^(query|qom)-/.test(command));
  }

  private leadsHere(path: string): boolean {
    const now = this.clock.now();
    return (
      path === SOCKET || SIDES.some((side) => path === pathOf(this.ours, side) && this.untilMs[side] > now)
    );
  }

  private hangUp(pair: SimulatedPair, to: Side): void {
    if (pair[to].alive) pair.carryOut({ do: 'connection-lost', to, ms: 0 });
  }
}

function pathOf({ vm, target }: SimulatedPair, side: Side): string {
  return socketPath(side === 'source' ? vm : target.vm);
}
