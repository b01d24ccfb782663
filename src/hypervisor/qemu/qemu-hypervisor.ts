/** QEMU behind the hypervisor's port: VMs are addressed by their QMP sockets, `qmp:/run/vm1.sock`. */
import type {
  AttachOptions,
  CheckOptions,
  CheckReport,
  Destination,
  DirtyRateProbe,
  GuestFacts,
  Hypervisor,
  StartOptions,
  Whereabouts,
} from '../hypervisor.ts';
import { RefusedError } from '../hypervisor.ts';
import {
  areOfABrake,
  BRAKE_HELD_READY,
  BrakeLever,
  QEMU_THROTTLE_DEFAULTS,
  THROTTLE_PARAMETERS,
} from '../qemu-rules/brake-lever.ts';
import { featuresOf } from '../qemu-rules/features.ts';
import { qemuEnd } from './migration-facts.ts';
import { assertUnderWay, guestFacts, openMonitor, sideStateAt, socketPath } from './monitor.ts';
import { preflight } from './preflight.ts';
import { probeBySampling } from './probe.ts';
import { QemuMigration } from './qemu-migration.ts';
import type { ConnectOptions, QmpClient } from './qmp/client.ts';
import { QmpError } from './qmp/errors.ts';
import { residentBytesOf } from './resident-memory.ts';
import { Undo } from './undo.ts';

/** QEMU takes any number; this one is above every link. Its own default would cap the passes at 128 MiB/s. */
const NO_CAP_BYTES_PER_SECOND = 2 ** 40;

interface BothEnds extends AsyncDisposable {
  readonly source: QmpClient;
  readonly destination: QmpClient;
}

export class QemuHypervisor implements Hypervisor {
  private readonly qmp: ConnectOptions;

  /** @param qmp passed to every monitor connection, for example a hook that records the traffic */
  constructor(qmp: ConnectOptions = {}) {
    this.qmp = qmp;
  }

  async inspect(vm: string): Promise<GuestFacts> {
    await using client = await openMonitor(vm, this.qmp);
    return await guestFacts(vm, client);
  }

  readonly probesUnderWay = true;

  async probeDirtyRate(vm: string, durationMs: number): Promise<DirtyRateProbe> {
    await using client = await openMonitor(vm, this.qmp);
    try {
      return await probeBySampling(client, durationMs);
    } catch (error) {
      throw refused('lacks-feature', `${vm}: the dirty rate could not be measured`, error);
    }
  }

  async residentBytes({ vm, memoryBytes, accelerator }: GuestFacts): Promise<number | undefined> {
    return residentBytesOf(socketPath(vm), memoryBytes, accelerator);
  }

  async check(vm: string, destination: Destination, options: CheckOptions): Promise<CheckReport> {
    await using ends = await this.openBoth(vm, destination.vm);
    return await look(vm, destination, options, ends);
  }

  async start(vm: string, target: Destination, options: StartOptions): Promise<QemuMigration> {
    const ends = await this.openBoth(vm, target.vm);
    const { source, destination } = ends;
    const undo = new Undo(source);
    try {
      const { guest, findings } = await look(vm, target, options, ends);
      RefusedError.throwAny(findings);
      const { migrateUri } = target;
      if (migrateUri === undefined) throw new Error('the pre-flight let a missing migrate URI through');

      // `return-path`: the source counts a migration as completed only when the destination says that it loaded it all.
      const capabilities = {
        events: true,
        'return-path': true,
        // Switched off too: a guest that once arrived by post-copy still has it on, and both ends have to agree.
        'postcopy-ram': options.postCopy,
      };
      await setUpDestination(destination, target.vm, target.listenUri ?? migrateUri, capabilities);
      await setUpSource(source, undo, capabilities, options);

      const zeroMs = performance.now();
      const migration = new QemuMigration(
        {
          ...{ source, destination, guest, undo },
          destinationAddress: target.vm,
          wasRunning: guest.state === 'running',
          hasEvents: true,
          watchedFromStart: true,
          bandwidthBytesPerSecond: options.bandwidthBytesPerSecond,
          brake: options.brake ? BrakeLever.atStart() : undefined,
        },
        zeroMs,
      );
      try {
        await source.execute('migrate', { uri: migrateUri });
      } catch (error) {
        await undo.run();
        await migration.detach();
        throw refused('bad-migrate-uri', `${vm} refused to migrate to ${migrateUri}`, error);
      }
      if (options.probeMs !== undefined) void migration.probe(options.probeMs);
      return migration;
    } catch (error) {
      await undo.run();
      await ends[Symbol.asyncDispose]();
      throw error;
    }
  }

  async attach(vm: string, options: AttachOptions): Promise<QemuMigration> {
    const source = await openMonitor(vm, this.qmp);
    try {
      const guest = await guestFacts(vm, source);
      const info = await source.execute('query-migrate');
      assertUnderWay(vm, info, guest.state);
      const capabilities = await source.execute('query-migrate-capabilities');
      const parameters = await source.execute('query-migrate-parameters');
      const isOn = (name: string) =>
        capabilities.some(({ capability, state }) => capability === name && state);
      if (options.brake && !isOn('auto-converge'))
        throw new RefusedError(
          'lacks-feature',
          `the migration of ${vm} cannot be braked: it began with the capability auto-converge off, and QEMU does not switch it on on the way; choose another --over-budget`,
        );
      const undo = new Undo(source);
      await undo.remember(['downtime-limit', 'avail-switchover-bandwidth']);
      if (areOfABrake(parameters)) undo.assume({ ...QEMU_THROTTLE_DEFAULTS }, { 'auto-converge': false });
      else if (options.brake) await undo.remember(THROTTLE_PARAMETERS);
      const cap = Number(parameters['max-bandwidth'] ?? 0);
      // Last of all, so that nothing is left open where something is refused.
      const destination =
        options.destination === undefined ? undefined : await openMonitor(options.destination, this.qmp);
      return new QemuMigration(
        {
          ...{ source, destination, guest, undo },
          destinationAddress: options.destination,
          // A guest that somebody paused stays paused; one that is stopped for the switchover ran before.
          wasRunning: guest.state !== 'paused',
          hasEvents: isOn('events'),
          watchedFromStart: false,
          bandwidthBytesPerSecond: cap > 0 && cap < NO_CAP_BYTES_PER_SECOND ? cap : undefined,
          brake: options.brake ? BrakeLever.underWay() : undefined,
        },
        performance.now() - (info['total-time'] ?? 0),
      );
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  async locate(vm: string, destination: string | undefined): Promise<Whereabouts> {
    const [source, other] = await Promise.all([sideStateAt(vm), sideStateAt(destination)]);
    return { source, destination: other };
  }

  /** Opens both monitors, or tells about every one that cannot be opened. */
  private async openBoth(vm: string, destinationVm: string): Promise<BothEnds> {
    const opened = await Promise.allSettled([
      openMonitor(vm, this.qmp),
      openMonitor(destinationVm, this.qmp),
    ]);
    const [source, destination] = opened.map((each) =>
      each.status === 'fulfilled' ? each.value : undefined,
    );
    const close = async () => {
      await Promise.all([source?.close(), destination?.close()]);
    };
    if (source && destination) return { source, destination, [Symbol.asyncDispose]: close };
    await close();
    const reasons = opened.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
    throw RefusedError.ofFailures(reasons);
  }
}

async function look(vm: string, target: Destination, options: CheckOptions, ends: BothEnds) {
  const [here, there] = await Promise.all([qemuEnd(vm, ends.source), qemuEnd(target.vm, ends.destination)]);
  return preflight(here, there, target, options);
}

/** Readies a QEMU that waits: with `-incoming defer` it opens its port now, else it is open already. */
async function setUpDestination(
  destination: QmpClient,
  vm: string,
  uri: string,
  capabilities: Record<string, boolean>,
): Promise<void> {
  try {
    await new Undo(destination).setCapabilities(capabilities);
  } catch (error) {
    throw refused(
      'lacks-feature',
      `${vm} does not take the capabilities ${Object.keys(capabilities).join(', ')}`,
      error,
    );
  }
  const incoming = await destination.execute('query-migrate');
  if (incoming['socket-address'] !== undefined) return;
  try {
    await destination.execute('migrate-incoming', { uri });
  } catch (error) {
    if (/already been started/.test(String(error))) return;
    throw refused('bad-migrate-uri', `the destination cannot listen on ${uri}`, error);
  }
}

async function setUpSource(
  source: QmpClient,
  undo: Undo,
  capabilities: Record<string, boolean>,
  options: StartOptions,
): Promise<void> {
  try {
    await undo.setCapabilities({ ...capabilities, ...(options.brake ? { 'auto-converge': true } : {}) });
    const statesLineRate =
      featuresOf(source.version).availSwitchoverBandwidth && options.lineRateBytesPerSecond !== undefined;
    await undo.remember(['downtime-limit', 'max-bandwidth', 'avail-switchover-bandwidth']);
    if (options.brake) await undo.remember(THROTTLE_PARAMETERS);
    await source.execute('migrate-set-parameters', {
      'downtime-limit': Math.max(1, Math.round(options.downtimeLimitMs)),
      'max-bandwidth': Math.round(options.bandwidthBytesPerSecond ?? NO_CAP_BYTES_PER_SECOND),
      ...(statesLineRate
        ? { 'avail-switchover-bandwidth': Math.round(options.lineRateBytesPerSecond ?? 0) }
        : {}),
      ...(options.brake ? BRAKE_HELD_READY : {}),
    });
  } catch (error) {
    throw refused('lacks-feature', 'the source does not take the settings of the migration', error);
  }
}

function refused(code: RefusedError['code'], sentence: string, error: unknown): unknown {
  if (!(error instanceof QmpError)) return error;
  return new RefusedError(code, `${sentence}: ${error.message}`, { cause: error });
}
