/**
 * Four libvirt hosts, of which the first is full of guests; a PostgreSQL; and services that share it, as on one machine that
 * looks after hosts. What runs where is asked from libvirt by virsh, beside all that switchover says of it.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { verifyArrival } from '../../lab/arrival.ts';
import type { GuestStatus } from '../../lab/guest/answers.ts';
import type { Workload } from '../../lab/guest/workload.ts';
import type { LibvirtGuest } from '../../lab/libvirt/libvirt-guest.ts';
import type { LibvirtHost } from '../../lab/libvirt/libvirt-host.ts';
import { type LibvirtLab, openLibvirtLab } from '../../lab/libvirt/libvirt-lab.ts';
import { Running } from '../../lab/switchover-process.ts';
import { FleetServer } from '../../src/fleet/testing/fleet-database.ts';
import { Database } from '../../src/postgres/database.ts';

const METADATA = ['--uri', 'urn:switchover:domain:1', '--key', 'switchover'];

export interface SiteGuest {
  readonly name: string;
  readonly workload: Workload;
  readonly memoryMiB: number;
  /** Its own settings, as its metadata has them: `max-downtime="200ms"`. */
  readonly settings?: string;
}

/** A service, and how a browser gets in. */
export interface SiteService {
  readonly running: Running;
  /** With a slash at its end. */
  readonly url: string;
  readonly token: string;
}

export class DrainedSite implements AsyncDisposable {
  readonly lab: LibvirtLab;
  readonly host: LibvirtHost;
  readonly destinations: readonly LibvirtHost[];
  readonly guests = new Map<string, LibvirtGuest>();
  readonly database: Database;
  private readonly server: FleetServer;
  private readonly url: string;
  private readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'switchover-site-'));
  private readonly services: Running[] = [];
  private befores = new Map<string, GuestStatus>();

  private constructor(lab: LibvirtLab, server: FleetServer, url: string) {
    const [host, ...destinations] = lab.hosts;
    this.lab = lab;
    this.host = host;
    this.destinations = destinations;
    this.server = server;
    this.url = url;
    this.database = Database.at(url);
  }

  static async make(guests: readonly SiteGuest[]): Promise<DrainedSite> {
    const lab = await openLibvirtLab({ hosts: 4 });
    let site: DrainedSite | undefined;
    try {
      const server = await FleetServer.start();
      site = new DrainedSite(lab, server, await server.make('site'));
      await site.switchover('store', 'upgrade');
      await Promise.all(guests.map(async (guest) => await site?.startGuest(guest)));
      await site.remember();
      return site;
    } catch (error) {
      await (site ? site[Symbol.asyncDispose]() : lab.close());
      throw error;
    }
  }

  /**
   * `switchover serve`, all of them on the network of the first destination: for switchover that is one machine.
   * @param name its state folder's, too
   */
  async serve(name: string): Promise<SiteService> {
    const [manager] = this.destinations;
    if (!manager) throw new Error('there is no destination');
    const stateDir = path.join(this.folder, name);
    const token = await this.switchover(
      ...['token', 'add', 'ops', '--role', 'operate', '--state-dir', stateDir],
    );
    const hosts = this.lab.hosts.flatMap(({ tcpUri }) => ['--connect', tcpUri]);
    const places = ['--listen', `${manager.address}:0`, '--name', manager.address];
    const running = new Running(
      ['serve', ...places, ...hosts, '--state-dir', stateDir],
      { SWITCHOVER_DATABASE: this.url },
      ['nsenter', `--net=/run/netns/${manager.namespace}`],
    );
    this.services.push(running);
    await running.prints(/(?:following its domains[\s\S]*){4}/);
    const [, url = ''] = /listens at (http:\S+\/)/.exec(running.stdout) ?? [];
    return { running, url, token: token.trim() };
  }

  /** The names of what runs there, by libvirt. @param args `--all`: also of what is only defined */
  async on(host: LibvirtHost, ...args: string[]): Promise<string[]> {
    return (await host.virsh('list', '--name', ...args)).split('\n').filter(Boolean).toSorted();
  }

  /** Where each guest runs, by libvirt; one that runs on no host, or on two, is named with both. */
  async places(): Promise<Record<string, string>> {
    const places: Record<string, string> = {};
    for (const host of this.lab.hosts)
      for (const name of await this.on(host))
        places[name] = places[name] === undefined ? host.name : `${places[name]} and ${host.name}`;
    return places;
  }

  /** What each guest says of itself now is what it has to go on from. */
  async remember(): Promise<void> {
    for (const [name, guest] of this.guests) this.befores.set(name, await guest.status());
  }

  /** Has each of them check all its memory. @throws {Error} when any of it is lost */
  async verify(...names: string[]): Promise<void> {
    for (const name of names) {
      const [guest, before] = [this.guests.get(name), this.befores.get(name)];
      if (!guest || !before) throw new Error(`there is no guest ${name}`);
      const { ok, reason } = await verifyArrival(before, guest);
      if (!ok) throw new Error(`${name}: ${reason}`);
    }
  }

  /** How long it stood still on its way, by the libvirt of the host that it came to, in ms. */
  async downtimeOf(name: string): Promise<number> {
    const guest = this.guests.get(name);
    const at = await guest?.whereabouts();
    if (!guest || !at) throw new Error(`${name} runs on no host`);
    const told = await at.host.virsh('domjobinfo', guest.uuid, '--completed', '--keep-completed');
    const [, ms] = /^Total downtime:\s+(\d+)\s+ms$/m.exec(told) ?? [];
    if (ms === undefined) throw new Error(`libvirt on ${at.host.name} tells no downtime of ${name}: ${told}`);
    return Number(ms);
  }

  /** Another VM of that name is defined on each destination: libvirt takes no second one. */
  async takeName(name: string): Promise<void> {
    const xml = await this.host.virsh('dumpxml', name);
    for (const host of this.destinations) {
      const file = path.join(this.folder, `${host.name}-${name}.xml`);
      const other = xml.replace(/<uuid>[^<]*<\/uuid>/, `<uuid>${crypto.randomUUID()}</uuid>`);
      fs.writeFileSync(file, other.replace(/<domain [^>]*>/, '<domain type="qemu">'));
      await host.virsh('define', file);
    }
  }

  async giveNameBack(name: string): Promise<void> {
    for (const host of this.destinations) await host.virsh('undefine', name);
  }

  /** @throws {Error} with what it said */
  private async switchover(...args: string[]): Promise<string> {
    const ran = await new Running(args, { SWITCHOVER_DATABASE: this.url }).ended;
    if (ran.status !== 0) throw new Error(`switchover ${args.join(' ')}: ${ran.stderr}${ran.stdout}`);
    return ran.stdout;
  }

  private async startGuest({ settings, ...options }: SiteGuest): Promise<void> {
    const guest = await this.lab.startGuest(this.host, options);
    this.guests.set(options.name, guest);
    if (settings === undefined) return;
    const set = ['--config', '--live', '--set', `<migration ${settings}/>`];
    await this.host.virsh('metadata', guest.uuid, ...METADATA, ...set);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const service of this.services) service.process.kill('SIGTERM');
    await Promise.all(this.services.map(async ({ ended }) => await ended));
    await this.database[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
    await this.lab.close();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
