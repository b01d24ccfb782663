/** What a request means on real hosts: which hypervisor, which VM, to where, within which limits. */
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/config-error.ts';
import { limitsOf, policyOf, type Stated, stated } from '../config/settings.ts';
import { settingsOver } from '../config/settings-over.ts';
import { type Destination, type Hypervisor, RefusedError } from '../hypervisor/hypervisor.ts';
import { domainAddress } from '../hypervisor/libvirt/address.ts';
import type { LibvirtHypervisor } from '../hypervisor/libvirt/libvirt-hypervisor.ts';
import { QemuHypervisor } from '../hypervisor/qemu/qemu-hypervisor.ts';
import { type StreamTls, tlsFrom } from '../hypervisor/stream-tls.ts';
import { isQemuAddress, isQemuSocket } from '../hypervisor/vm-address.ts';
import { trustedDestination } from '../journal/trusted-destination.ts';
import type { Limits, PolicyKind } from '../policy/policy.ts';
import { Problem } from './problem.ts';
import type { limitFields, PlanRequest, StartRequest } from './requests.ts';

export interface AskedParts {
  readonly libvirt: LibvirtHypervisor;
  /** As it is now: it may be read again. */
  config(): Config;
  /** URI of the host that a domain's name means where the request names none. */
  readonly connect: string;
}

/** Where it is, and where it is to go. */
export interface Places<Where = Destination> {
  readonly hypervisor: Hypervisor;
  readonly vm: string;
  readonly destination: Where;
}

export class Asked {
  private readonly parts: AskedParts;
  private readonly qemu = new QemuHypervisor({});

  constructor(parts: AskedParts) {
    this.parts = parts;
  }

  /** By an address as a journal has it: a libvirt domain's has its host's URI before it. */
  hypervisorOf(vm: string): Hypervisor {
    return isQemuSocket(vm) || !vm.includes('#') ? this.qemu : this.parts.libvirt;
  }

  managerOf(hypervisor: Hypervisor): 'qemu' | 'libvirt' {
    return hypervisor === this.qemu ? 'qemu' : 'libvirt';
  }

  /** @throws {Problem} where what belongs to libvirt meets a QEMU, or the other way round */
  placesOf(request: StartRequest): Places {
    const places = this.planPlacesOf(request);
    if (places.destination) return { ...places, destination: places.destination };
    throw notUnderstood('destination is needed');
  }

  /** The destination may still be open. @throws {Problem} as above */
  planPlacesOf(request: PlanRequest): Places<Destination | undefined> {
    const { vm, destination, migrateUri, listenUri, connect } = request;
    if (isQemuAddress(vm)) {
      if (connect !== undefined)
        throw notUnderstood(`connect is for libvirt domains, and ${vm} is the monitor of a QEMU`);
      if (destination === undefined) return { hypervisor: this.qemu, vm, destination };
      if (migrateUri === undefined)
        throw notUnderstood(
          'migrateUri is needed: where the destination listens for the memory, like tcp:10.77.0.2:4444',
        );
      return { hypervisor: this.qemu, vm, destination: { vm: destination, migrateUri, listenUri } };
    }
    const from = connect === undefined ? domainAddress(this.parts.connect, vm) : trusted(connect, vm);
    const places = { hypervisor: this.parts.libvirt, vm: from };
    if (destination === undefined) return { ...places, destination };
    if (isQemuSocket(destination))
      throw notUnderstood(
        `${destination} is the monitor of a QEMU, and ${vm} a libvirt domain: give the destination host's URI, like qemu+ssh://root@host2/system`,
      );
    const there = { vm: trusted(destination, vm), peerUri: destination, migrateUri, listenUri };
    return { ...places, destination: there };
  }

  /**
   * The request before the domain's metadata, `[[domain]]`, `[defaults]` and what is built in.
   * @throws {Problem} where the request contradicts the rest @throws {RefusedError} where there is no such domain
   */
  async settled(
    request: PlanRequest,
    { hypervisor, vm }: Pick<Places, 'hypervisor' | 'vm'>,
  ): Promise<{
    readonly limits: Limits;
    readonly kind: PolicyKind;
    /** As configured: a request does not choose it. */
    readonly tls: StreamTls | undefined;
  }> {
    const { libvirt } = this.parts;
    const domain = hypervisor === libvirt ? await libvirt.describe(vm) : undefined;
    const own = { from: 'the request', stated: statedBy(request) };
    const { settings, contradiction } = settingsOver(this.parts.config(), domain, own);
    if (contradiction) throw notUnderstood(contradiction.sentence);
    const tls = settings.tls ? tlsFrom(settings.tlsDir) : undefined;
    return { limits: limitsOf(settings), kind: policyOf(settings), tls };
  }
}

/** Settings that a request names. */
export function statedBy(request: Pick<PlanRequest, keyof typeof limitFields>): Stated {
  return stated({
    policy: request.policy,
    policyOption: request.policyOptions,
    downtimeMs: request.downtimeMs,
    maxDowntimeMs: request.maxDowntimeMs,
    timeoutMs: request.timeoutMs,
    stallTimeoutMs: request.stallTimeoutMs,
    bandwidthBytesPerSecond: request.bandwidthBytesPerSecond,
    lineRateBytesPerSecond: request.lineRateBytesPerSecond,
    overBudget: request.overBudget,
    brake: request.brake,
    brakeForMs: request.brakeForMs,
  });
}

/** A libvirt URI can name a program to run: who may start migrations may not have one run. @throws {Problem} */
export function trusted(uri: string, vm: string): string {
  const address = domainAddress(uri, vm);
  if (trustedDestination(address) === address) return address;
  throw notUnderstood(
    `${uri} is no URI that is taken from a request: only libvirt's own ways to a host are, without a query, like qemu+ssh://root@host2/system`,
  );
}

export function notUnderstood(sentence: string): Problem {
  return new Problem(422, 'not-understood', sentence);
}

/** What hosts and configuration say, as a problem; anything else as it is. */
export function problemOf(error: unknown): unknown {
  if (error instanceof RefusedError) return new Problem(409, error.code, error.message, { cause: error });
  if (error instanceof ConfigError)
    return new Problem(503, 'configuration', error.problems.join('; '), { cause: error });
  return error;
}
