/** The domain on one side of a migration: what is asked and done there, and its events. */
import type { Clock } from '../clock.ts';
import type { Effect, Side } from '../hypervisor.ts';
import { wholeNumberOf } from './domain/domain.ts';
import { lookAtSide, type SideLook } from './domain/domain-state.ts';
import { EventWatch } from './event-watch.ts';
import type { DomainEvents } from './virsh/event-hub.ts';
import { HostVirsh } from './virsh/host-virsh.ts';
import type { TimedEvent } from './virsh/virsh-events.ts';
import type { Shell } from './virsh/virsh-shell.ts';

/** libvirt gives a query up after 30 s; `silence` tells of it long before. */
const PATIENT_MS = 35_000;
/** A state is asked for again and again while it is waited for. */
const STATE_PATIENT_MS = 10_000;

export interface DomainSideParts {
  readonly side: Side;
  /** Undefined: it was not given, so nothing is known of it. */
  readonly uri: string | undefined;
  readonly uuid: string;
  /** Events carry names. */
  readonly name: string;
  readonly clock: Clock;
  readonly events: DomainEvents;
  openShell(uri: string): Shell;
}

export interface SideListener {
  event(event: TimedEvent): void;
  /** Of the event stream. */
  monitor(state: 'lost' | 'back', words: string): void;
}

export class DomainSide {
  /** What may be concluded from events that were not heard. */
  readonly watch = new EventWatch();
  private readonly parts: DomainSideParts;
  private readonly virsh: HostVirsh;
  private stopListening: () => void = () => {};

  constructor(parts: DomainSideParts) {
    this.parts = parts;
    this.virsh = new HostVirsh(() => parts.openShell(parts.uri ?? ''));
  }

  listen(listener: SideListener): void {
    const { uri, name, clock, events } = this.parts;
    if (uri === undefined) return;
    this.stopListening = events.listenTo(uri, name, {
      event: (event) => listener.event(event),
      subscribed: () => {
        if (this.watch.up(clock.now()) === 'back') listener.monitor('back', 'its events arrive again');
      },
      lost: (reason) => {
        if (this.watch.isUp) listener.monitor('lost', `its events are lost: ${reason}`);
        this.watch.down();
      },
    });
  }

  async jobInfo(): Promise<string> {
    return await this.virsh.ask(['domjobinfo', this.parts.uuid, '--rawstats'], PATIENT_MS);
  }

  /** In force, in milliseconds; undefined where libvirt does not tell. Never rejects. */
  async downtimeLimitMs(): Promise<number | undefined> {
    const answer = this.virsh.ask(['migrate-getmaxdowntime', this.parts.uuid], PATIENT_MS);
    return await answer.then(wholeNumberOf, () => undefined);
  }

  /** To which its migrations are held, in MiB/s. @throws {Error} where libvirt does not tell */
  async speedMebibytes(): Promise<number> {
    const answer = await this.virsh.ask(['migrate-getspeed', this.parts.uuid], PATIENT_MS);
    const speed = wholeNumberOf(answer);
    if (speed === undefined)
      throw new Error(`virsh migrate-getspeed told "${answer.trim()}", which is no speed`);
    return speed;
  }

  /** Never rejects. */
  async look(): Promise<SideLook> {
    if (this.parts.uri === undefined) return { state: 'unknown' };
    const ask = async (args: readonly string[]) => await this.virsh.ask(args, STATE_PATIENT_MS);
    return await lookAtSide(ask, this.parts.uuid, this.parts.side);
  }

  /** @throws {VirshError} @throws {VirshTimeoutError} */
  async act(command: string, ...args: readonly string[]): Promise<Effect> {
    const { uri, uuid, side } = this.parts;
    if (uri === undefined) throw new Error(`the ${side} was not given`);
    await this.virsh.act([command, uuid, ...args], PATIENT_MS);
    return { did: side === 'source' ? command : `${command} on the destination` };
  }

  /** For good. */
  close(): void {
    this.stopListening();
    this.virsh.close();
  }
}
