/**
 * QEMU behind the hypervisor's port: VMs are addressed by their QMP sockets, `qmp:/run/vm1.sock`. Each method of the port is
 * short; there are many, hence longer than most files.
 */
import { randomBytes } from 'node:crypto';
import type { PageSample } from '../../model/compression.ts';
import { isPostCopy } from '../../model/migration-status.ts';
import { type Clock, REAL_CLOCK } from '../clock.ts';
import { type QuotaLever, quotaFor, releaseLeft, type VcpuThreads } from '../cpu-quota/vcpu-quota.ts';
import type {
  AttachOptions,
  CheckOptions,
  CheckReport,
  Destination,
  DirtyRateProbe,
  Effect,
  FormerSettings,
  GuestFacts,
  Hypervisor,
  Settled,
  SettleTodo,
  StartOptions,
  Whereabouts,
} from '../hypervisor.ts';
import { RefusedError } from '../hypervisor.ts';
import { lookUntil } from '../look-until.ts';
import { migrationMark } from '../migration-mark.ts';
import { samplePages } from '../page-sample.ts';
import {
  areOfABrake,
  BrakeLever,
  QEMU_THROTTLE_DEFAULTS,
  THROTTLE_PARAMETERS,
} from '../qemu-rules/brake-lever.ts';
import { featuresOf } from '../qemu-rules/features.ts';
import { NO_CAP_BYTES_PER_SECOND } from '../qemu-rules/start.ts';
import { Findings, refusalOfAll } from '../refusal.ts';
import { assertSameVm, isSameVm, type VmIdentity } from '../same-vm.ts';
import type { StreamTls } from '../stream-tls.ts';
import { ChangedSettings } from './changed-settings.ts';
import { fence } from './fence.ts';
import { LastingMonitor, UnreachableError } from './lasting-monitor.ts';
import { AGAIN_AFTER_MS, ARRIVAL_MS, RETURN_MS } from './lasting-state.ts';
import { listenerHere, listeningQemu, type ProvableProcess } from './listening-process.ts';
import { type QemuEnd, qemuEnd } from './migration-facts.ts';
import { assertUnderWay, guestFacts, openMonitor, sideStateAt, socketPath } from './monitor.ts';
import { migrateRefusalCode, preflight } from './preflight.ts';
import { probeBySampling } from './probe.ts';
import { QemuMigration, type QemuMigrationParts } from './qemu-migration.ts';
import type { ConnectOptions, QmpClient } from './qmp/client.ts';
import { isRefusal, QmpError } from './qmp/errors.ts';
import { residentBytesOf } from './resident-memory.ts';
import {
  type BothEnds,
  backOut,
  capabilitiesFor,
  closeAll,
  connectedClient,
  refused,
  setUp,
  type TlsOfBoth,
} from './set-up.ts';
import { credentialFindings } from './tls/credentials.ts';
import { NO_TLS, tlsIdOf, tlsSettings } from './tls/tls-settings.ts';

const DEFAULT_RECONNECT_FOR_MS = 60_000;

export interface QemuHypervisorOptions {
  /** Passed to every monitor connection, for example a hook that records the traffic. */
  readonly qmp?: ConnectOptions;
  readonly clock?: Clock;
  /** How long a monitor that was lost is tried again before the run ends without it, in milliseconds. */
  readonly reconnectForMs?: number | undefined;
  /** The process that listens at a socket, where its end can be proved. Default: by this machine's /proc. */
  readonly processOf?: ((socket: string) => ProvableProcess | undefined) | undefined;
  /** What brakes the vCPUs from outside. Default: quotas of the kernel's, where QEMU's process is on this machine. */
  readonly quotas?: Quotas | undefined;
}

/** Of the vCPUs of the QEMU at a monitor. What a controller before us left is undone by both. */
export interface Quotas {
  /** @returns undefined where none may be set */
  leverOf(
    socket: string,
    client: QmpClient,
    accelerator: GuestFacts['accelerator'],
  ): Promise<QuotaLever | undefined>;
  releaseLeft(socket: string, client: QmpClient): Promise<void>;
}

/** Word of the arrival and `cont`, one way each, and a look at the destination between them: see {@link QemuMigration.letRun}. */
const LET_RUN_ROUND_TRIPS = 2;

export class QemuHypervisor implements Hypervisor {
  private readonly qmp: ConnectOptions;
  private readonly clock: Clock;
  private readonly reconnectForMs: number;
  private readonly processOf: (socket: string) => ProvableProcess | undefined;
  private readonly quotas: Quotas;

  constructor({ qmp, clock = REAL_CLOCK, reconnectForMs, processOf, quotas }: QemuHypervisorOptions = {}) {
    this.qmp = { clock, ...qmp };
    this.clock = clock;
    this.processOf = processOf ?? listeningQemu;
    this.quotas = quotas ?? QUOTAS_HERE;
    this.reconnectForMs = reconnectForMs ?? DEFAULT_RECONNECT_FOR_MS;
  }

  async inspect(vm: string): Promise<GuestFacts> {
    await using client = await openMonitor(vm, this.qmp);
    try {
      return await guestFacts(vm, client, this.clock);
    } catch (error) {
      throw unanswered(vm, error);
    }
  }

  readonly destinationsWait = true;
  readonly probesUnderWay = true;

  async probeDirtyRate(
    vm: string,
    durationMs: number,
    meant: VmIdentity | undefined,
  ): Promise<DirtyRateProbe> {
    await using client = await openMonitor(vm, this.qmp);
    try {
      if (meant) assertSameVm(meant, vm, await guestFacts(vm, client, this.clock));
      return await probeBySampling(client, durationMs, this.clock);
    } catch (error) {
      throw unanswered(vm, refused('lacks-feature', `${vm}: the dirty rate could not be measured`, error));
    }
  }

  async residentBytes({ vm, memoryBytes, accelerator }: GuestFacts): Promise<number | undefined> {
    return residentBytesOf(socketPath(vm), memoryBytes, accelerator);
  }

  async samplePages({ vm, memoryBytes }: GuestFacts): Promise<PageSample | undefined> {
    const pid = listenerHere(socketPath(vm));
    return pid === undefined ? undefined : await samplePages(pid, memoryBytes);
  }

  async check(vm: string, destination: Destination, options: CheckOptions): Promise<CheckReport> {
    const ends = await this.openBoth(vm, destination.vm);
    try {
      const { report } = await look(vm, destination, options, ends);
      return { ...report, wordMs: LET_RUN_ROUND_TRIPS * connectedClient(ends.destination).fastestAnswerMs };
    } finally {
      await closeAll(ends);
    }
  }

  async start(vm: string, target: Destination, options: StartOptions): Promise<QemuMigration> {
    const ends = await this.openBoth(vm, target.vm);
    const { source, destination } = ends;
    const changed = [
      new ChangedSettings(source, 'source'),
      new ChangedSettings(destination, 'destination'),
    ] as const;
    let facts: GuestFacts;
    let quota: QuotaLever | undefined;
    let encrypted: boolean | undefined;
    try {
      const { report, tls } = await look(vm, target, options, ends, options.meant);
      const { guest } = report;
      new Findings(report.findings).throwAny();
      // Not before: what an address leads to by now may be another VM, which owes nothing.
      for (const each of changed) each.inherit(options.former ?? []);
      facts = guest;
      encrypted = report.encrypted;
      quota = await this.quotas.leverOf(socketPath(vm), connectedClient(source), guest.accelerator);
      const capabilities = await capabilitiesFor(options, ends, target, guest.machineType);
      await setUp(changed, ends, target, options, capabilities, tls);
    } catch (error) {
      throw await backOut(changed, ends, error);
    }
    const migration = new QemuMigration({
      clock: this.clock,
      zeroMs: this.clock.now(),
      source,
      destination,
      guest: facts,
      wasRunning: facts.state === 'running',
      begunByUs: true,
      destinationWaits: options.destinationStartsItself !== true,
      hasEvents: true,
      watchedFromStart: true,
      mayBeFenced: false,
      changed,
      remember: options.remember,
      encrypted,
      brake: options.brake === 'any' ? BrakeLever.atStart() : undefined,
      quota: options.brake === 'none' ? undefined : quota,
      bandwidthBytesPerSecond: options.bandwidthBytesPerSecond,
      connections: options.streams?.connections,
      reconnectForMs: this.reconnectForMs,
      status: undefined,
    });
    const notBegun = async (error: unknown): Promise<unknown> => {
      const restored = await backOut(changed, ends, error);
      await migration.detach();
      return restored;
    };
    try {
      // Somebody, or a fault of its disk's, may have stopped the guest since it was looked at.
      await migration.lookAgain();
      // The last thing before: all that was asked may have taken long, and the mark is of the moment.
      await options.begins?.(migrationMark(0, this.clock));
    } catch (error) {
      throw await notBegun(error);
    }
    try {
      await source.execute('migrate', { uri: target.migrateUri ?? '' });
    } catch (error) {
      if (isRefusal(error))
        throw await notBegun(
          refused(migrateRefusalCode(error.desc), `${vm} refused to migrate to ${target.migrateUri}`, error),
        );
      // No answer is no refusal: it may well have begun. What QEMU says of it from now on tells.
    }
    migration.begin();
    if (options.probeMs !== undefined) void migration.probe(options.probeMs);
    return migration;
  }

  async attach(vm: string, options: AttachOptions): Promise<QemuMigration> {
    const source = await this.openLasting(vm);
    let destination: LastingMonitor | undefined;
    try {
      const client = connectedClient(source);
      const guest = await guestFacts(vm, client, this.clock);
      if (options.meant) assertSameVm(options.meant, vm, guest);
      const info = await client.execute('query-migrate');
      assertUnderWay(vm, info, guest.state);
      const capabilities = await client.execute('query-migrate-capabilities');
      const parameters = await client.execute('query-migrate-parameters');
      const isOn = (name: string) =>
        capabilities.some(({ capability, state }) => capability === name && state);
      const quota = await this.quotas.leverOf(socketPath(vm), client, guest.accelerator);
      if (options.brake === 'any' && !quota && !isOn('auto-converge'))
        throw new RefusedError(
          'lacks-feature',
          `the migration of ${vm} cannot be braked: it began with the capability auto-converge off, and QEMU does not switch it on on the way; choose another --over-budget`,
        );
      if (options.destination !== undefined) {
        destination = await this.openLasting(options.destination);
        await assertReceives(guest, options.destination, destination);
      }
      const changed = await this.inheritSettings(source, destination, options, areOfABrake(parameters));
      const cap = Number(parameters['max-bandwidth'] ?? 0);
      const migration = new QemuMigration({
        clock: this.clock,
        zeroMs: this.clock.now() - (info['total-time'] ?? 0),
        source,
        destination,
        guest,
        // A guest that somebody paused stays paused; one that is stopped for the switchover ran before.
        wasRunning: guest.state !== 'paused',
        begunByUs: options.inherited?.began === true,
        destinationWaits: options.inherited?.destinationWaits === true && (await waits(destination)),
        mayBeFenced: options.inherited?.mayHaveFenced === true,
        hasEvents: isOn('events'),
        watchedFromStart: false,
        changed,
        remember: options.remember,
        encrypted: options.inherited?.began ? options.inherited.encrypted : Boolean(parameters['tls-creds']),
        brake: options.brake === 'any' && isOn('auto-converge') ? BrakeLever.underWay() : undefined,
        quota: options.brake === 'none' ? undefined : quota,
        bandwidthBytesPerSecond: cap > 0 && cap < NO_CAP_BYTES_PER_SECOND ? cap : undefined,
        connections: isOn('multifd') ? Number(parameters['multifd-channels'] ?? 2) : undefined,
        reconnectForMs: this.reconnectForMs,
        status: info.status,
      });
      void migration.lookAgain();
      return migration;
    } catch (error) {
      await Promise.all([source.close(), destination?.close()]);
      throw unanswered(vm, error);
    }
  }

  async locate(
    vm: string,
    destination: string | undefined,
    meant?: VmIdentity,
    mayArrive = false,
  ): Promise<Whereabouts> {
    return await lookUntil(this.clock, {
      look: async () => {
        const [source, other] = await Promise.all([
          sideStateAt(vm, this.qmp, meant),
          sideStateAt(destination, this.qmp, meant),
        ]);
        return { source, destination: other };
      },
      patienceMs: (seen) => {
        if (mayArrive && seen.destination === 'incoming') return ARRIVAL_MS;
        return seen.source === 'switching-over' ? RETURN_MS : 0;
      },
      againAfterMs: () => AGAIN_AFTER_MS,
    });
  }

  async settleAt(vm: string, { meant, run, former }: SettleTodo): Promise<Settled> {
    const monitor = await this.openLasting(vm);
    try {
      assertSameVm(meant, vm, await guestFacts(vm, connectedClient(monitor)));
      await this.quotas.releaseLeft(socketPath(vm), connectedClient(monitor));
      if (run) await monitor.execute('cont');
      const effect = run ? { did: `cont on ${vm}` } : undefined;
      if (!former) return { effect, restored: undefined };
      const changed = new ChangedSettings(monitor, former.side);
      changed.inherit([former]);
      return { effect, restored: await changed.putBack() };
    } finally {
      await monitor.close();
    }
  }

  async keepFromStarting(vm: string, meant: VmIdentity): Promise<Effect> {
    const monitor = await this.openLasting(vm);
    try {
      assertSameVm(meant, vm, await guestFacts(vm, connectedClient(monitor)));
      // Whether the source could run the guest is for others to see: what ran here is not let run again.
      const how = await fence(monitor, async () => false);
      return { did: how === 'fenced' ? `stop on ${vm}` : 'nothing: its process has ended' };
    } finally {
      await monitor.close();
    }
  }

  /** What a controller before us found is what is put back; what nobody wrote down is as we find it. */
  private async inheritSettings(
    source: LastingMonitor,
    destination: LastingMonitor | undefined,
    { inherited, brake, remember }: AttachOptions,
    braked: boolean,
  ): Promise<QemuMigrationParts['changed']> {
    const ofSource = new ChangedSettings(source, 'source');
    const former: FormerSettings[] = [...(inherited?.former ?? [])];
    ofSource.inherit(former);
    // What a brake set before us was before is gone with its controller: QEMU's own defaults are the best guess.
    if (braked && former.length === 0)
      ofSource.inherit([
        {
          side: 'source',
          parameters: { ...QEMU_THROTTLE_DEFAULTS },
          capabilities: { 'auto-converge': false },
        },
      ]);
    const { availSwitchoverBandwidth } = featuresOf(connectedClient(source).version);
    const names = [
      'downtime-limit',
      ...(availSwitchoverBandwidth ? ['avail-switchover-bandwidth'] : []),
      ...(brake === 'any' ? THROTTLE_PARAMETERS : []),
    ];
    await ofSource.remember(names, [], remember);
    if (!destination) return [ofSource];
    const ofDestination = new ChangedSettings(destination, 'destination');
    ofDestination.inherit(former);
    return [ofSource, ofDestination];
  }

  private async openLasting(address: string): Promise<LastingMonitor> {
    const client = await openMonitor(address, this.qmp);
    const { UUID, name } = await identityOf(client).catch(async (error: unknown) => {
      await client.close();
      throw unanswered(address, error);
    });
    return new LastingMonitor(client, {
      address,
      process: this.processOf(socketPath(address)),
      clock: this.clock,
      connect: async () => await openMonitor(address, this.qmp),
      isSame: async (again) =>
        (await again.execute('query-uuid')).UUID === UUID &&
        (await again.execute('query-name')).name === name,
    });
  }

  /** Opens both monitors, or tells about every one that cannot be opened. */
  private async openBoth(vm: string, destinationVm: string): Promise<BothEnds> {
    const opened = await Promise.allSettled([this.openLasting(vm), this.openLasting(destinationVm)]);
    const [source, destination] = opened.map((each) =>
      each.status === 'fulfilled' ? each.value : undefined,
    );
    if (source && destination) return { source, destination };
    await Promise.all([source?.close(), destination?.close()]);
    const reasons = opened.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
    throw refusalOfAll(reasons);
  }
}

const QUOTAS_HERE: Quotas = {
  async leverOf(socket, client, accelerator) {
    const threads = await vcpuThreadsHere(socket, client);
    return threads && quotaFor(threads, accelerator);
  },
  async releaseLeft(socket, client) {
    const threads = await vcpuThreadsHere(socket, client);
    if (threads) releaseLeft(threads);
  },
};

/** @returns undefined where its process is not on this machine */
async function vcpuThreadsHere(socket: string, client: QmpClient): Promise<VcpuThreads | undefined> {
  const pid = listenerHere(socket);
  if (pid === undefined) return undefined;
  const cpus = await client.execute('query-cpus-fast');
  // An emulation with one thread tells it for each vCPU.
  return { pid, threadIds: [...new Set(cpus.map((cpu) => cpu['thread-id']))] };
}

/** @param meant another VM that answers at the address is refused, and nothing is tried on it; left out: whichever does */
async function look(
  vm: string,
  target: Destination,
  options: CheckOptions,
  ends: BothEnds,
  meant?: VmIdentity,
) {
  const endAt = async (address: string, monitor: LastingMonitor) =>
    await qemuEnd(address, connectedClient(monitor)).catch((error: unknown) => {
      throw unanswered(address, error);
    });
  const [here, there] = await Promise.all([endAt(vm, ends.source), endAt(target.vm, ends.destination)]);
  if (meant) assertSameVm(meant, vm, here.guest);
  const report = preflight(here, there, target, options);
  const { tls } = options;
  // One that cannot be used for other reasons is left alone.
  const tried = tls && report.findings.length === 0 ? await tryCredentials(ends, tls) : [];
  return {
    report: { ...report, findings: [...report.findings, ...tried] },
    tls: tlsOfBoth(here, there, tls),
  };
}

async function tryCredentials(ends: BothEnds, tls: StreamTls): Promise<RefusedError[]> {
  try {
    const trials = await Promise.allSettled([
      credentialFindings(ends.source, 'source', tls),
      credentialFindings(ends.destination, 'destination', tls),
    ]);
    // Each is carried to its end, whatever became of the other.
    return trials.flatMap((trial) => {
      if (trial.status === 'rejected') throw trial.reason;
      return trial.value;
    });
  } catch (error) {
    throw unanswered(ends.source.address, error);
  }
}

/** What each side is given; nothing where what is set there may stay. */
function tlsOfBoth(source: QemuEnd, destination: QemuEnd, tls: StreamTls | undefined): TlsOfBoth {
  if (!tls) {
    const cleared = ({ qemu }: QemuEnd) => (qemu.tlsLeft ? NO_TLS : undefined);
    return { source: cleared(source), destination: cleared(destination) };
  }
  const id = tlsIdOf(randomBytes(4).toString('hex'));
  return {
    source: tlsSettings(tls, 'source', id),
    destination: tlsSettings(tls, 'destination', id),
  };
}

/** It runs the guest whose memory still follows; a source in post-copy stands still. */
async function runsInPostCopy({ state }: GuestFacts, client: QmpClient): Promise<boolean> {
  return state === 'running' && isPostCopy((await client.execute('query-migrate')).status);
}

/** @throws {RefusedError} when the one that answers there is not the one that receives this guest */
async function assertReceives(guest: GuestFacts, address: string, monitor: LastingMonitor): Promise<void> {
  const other = await guestFacts(address, connectedClient(monitor));
  if (!isSameVm(guest, other))
    throw new RefusedError(
      'different-vm',
      `${address} is another VM (${other.name}, ${other.uuid ?? 'without a UUID'}) than ${guest.vm} (${guest.name}, ${guest.uuid ?? 'without a UUID'}): give the monitor of the QEMU that receives it, or leave --to out`,
    );
  const arrived = guest.uuid !== undefined && (other.state === 'running' || other.state === 'paused');
  if (other.state !== 'incoming' && !arrived && !(await runsInPostCopy(other, connectedClient(monitor))))
    throw new RefusedError(
      'destination-not-waiting',
      `${address} does not receive a migration (it is ${other.state}): give the monitor of the QEMU that receives ${guest.vm}, or leave --to out`,
    );
}

/**
 * Whether a destination that a controller before us told to wait does wait: it is told so again, which changes nothing
 * for one that does, or it holds the guest already and stands still.
 */
async function waits(destination: LastingMonitor | undefined): Promise<boolean> {
  if (!destination) return false;
  const status = async () => (await destination.execute('query-status')).status;
  try {
    if ((await status()) === 'inmigrate') await destination.execute('stop');
    return ['inmigrate', 'paused'].includes(await status());
  } catch {
    return false;
  }
}

async function identityOf(client: QmpClient): Promise<{ readonly UUID: string; readonly name?: string }> {
  return { ...(await client.execute('query-uuid')), ...(await client.execute('query-name')) };
}

/** Before anything was touched: a VM that does not answer, or not as it should, is one that cannot be reached. */
function unanswered(vm: string, error: unknown): unknown {
  if (!(error instanceof QmpError) && !(error instanceof UnreachableError)) return error;
  return new RefusedError('unreachable', `${vm}: ${error.message}`, { cause: error });
}
