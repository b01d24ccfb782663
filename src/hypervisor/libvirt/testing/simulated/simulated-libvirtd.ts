/** One simulated libvirt host: its libvirtd, which may end, hang and be started again, and what is on its disk. */
import type { Clock } from '../../../clock.ts';
import type { Side } from '../../../hypervisor.ts';
import type { SimulatedPair } from '../../../simulated/protocol/simulated-pair.ts';
import { KillableController } from '../../../testing/killable-controller.ts';
import { Daemon, type Host, type HostEvent } from './daemon.ts';
import type { LibvirtFaultScript } from './faults.ts';
import {
  type HostDomain,
  type JobPhase,
  LibvirtRefusal,
  LOCKED,
  UNLIMITED_MEBIBYTES,
} from './host-domain.ts';
import { IncomingJob, migrateOut } from './migration-protocol.ts';
import { PeerConnection, type PeerLink } from './peer-connection.ts';
import { answerTo } from './virsh-commands.ts';

export interface LibvirtdParts {
  readonly side: Side;
  readonly uri: string;
  readonly hostUuid: string;
  readonly clock: Clock;
  readonly qemus: SimulatedPair;
  readonly link: PeerLink;
  readonly script: LibvirtFaultScript;
  readonly memoryBytes: number;
  readonly qemuVersion: string;
  /** How far away it is from whoever asks it, one way; undefined: on the same machine. */
  readonly wayMs: number | undefined;
  /** The libvirtd that one migrates to. */
  peer(): SimulatedLibvirtd;
}

export type VirshAnswer = { readonly text: string } | { readonly problem: string };

interface Request {
  readonly args: readonly string[];
  /** A person's, and none of the driver's. */
  readonly byHand?: boolean;
  answered(answer: VirshAnswer): void;
  /** The way there carries nothing any more, for good. */
  lost?(): void;
}

export interface Subscriber {
  event(event: HostEvent): void;
  ended(reason: string): void;
}

/** One way between a virsh and its libvirtd. */
export const LATENCY_MS = 0.5;
/** From the start of a libvirtd to its first answer. */
const STARTS_MS = 200;
/** Of commands that wait for a job of the domain's: how they are refused. */
const NEEDS_JOB = ['domjobinfo', 'domjobabort', 'suspend', 'resume', 'metadata', 'migrate'];

export class SimulatedLibvirtd implements Host {
  readonly side: Side;
  domain: HostDomain | undefined;
  /** Called with each command of virsh just before it is carried out, or refused. */
  onCommand: (args: readonly string[]) => void = () => {};
  /** Called with what happens to it, for whoever wants to know how something came about. */
  onHappening: (words: string) => void = () => {};
  private readonly parts: LibvirtdParts;
  private daemon: Daemon | undefined;
  private readonly requests = new Set<Request>();
  private readonly subscribers = new Set<Subscriber>();
  /** An event that is late holds up those behind it until then. */
  private lateUntilMs = 0;

  constructor(parts: LibvirtdParts, domain: HostDomain | undefined) {
    this.parts = parts;
    this.side = parts.side;
    this.domain = domain;
    this.startUp(0);
  }

  get qemu() {
    return this.parts.qemus[this.side];
  }

  get qemuSocket(): string {
    const { vm, target } = this.parts.qemus;
    return (this.side === 'source' ? vm : target.vm).replace('qmp:', '');
  }

  /** SIGKILL; `Infinity`: until {@link startUp}. */
  kill(forMs: number): void {
    const { daemon } = this;
    if (!daemon) return;
    this.onHappening('libvirtd is killed');
    this.daemon = undefined;
    // It keeps it nowhere.
    if (this.domain) this.domain.speedMebibytes = UNLIMITED_MEBIBYTES;
    daemon.process.kill();
    for (const connection of daemon.connections) connection.close(this.side);
    const { clock } = this.parts;
    for (const request of this.requests)
      clock.after(LATENCY_MS, () =>
        request.answered({ problem: 'End of file while reading data: Input/output error' }),
      );
    this.requests.clear();
    this.endStreams(`Disconnected from ${this.parts.uri} due to end of file`);
    clock.after(forMs, () => this.startUp(STARTS_MS));
  }

  /** SIGSTOP, for so long. */
  hang(forMs: number): void {
    const { daemon } = this;
    this.onHappening('libvirtd hangs');
    daemon?.process.freeze();
    this.parts.clock.after(forMs, () => daemon?.process.thaw());
  }

  /** Whatever it was, it runs. */
  repair(): void {
    this.daemon?.process.thaw();
    this.startUp(STARTS_MS);
  }

  /** The connections to other libvirtds break, and both ends see it. */
  resetPeers(): void {
    for (const connection of this.daemon?.connections ?? []) connection.close(this.side);
  }

  endStreams(reason: string): void {
    for (const subscriber of this.subscribers)
      this.parts.clock.after(this.wayMs, () => subscriber.ended(reason));
    this.subscribers.clear();
  }

  /** A virsh connects, and asks. */
  request(request: Request): void {
    const { clock, script } = this.parts;
    clock.after(this.wayMs, () => {
      const { daemon } = this;
      if (!daemon) return request.answered({ problem: this.refusedWords });
      const [command = ''] = request.args;
      const met = script.meet('virsh', command, this.side);
      if (met?.do === 'lost' || met?.do === 'never') request.lost?.();
      if (met?.do === 'lost') return;
      if (met?.do === 'dies') {
        this.take(daemon, { ...request, answered: () => {} });
        return request.answered({ problem: 'virsh was ended' });
      }
      if (met?.do === 'error')
        return request.answered({
          problem: NEEDS_JOB.includes(command) ? LOCKED : 'An error occurred, but the cause is unknown',
        });
      if (met?.do === 'never') return this.take(daemon, { ...request, answered: () => {} });
      if (met?.do === 'delay') {
        clock.after(met.ms, () => this.daemon && this.take(this.daemon, request));
        return;
      }
      this.take(daemon, request);
    });
  }

  /** A `virsh event` subscribes. @returns a function that ends it */
  subscribe(subscriber: Subscriber): () => void {
    this.parts.clock.after(this.wayMs, () => {
      const { daemon } = this;
      if (!daemon) return subscriber.ended(this.refusedWords);
      daemon.process.heard(() => this.subscribers.add(subscriber))();
    });
    return () => this.subscribers.delete(subscriber);
  }

  tell(event: HostEvent): void {
    const { clock, script } = this.parts;
    const name = event.kind === 'lifecycle' ? event.change : event.kind;
    const met = script.meet('event', name, this.side);
    if (event.kind !== 'iteration' || met)
      this.onHappening(`${Object.values(event).join(' ')}${met ? `, ${met.do}` : ''}`);
    if (met?.do === 'dies') return this.endStreams('virsh event was ended');
    const nowMs = clock.now();
    if (met?.do === 'delay') this.lateUntilMs = Math.max(this.lateUntilMs, nowMs + met.ms);
    const waitMs = this.wayMs + Math.max(0, this.lateUntilMs - nowMs);
    for (const subscriber of this.subscribers) clock.after(waitMs, () => subscriber.event(event));
  }

  phase(phase: JobPhase): void {
    this.onHappening(phase);
    this.parts.script.meet('phase', phase, this.side);
  }

  startUp(afterMs: number): void {
    if (this.daemon) return;
    const { clock, qemus } = this.parts;
    this.onHappening('libvirtd starts');
    const process = new KillableController({ clock, open: qemus.open });
    this.daemon = new Daemon(this, process, afterMs);
  }

  private get wayMs(): number {
    return this.parts.wayMs ?? LATENCY_MS;
  }

  private get refusedWords(): string {
    return `unable to connect to server at '${this.side}:16509': Connection refused`;
  }

  private take(daemon: Daemon, request: Request): void {
    this.requests.add(request);
    const answer = (answered: VirshAnswer): void => {
      if (!this.requests.delete(request)) return;
      this.parts.clock.after(this.wayMs, () => request.answered(answered));
    };
    daemon.process.heard(() => {
      void daemon.ready.then(async () => {
        if (!request.byHand) this.onCommand(request.args);
        try {
          answer({ text: await this.carryOut(daemon, request.args) });
        } catch (error) {
          if (!(error instanceof LibvirtRefusal)) throw error;
          answer({ problem: error.message });
        }
      });
    })();
  }

  private async carryOut(daemon: Daemon, args: readonly string[]): Promise<string> {
    const { uri, hostUuid, memoryBytes, qemuVersion } = this.parts;
    const migrate = async (given: readonly string[]): Promise<void> => {
      const number = (name: string): number | undefined => {
        const option = given.find((arg) => arg.startsWith(`${name}=`));
        return option === undefined ? undefined : Number(option.slice(name.length + 1));
      };
      const request = {
        bandwidthMebibytes: number('--bandwidth'),
        throttleInitial: number('--auto-converge-initial'),
      };
      await migrateOut(daemon, request, () => this.connectToPeer(daemon));
    };
    return await answerTo(daemon, args, { uri, hostUuid, memoryBytes, qemuVersion, migrate });
  }

  /** @throws {LibvirtRefusal} */
  private async connectToPeer(daemon: Daemon): Promise<PeerConnection> {
    const { link, qemus } = this.parts;
    await daemon.clock.sleep(2 * LATENCY_MS);
    while (!link.carries) await daemon.clock.sleep(1000);
    const peer = this.parts.peer().daemon;
    if (!peer) throw new LibvirtRefusal(this.parts.peer().refusedWords);
    await peer.ready;
    const incoming = new IncomingJob(peer, () => qemus.renewDestination());
    const connection = new PeerConnection(link, {
      source: { process: daemon.process, lost: () => daemon.changed() },
      destination: {
        process: peer.process,
        serve: async (call, argument) => await incoming.serve(call, argument),
        lost: () => incoming.connectionLost(),
      },
    });
    daemon.connections.add(connection);
    peer.connections.add(connection);
    return connection;
  }
}
