/**
 * Two simulated libvirt hosts over a simulated pair of QEMUs, in virtual time, for the real libvirt driver: each libvirtd is a
 * QMP client of its QEMU, and who runs the guest is the QEMUs' truth.
 */
import type { Clock } from '../../../clock.ts';
import type { Destination, Side } from '../../../hypervisor.ts';
import type { Fault } from '../../../simulated/protocol/faults.ts';
import { SimulatedPair } from '../../../simulated/protocol/simulated-pair.ts';
import { type ScenarioInput, scenario } from '../../../simulated/scenario.ts';
import type { KillableController } from '../../../testing/killable-controller.ts';
import type { Access } from '../../access.ts';
import { LibvirtHypervisor } from '../../libvirt-hypervisor.ts';
import { EventHub } from '../../virsh/event-hub.ts';
import { type LibvirtFault, LibvirtFaultScript, type LibvirtIncident } from './faults.ts';
import { UNLIMITED_MEBIBYTES } from './host-domain.ts';
import { PeerLink } from './peer-connection.ts';
import { SimulatedLibvirtd } from './simulated-libvirtd.ts';
import { simulatedAccess } from './simulated-virsh.ts';

export interface LibvirtPairInput {
  readonly clock: Clock;
  readonly scenario: ScenarioInput;
  /** Of the QEMUs and the link between them. */
  readonly qemuFaults?: readonly Fault[];
  readonly faults?: readonly LibvirtFault[];
  readonly version: { readonly major: number; readonly minor: number };
  /** The source has no definition of it: it is gone from there once it does not run. */
  readonly transient: boolean;
  /** How far away both libvirtds are from whoever asks them, one way. Left out: on this machine. */
  readonly wayMs?: number | undefined;
}

const URIS: Readonly<Record<Side, string>> = {
  source: 'qemu+tcp://source/system',
  destination: 'qemu+tcp://destination/system',
};
const UUID = '5f0c2b6e-9a1d-4d0b-8f57-2a1c6b3e9d10';

export class SimulatedLibvirtPair {
  readonly vm = `${URIS.source}#vm1`;
  readonly target: Destination = {
    vm: `${URIS.destination}#vm1`,
    migrateUri: undefined,
    listenUri: undefined,
  };
  /** Of the two hosts. */
  readonly uris = Object.values(URIS);
  readonly qemus: SimulatedPair;
  readonly hosts: Readonly<Record<Side, SimulatedLibvirtd>>;
  /** Called with each command of a virsh just before it is carried out, or refused. */
  onCommand: (side: Side, args: readonly string[]) => void = () => {};
  onHappening: (words: string) => void = () => {};
  private readonly clock: Clock;
  private readonly link: PeerLink;
  private readonly script: LibvirtFaultScript;
  private readonly migrating = new Set<() => void>();

  constructor({ clock, faults = [], qemuFaults = [], version, transient, ...input }: LibvirtPairInput) {
    this.clock = clock;
    const qemuVersion = { ...version, micro: 0, package: '' };
    this.qemus = new SimulatedPair({
      clock,
      scenario: input.scenario,
      faults: qemuFaults,
      version: { source: qemuVersion, destination: qemuVersion },
    });
    // A destination is started by its libvirtd, for one migration.
    this.qemus.destination.die();
    this.link = new PeerLink((ms, callback) => clock.after(ms, callback));
    this.script = new LibvirtFaultScript(faults, (incident) =>
      clock.after(incident.afterMs ?? 0, () => this.script.isOver || this.carryOut(incident)),
    );
    const shared = {
      ...{ clock, qemus: this.qemus, link: this.link, script: this.script },
      memoryBytes: scenario(input.scenario).memoryBytes,
      wayMs: input.wayMs,
      qemuVersion: `${version.major}.${version.minor}.0`,
      peer: () => this.hosts.destination,
    };
    const domain = {
      ...{ name: 'vm1', uuid: UUID, persistent: !transient, mark: '', job: undefined },
      speedMebibytes: UNLIMITED_MEBIBYTES,
      ...({ state: 'running', reason: 'booted' } as const),
    };
    const host = (side: Side, hostUuid: string) =>
      new SimulatedLibvirtd(
        { ...shared, side, uri: URIS[side], hostUuid },
        side === 'source' ? domain : undefined,
      );
    this.hosts = {
      source: host('source', '0c5f2b6e-9a1d-4d0b-8f57-000000000001'),
      destination: host('destination', '0c5f2b6e-9a1d-4d0b-8f57-000000000002'),
    };
    for (const side of ['source', 'destination'] as const) {
      this.hosts[side].onCommand = (args) => this.onCommand(side, args);
      this.hosts[side].onHappening = (words) => this.onHappening(`on the ${side}: ${words}`);
    }
    for (const { atMs, incident } of this.script.timed)
      clock.after(atMs - clock.now(), () => this.script.isOver || this.carryOut(incident));
  }

  /** The real driver, on these. */
  hypervisor(process: KillableController, reconnectForMs = 10_000): LibvirtHypervisor {
    return new LibvirtHypervisor({ ...this.reachedBy(process), reconnectForMs });
  }

  /** What that process reaches them by. */
  reachedBy(process: KillableController): { readonly access: Access; readonly hub: EventHub } {
    const { access, eventWays } = simulatedAccess({
      process,
      now: () => this.clock.now(),
      wait: (ms, callback) => this.clock.after(ms, callback),
      hostAt: (uri) => this.hosts[uri === URIS.source ? 'source' : 'destination'],
      migrating: this.migrating,
    });
    return { access, hub: new EventHub(eventWays) };
  }

  /** An operator's virsh. @throws {Error} what it said */
  async byHand(side: Side, ...args: readonly string[]): Promise<string> {
    return await new Promise((resolve, reject) => {
      this.hosts[side].request({
        byHand: true,
        args: [args[0] ?? '', `--domain=${UUID}`, ...args.slice(1)],
        answered: (answer) =>
          'problem' in answer ? reject(new Error(answer.problem)) : resolve(answer.text),
      });
    });
  }

  /** Nothing that the faults still hold happens any more; what hangs or is away is there again. What is dead stays dead. */
  endFaults(): void {
    this.script.isOver = true;
    this.qemus.endFaults();
    this.link.restore();
    for (const host of Object.values(this.hosts)) host.repair();
  }

  private carryOut(incident: LibvirtIncident): void {
    switch (incident.do) {
      case 'libvirtd-killed':
        return this.hosts[incident.to].kill(incident.ms);
      case 'libvirtd-hangs':
        return this.hosts[incident.to].hang(incident.ms);
      case 'events-lost':
        return this.hosts[incident.to].endStreams('virsh event was ended');
      case 'qemu-killed':
        return this.qemus[incident.to].die();
      case 'peer-cut':
        this.link.cut();
        this.clock.after(incident.ms, () => this.link.restore());
        return;
      case 'peer-reset':
        return this.hosts.source.resetPeers();
      case 'virsh-migrate-ends':
        for (const kill of [...this.migrating]) kill();
        return;
      case 'suspended':
        return this.suspend(incident.to);
    }
  }

  private suspend(side: Side): void {
    if (!this.qemus[side].isRunning) return;
    this.qemus.truth.befallen.push({ side, what: 'stopped-by-operator', atMs: this.clock.now() });
    this.byHand(side, 'suspend').catch(() => {});
  }
}
