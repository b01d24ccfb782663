/** Starts what is asked for over the API, on real hosts, and goes on with what an earlier service let go of. */
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/config-error.ts';
import { merge } from '../config/merge.ts';
import { limitsOf, policyOf, stated } from '../config/settings.ts';
import { placesFor } from '../config/settings-for.ts';
import { type Destination, type Hypervisor, RefusedError } from '../hypervisor/hypervisor.ts';
import { domainAddress } from '../hypervisor/libvirt/address.ts';
import type { LibvirtHypervisor } from '../hypervisor/libvirt/libvirt-hypervisor.ts';
import { QemuHypervisor } from '../hypervisor/qemu/qemu-hypervisor.ts';
import { isQemuAddress, isQemuSocket } from '../hypervisor/vm-address.ts';
import { type Initiator, initiatorHere } from '../journal/initiator.ts';
import { JournalError } from '../journal/journal-error.ts';
import type { JournalStore } from '../journal/journal-store.ts';
import { isUnfinished } from '../journal/unfinished.ts';
import { type MigrationView, viewOf } from '../journal/view.ts';
import { beginRun } from '../migration/begin.ts';
import type { Run } from '../migration/run.ts';
import { takeOverRun } from '../migration/take-over.ts';
import { choosePolicy } from '../policy/policies.ts';
import type { Limits, PolicyKind } from '../policy/policy.ts';
import type { Caller } from './access.ts';
import type { Migrations } from './migrations.ts';
import { Problem } from './problem.ts';
import type { StartRequest } from './requests.ts';

export interface StarterParts {
  readonly migrations: Migrations;
  readonly store: JournalStore;
  readonly libvirt: LibvirtHypervisor;
  /** As it is now: it may be read again. */
  config(): Config;
  /** URI of the host that a domain's name means where the request names none. */
  readonly connect: string;
  say(sentence: string): void;
}

/** Of the journals that are looked through for what was let go of. */
const NEWEST = 500;

export class Starter {
  private readonly parts: StarterParts;
  private readonly qemu = new QemuHypervisor({});

  constructor(parts: StarterParts) {
    this.parts = parts;
  }

  /** @returns the id of what has begun @throws {Problem} where it was refused, and nothing was touched */
  async start(request: StartRequest, caller: Caller): Promise<string> {
    const { store, migrations, say } = this.parts;
    try {
      const { hypervisor, vm, destination } = this.placesOf(request);
      const { limits, kind } = await this.settled(request, hypervisor, vm);
      const { reason, correlationId } = request;
      const wish = { vm, destination, kind, limits, force: false, reason, correlationId };
      const run = await beginRun(wish, { hypervisor, store, say, initiator: initiatedBy(caller) });
      migrations.follow(run, limits);
      await begunOrRefused(run);
      return run.id;
    } catch (error) {
      throw problemOf(error);
    }
  }

  /** Those that a service on this machine was following when it ended, each under its own id. */
  async resume(): Promise<void> {
    for (const left of await this.leftBehind()) {
      try {
        await this.goOnWith(left);
      } catch (error) {
        if (!(error instanceof RefusedError || error instanceof JournalError)) throw error;
        this.parts.say(`${left.id} is not gone on with: ${error.message}`);
      }
    }
  }

  private async goOnWith(left: MigrationView): Promise<void> {
    const { store, migrations, libvirt, say } = this.parts;
    const kind = choosePolicy(left.policy, {});
    const hypervisor = isOfQemu(left.vm) ? this.qemu : libvirt;
    const wish = { vm: left.vm, destination: undefined, kind, limits: left.limits };
    const run = await takeOverRun(wish, { hypervisor, store, say, initiator: initiatorHere() });
    migrations.follow(run, left.limits);
    say(`${run.id}: gone on with, as a service before this one let go of it`);
  }

  private async leftBehind(): Promise<MigrationView[]> {
    const { store } = this.parts;
    const here = initiatorHere();
    const left: MigrationView[] = [];
    for (const id of (await store.list()).slice(-NEWEST)) {
      const { entries } = await store.read(id);
      const view = entries.length > 0 ? viewOf(entries) : undefined;
      const { host, command } = view?.initiator ?? {};
      const isOurs = host === here.host && command?.[1] === 'serve';
      // What watch took over it takes over again.
      if (view?.origin === 'migrate' && isUnfinished(view) && isOurs) left.push(view);
    }
    return left;
  }

  private placesOf(request: StartRequest): {
    readonly hypervisor: Hypervisor;
    readonly vm: string;
    readonly destination: Destination;
  } {
    const { vm, destination, migrateUri, listenUri, connect } = request;
    if (isQemuAddress(vm)) {
      if (connect !== undefined)
        throw notUnderstood(`connect is for libvirt domains, and ${vm} is the monitor of a QEMU`);
      if (migrateUri === undefined)
        throw notUnderstood(
          'migrateUri is needed: where the destination listens for the memory, like tcp:10.77.0.2:4444',
        );
      return { hypervisor: this.qemu, vm, destination: { vm: destination, migrateUri, listenUri } };
    }
    if (isQemuSocket(destination))
      throw notUnderstood(
        `${destination} is the monitor of a QEMU, and ${vm} a libvirt domain: give the destination host's URI, like qemu+ssh://root@host2/system`,
      );
    return {
      hypervisor: this.parts.libvirt,
      vm: domainAddress(connect ?? this.parts.connect, vm),
      destination: { vm: domainAddress(destination, vm), peerUri: destination, migrateUri, listenUri },
    };
  }

  /** The request before the domain's metadata, `[[domain]]`, `[defaults]` and what is built in. */
  private async settled(
    request: StartRequest,
    hypervisor: Hypervisor,
    vm: string,
  ): Promise<{ readonly limits: Limits; readonly kind: PolicyKind }> {
    const { libvirt } = this.parts;
    const domain = hypervisor === libvirt ? await libvirt.describe(vm) : undefined;
    const { policy, downtimeMs, maxDowntimeMs, timeoutMs, bandwidthBytesPerSecond } = request;
    const { lineRateBytesPerSecond, overBudget, brake } = request;
    const own = {
      from: 'the request',
      stated: stated({
        ...{ policy, downtimeMs, maxDowntimeMs, timeoutMs, bandwidthBytesPerSecond },
        ...{ lineRateBytesPerSecond, overBudget, brake },
      }),
    };
    const { settings, origins, contradictions } = merge([
      ...placesFor(this.parts.config(), domain).layers,
      own,
    ]);
    const mine = contradictions.find(({ between }) => between.some((key) => origins.get(key)?.includes(own)));
    if (mine) throw notUnderstood(mine.sentence);
    return { limits: limitsOf(settings), kind: policyOf(settings) };
  }
}

/** Whether a journal's address is that of a QEMU: a libvirt domain's has its host's URI before it. */
function isOfQemu(vm: string): boolean {
  return isQemuSocket(vm) || !vm.includes('#');
}

function initiatedBy({ name }: Caller): Initiator {
  const here = initiatorHere();
  return name === 'local' ? here : { ...here, user: `${name} (by ${here.user})` };
}

/** @throws {RefusedError} where it was refused at the last moment, and has no journal */
async function begunOrRefused(run: Run): Promise<void> {
  const over = run.outcome.then(
    () => undefined,
    (error: unknown) => error,
  );
  await run.begun;
  const error = await Promise.race([over, new Promise((resolve) => setImmediate(resolve, undefined))]);
  if (error instanceof RefusedError) throw error;
}

function notUnderstood(sentence: string): Problem {
  return new Problem(422, 'not-understood', sentence);
}

function problemOf(error: unknown): unknown {
  if (error instanceof RefusedError) return new Problem(409, error.code, error.message, { cause: error });
  if (error instanceof ConfigError)
    return new Problem(503, 'configuration', error.problems.join('; '), { cause: error });
  return error;
}
