/**
 * Guests of libvirt hosts, told of their moves: their QEMU guest agent runs a program that their owner has put in a fixed
 * place. A guest without it says so at once.
 */
import type { Config } from '../config/config.ts';
import { noticeOf } from '../config/notice.ts';
import type { Access } from '../hypervisor/libvirt/access.ts';
import { ask } from '../hypervisor/libvirt/ask.ts';
import { parseDomainXml } from '../hypervisor/libvirt/domain/domain-xml.ts';
import { runInGuest, whyNoAgent } from '../hypervisor/libvirt/guest-agent.ts';
import type { Guard, Guests, GuestWord, Ride } from './mover.ts';

/** In the guest. Its arguments: what happens, the host that it runs on, and in how many seconds. */
const PROGRAM = '/etc/switchover/notice';

export class LibvirtGuests implements Guests {
  private readonly access: Access;
  private readonly config: () => Config;

  constructor(access: Access, config: () => Config) {
    this.access = access;
    this.config = config;
  }

  /** @throws {RefusedError} */
  async noticeMs({ vm, source }: Ride): Promise<number> {
    const { name, metadata } = parseDomainXml(await this.xmlOf(source, vm));
    return noticeOf(this.config(), { name, metadata }).noticeMs;
  }

  /** @throws {GuestAgentError} @throws {RefusedError} where its host does not answer */
  async tell({ vm }: Ride, { event, host, inMs }: GuestWord, guard: Guard): Promise<void> {
    const silent = whyNoAgent(await this.xmlOf(host, vm));
    if (silent !== undefined) throw new Error(silent);
    const name = (await ask(host, ['hostname'], this.access)).trim();
    if (!guard.mayAct()) throw new Error('its controller was too slow to tell it');
    const args = [event, name, String(Math.round(inMs / 1000))];
    await runInGuest({ uri: host, uuid: vm }, { path: PROGRAM, args }, this.access);
  }

  private async xmlOf(host: string, vm: string): Promise<string> {
    return await ask(host, ['dumpxml', `--domain=${vm}`], this.access);
  }
}
