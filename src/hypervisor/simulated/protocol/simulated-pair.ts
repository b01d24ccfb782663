/**
 * A simulated pair of QEMUs, each behind a QMP server in memory and in virtual time, so that the real driver runs on
 * them: no socket, no waiting, any fault at any instant (`faults.ts`), and the truth of who runs the guest beside what
 * the monitors say (`truth.ts`).
 *
 *     const clock = new VirtualClock();
 *     const pair = new SimulatedPair({ clock, scenario: LAB_LOOP, faults: [{ on: … }] });
 *     const migration = await clock.until(pair.hypervisor().start(pair.vm, pair.target, options));
 */
import type { Clock } from '../../clock.ts';
import type { Destination, Side } from '../../hypervisor.ts';
import { QemuHypervisor, type Quotas } from '../../qemu/qemu-hypervisor.ts';
import { QmpConnectError } from '../../qemu/qmp/errors.ts';
import type { OpenQmpSocket } from '../../qemu/qmp/qmp-socket.ts';
import { type ScenarioInput, scenario } from '../scenario.ts';
import { type Fault, FaultScript, type Incident } from './faults.ts';
import { type ProcessParts, SimulatedProcess } from './simulated-process.ts';
import { Truth } from './truth.ts';
import type { CertificateFolder } from './user-objects.ts';

export interface PairInput {
  readonly clock: Clock;
  readonly scenario: ScenarioInput;
  readonly faults?: readonly Fault[];
  /** Sides whose monitor is reached through a tunnel: the end of their process cannot be proved. */
  readonly behindTunnel?: readonly Side[];
  /** How far away both monitors are, one way. Left out: on this machine. */
  readonly wayMs?: number | undefined;
  readonly uuid?: Partial<Record<Side, string>>;
  readonly version?: Partial<Record<Side, ProcessParts['version']>>;
  readonly machine?: Partial<Record<Side, string>>;
  /** Folders of certificates that are on each side's host, by their paths. Left out: none. */
  readonly certificates?: Partial<Record<Side, Readonly<Record<string, CertificateFolder>>>>;
}

/** A command as one side took it. */
export interface Heard {
  readonly side: Side;
  readonly command: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly atMs: number;
}

const SOCKETS: Readonly<Record<Side, string>> = {
  source: '/sim/source.sock',
  destination: '/sim/destination.sock',
};
const MIGRATE_URI = 'tcp:10.77.0.2:4444';
const NO_QUOTAS: Quotas = { leverOf: async () => undefined, releaseLeft: async () => {} };
const SOME_UUID = '5f0c2b6e-9a1d-4d0b-8f57-2a1c6b3e9d10';

export class SimulatedPair {
  readonly truth = new Truth();
  readonly vm = `qmp:${SOCKETS.source}`;
  readonly target: Destination = {
    vm: `qmp:${SOCKETS.destination}`,
    migrateUri: MIGRATE_URI,
    listenUri: undefined,
  };
  /** All commands of all clients, in order. */
  readonly heard: Heard[] = [];
  /** Called with each command just before it is carried out, or refused. */
  onCommand: (heard: Heard) => void = () => {};
  private readonly input: PairInput;
  private readonly script: FaultScript;
  private readonly sides: Record<Side, SimulatedProcess>;
  private nextPid = 1000;

  constructor(input: PairInput) {
    this.input = input;
    this.script = new FaultScript(input.faults ?? [], (incident) => {
      // A link does not break in the middle of a step of QEMU's: its socket says so at the next one.
      if ('to' in incident) this.carryOut(incident);
      else input.clock.after(0, () => this.carryOut(incident));
    });
    this.sides = { source: this.boot('source', false), destination: this.boot('destination', true) };
    for (const { atMs, incident } of this.script.timed)
      input.clock.after(atMs - input.clock.now(), () => this.script.isOver || this.carryOut(incident));
  }

  get source(): SimulatedProcess {
    return this.sides.source;
  }

  get destination(): SimulatedProcess {
    return this.sides.destination;
  }

  isBehindTunnel(side: Side): boolean {
    return this.input.behindTunnel?.includes(side) === true;
  }

  /** Opens a simulated monitor as the driver opens a socket. */
  readonly open: OpenQmpSocket = async (path) => this.at(path).connect(path);

  /** The real driver, on these. @param clock another view of the same time */
  hypervisor({
    reconnectForMs = 10_000,
    clock = this.input.clock,
    open = this.open,
    quotas = NO_QUOTAS,
  }: {
    reconnectForMs?: number;
    clock?: Clock;
    open?: OpenQmpSocket;
    quotas?: Quotas | undefined;
  } = {}): QemuHypervisor {
    return new QemuHypervisor({
      clock,
      reconnectForMs,
      quotas,
      qmp: { open },
      processOf: (socket) => {
        const process = this.find(socket);
        if (!process) return undefined;
        return this.isBehindTunnel(process.parts.side) ? undefined : process.identity;
      },
    });
  }

  /** Nothing that the script still holds happens any more; connections and the link are mended. What is dead stays dead. */
  endFaults(): void {
    this.script.end();
    for (const process of [this.source, this.destination]) process.repairConnection();
    this.carryOut({ do: 'link-back' });
  }

  /** Another destination in place of one that has ended. */
  renewDestination(): void {
    this.sides.destination.die();
    this.sides.destination = this.boot('destination', true);
  }

  carryOut(incident: Incident): void {
    if ('to' in incident) return this.befall(this.sides[incident.to], incident);
    const { outgoing } = this.source;
    if (incident.do === 'link-cut') outgoing?.cutLink();
    else if (incident.do === 'link-back') outgoing?.linkBack();
    else outgoing?.resetLink();
  }

  private befall(process: SimulatedProcess, incident: Extract<Incident, { readonly to: Side }>): void {
    switch (incident.do) {
      case 'connection-lost':
        return process.loseConnection(incident.ms);
      case 'connection-silent':
        return process.silenceConnection(incident.ms);
      case 'hangs':
        return process.hang(incident.ms);
      case 'killed':
        return process.die();
      case 'clock-set':
        return process.setClock(incident.ms);
      default:
        if (!process.isRunning) return;
        this.truth.befallen.push({ side: incident.to, what: incident.do, atMs: this.input.clock.now() });
        if (incident.do === 'shut-down') return process.shutDown(true);
        process.stopGuest(incident.do === 'io-error' ? 'io-error' : 'paused');
    }
  }

  /** @throws {QmpConnectError} where there is no such socket */
  private at(path: string): SimulatedProcess {
    const process = this.find(path);
    if (!process) throw new QmpConnectError(path, 'no-socket');
    return process;
  }

  private find(path: string): SimulatedProcess | undefined {
    if (path === SOCKETS.source) return this.source;
    return path === SOCKETS.destination ? this.destination : undefined;
  }

  private boot(side: Side, incoming: boolean): SimulatedProcess {
    const { clock, uuid, version, machine, certificates } = this.input;
    const guest = scenario(this.input.scenario);
    this.nextPid += 1;
    return new SimulatedProcess({
      side,
      pid: this.nextPid,
      clock,
      truth: this.truth,
      version: version?.[side] ?? { ...guest.qemuVersion, package: '' },
      name: 'vm1',
      uuid: uuid?.[side] ?? SOME_UUID,
      scenario: guest,
      machine: machine?.[side] ?? 'pc-q35-10.0',
      incoming,
      autostart: true,
      certificates: certificates?.[side] ?? {},
      wayMs: this.input.wayMs,
      meet: (occurrence) => this.script.meet(occurrence),
      receiver: (uri) => (this.destination.incoming.listensOn(uri) ? this.destination : undefined),
      heard: (command, args) => {
        const heard = { side, command, args, atMs: clock.now() };
        this.heard.push(heard);
        this.onCommand(heard);
      },
    });
  }
}
