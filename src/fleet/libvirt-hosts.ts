/**
 * libvirt hosts, as drains ask them: by nothing that waits for a domain on its way in, since that is locked until it has
 * arrived.
 */
import { createHash } from 'node:crypto';
import { RefusedError, type Side } from '../hypervisor/hypervisor.ts';
import { type Access, REAL_ACCESS } from '../hypervisor/libvirt/access.ts';
import { ask } from '../hypervisor/libvirt/ask.ts';
import { jobAt, virshAt } from '../hypervisor/libvirt/domain/domain-job.ts';
import { lookAtSide, type SideLook } from '../hypervisor/libvirt/domain/domain-state.ts';
import { parseDomainXml } from '../hypervisor/libvirt/domain/domain-xml.ts';
import { figuresOfHost, linesOf } from '../hypervisor/libvirt/host-look.ts';
import type { DrainHosts, HostSeen, VmSeen } from './drain-hosts.ts';
import { obstaclesOf } from './obstacles.ts';

export class LibvirtHosts implements DrainHosts {
  private readonly access: Access;

  constructor(access = REAL_ACCESS) {
    this.access = access;
  }

  /** @throws {RefusedError} */
  async look(host: string): Promise<HostSeen> {
    return await figuresOfHost(host, this.access);
  }

  /** @throws {RefusedError} */
  async vm(host: string, uuid: string): Promise<VmSeen | undefined> {
    const xml = await ifThere(ask(host, ['dumpxml', `--domain=${uuid}`], this.access));
    if (xml === undefined) return undefined;
    const { name, memoryBytes, metadata, metadataNamespaces } = parseDomainXml(xml);
    const { state, jobLasts = false } = await this.at(host, uuid, 'source');
    const facts = { state, migrating: jobLasts || state === 'incoming' };
    return {
      name,
      memoryBytes,
      metadata,
      mark: markOfXml(xml),
      obstacles: obstaclesOf({ facts, metadataNamespaces }),
      hasLeft: state === 'gone' || (state === 'handed-over' && !jobLasts),
    };
  }

  /** How it is there: `gone` where it is not, or does not run. @throws {Error} where its host does not answer */
  async at(host: string, uuid: string, side: Side): Promise<SideLook> {
    const look = await lookAtSide(virshAt(host, this.access), uuid, side);
    if (look.state === 'unreachable' || look.state === 'silent')
      throw new Error(`${host} does not answer where the VM ${uuid} is`);
    return look;
  }

  /** What stands still there: a VM on its way in is among those. @throws {RefusedError} */
  async paused(host: string): Promise<readonly string[]> {
    return linesOf(await ask(host, ['list', '--uuid', '--state-paused'], this.access));
  }

  /** Which way a migration moves it there, if one does. @throws {RefusedError} */
  async migrates(host: string, uuid: string): Promise<'in' | 'out' | undefined> {
    const { type, migration } = await jobAt(host, uuid, this.access);
    return type === 'active' ? migration : undefined;
  }
}

/** A balloon moves by itself, and is no change. */
function markOfXml(xml: string): string {
  return createHash('sha256')
    .update(xml.replace(/<currentMemory[^>]*>[^<]*<\/currentMemory>/, ''))
    .digest('hex');
}

/** @returns undefined where there is no such domain @throws {RefusedError} where the host cannot be asked */
async function ifThere<T>(looking: Promise<T>): Promise<T | undefined> {
  try {
    return await looking;
  } catch (error) {
    if (error instanceof RefusedError && error.code === 'no-domain') return undefined;
    throw error;
  }
}
