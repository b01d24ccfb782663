/**
 * A libvirt lab with one guest and a journal folder: what the tests and benchmarks of switchover on libvirt start
 * from. The guest's present host is the source, the other one the destination, so that it can go to and fro.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Arrival, verifyArrival } from '../arrival.ts';
import type { GuestStatus } from '../guest/answers.ts';
import { Running } from '../switchover-process.ts';
import type { LibvirtGuest } from './libvirt-guest.ts';
import type { LibvirtHost } from './libvirt-host.ts';
import { type GuestOptions, type LibvirtLab, type LibvirtLabOptions, openLibvirtLab } from './libvirt-lab.ts';

export class LibvirtBed implements AsyncDisposable {
  readonly lab: LibvirtLab;
  readonly guest: LibvirtGuest;
  readonly stateDir: string;
  source: LibvirtHost;
  destination: LibvirtHost;
  private before: GuestStatus;

  private constructor(lab: LibvirtLab, guest: LibvirtGuest, stateDir: string, before: GuestStatus) {
    this.lab = lab;
    this.guest = guest;
    this.stateDir = stateDir;
    this.before = before;
    [this.source, this.destination] = lab.hosts;
  }

  static async make(
    guestOptions: Omit<GuestOptions, 'name'> & { readonly name?: string },
    labOptions: LibvirtLabOptions = {},
  ): Promise<LibvirtBed> {
    const lab = await openLibvirtLab(labOptions);
    try {
      const guest = await lab.startGuest(lab.hosts[0], { name: 'vm1', ...guestOptions });
      const stateDir = await mkdtemp(path.join(os.tmpdir(), 'switchover-state-'));
      return new LibvirtBed(lab, guest, stateDir, await guest.status());
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  /** `switchover migrate` of the guest, on the source host's network. */
  migrate(...args: string[]): Running {
    return this.run('migrate', ...this.route(), ...this.common(), ...args);
  }

  /** The guest and where it goes, as `switchover migrate` takes them. */
  route(): string[] {
    const { uri } = this.source;
    const { tcpUri, address } = this.destination;
    return ['--connect', uri, '--migrateuri', `tcp://${address}`, '--', this.guest.name, tcpUri];
  }

  common(): string[] {
    return ['--state-dir', this.stateDir];
  }

  /** switchover on the source host's network. */
  run(command: string, ...args: string[]): Running {
    // Options go in front of `--`, behind which a guest's name may begin with a dash.
    const at = args.indexOf('--');
    const [words, rest] =
      at < 0 ? [[], args] : [args.slice(at, at + 3), [...args.slice(0, at), ...args.slice(at + 3)]];
    // Not `ip netns exec`, which mounts another /sys, without the control groups of a host.
    const onNetwork = ['nsenter', `--net=/run/netns/${this.source.namespace}`];
    return new Running([command, ...rest, ...words], {}, onNetwork);
  }

  /** `switchover watch` of all its hosts, once it follows them. */
  async watch(...args: string[]): Promise<Running> {
    const hosts = this.lab.hosts.flatMap(({ uri }) => ['--connect', uri]);
    const watching = this.run('watch', ...hosts, ...this.common(), ...args);
    try {
      await watching.prints(new RegExp(`(?:following its domains[\\s\\S]*){${this.lab.hosts.length}}`));
    } catch (error) {
      watching.process.kill('SIGTERM');
      throw error;
    }
    return watching;
  }

  /** What anybody would type, without switchover. @throws {CommandError} with virsh's words */
  async virshMigrate(...args: string[]): Promise<string> {
    const { tcpUri, address } = this.destination;
    const where = ['--migrateuri', `tcp://${address}`];
    return await this.source.virsh('migrate', '--live', '--p2p', this.guest.uuid, tcpUri, ...where, ...args);
  }

  /** Has the guest check all its memory where it is now. */
  async arrival(): Promise<Arrival> {
    return await verifyArrival(this.before, this.guest);
  }

  /** Takes the host where the guest is now for the source. */
  async turnAround(): Promise<void> {
    this.before = await this.guest.status();
    const host = (await this.guest.whereabouts())?.host;
    const other = this.lab.hosts.find((each) => each !== host);
    if (host && other) {
      this.source = host;
      this.destination = other;
    }
  }

  /** @throws {Error} when any of the guest's memory is lost, or it does not run there and only there */
  async verify(on: LibvirtHost): Promise<void> {
    const running: string[] = [];
    for (const host of this.lab.hosts)
      if ((await this.guest.on(host).state()) === 'running') running.push(host.name);
    if (running.join() !== on.name)
      throw new Error(`the guest runs on ${running.join(' and ') || 'no host'}, not on ${on.name}`);
    const arrival = await this.arrival();
    if (!arrival.ok) throw new Error(`on ${on.name}: ${arrival.reason}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lab.close();
    await rm(this.stateDir, { recursive: true, force: true });
  }
}
