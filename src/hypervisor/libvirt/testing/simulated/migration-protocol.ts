/**
 * libvirt's migration, version 3, peer to peer (qemuMigrationSrcPerformPeer2Peer3): Begin on the source, Prepare on the
 * destination, Perform on the source, Finish on the destination, Confirm on the source. What fails on the way cancels
 * what was prepared, and whoever does not hear that the destination runs the guest runs it again on the source.
 */
import type { Daemon } from './daemon.ts';
import { type HostDomain, LibvirtRefusal, UNLIMITED_MEBIBYTES } from './host-domain.ts';
import type { PeerConnection } from './peer-connection.ts';

export const MIGRATE_URI = 'tcp:10.77.0.2:4444';

/** QEMU is started, and asked what it can do. */
const BOOTS_MS = 120;
const CANCELLED = 'operation aborted: migration out job: canceled by client';
const LOST_PEER = 'operation failed: Lost connection to destination host';

export interface MigrateRequest {
  readonly bandwidthMebibytes: number | undefined;
  readonly throttleInitial: number | undefined;
}

interface Prepared {
  readonly domain: Pick<HostDomain, 'name' | 'uuid' | 'mark'>;
  /** The guest stood still as it began, and is not run on the other side. */
  readonly paused: boolean;
}

/** @param connect to the other libvirtd @throws {LibvirtRefusal} why the guest stays */
export async function migrateOut(
  daemon: Daemon,
  request: MigrateRequest,
  connect: () => Promise<PeerConnection>,
): Promise<void> {
  const domain = daemon.active;
  await daemon.untilNoJob();
  const wasRunning = daemon.active.state === 'running';
  domain.job = { way: 'out', phase: 'begin3', beganMs: daemon.clock.now(), wasRunning, abortAsked: false };
  await daemon.enter('begin3');
  let connection: PeerConnection;
  try {
    connection = await connect();
    const { name, uuid, mark } = domain;
    await connection.call('prepare', {
      domain: { name, uuid, mark },
      paused: !wasRunning,
    } satisfies Prepared);
  } catch (error) {
    domain.job = undefined;
    throw error;
  }
  let failure: Error | undefined;
  try {
    await daemon.enter('perform3');
    await perform(daemon, request, connection);
    await daemon.enter('perform3_done');
  } catch (error) {
    failure = error as Error;
  }
  const moved = await connection.call('finish', { cancelled: failure !== undefined }).then(
    (runs) => runs === true,
    (error: Error) => {
      failure ??= error;
      return false;
    },
  );
  connection.close('source');
  await confirm(daemon, domain, moved);
  if (!moved) throw failure ?? new LibvirtRefusal('internal error: guest unexpectedly quit');
}

/** @throws {LibvirtRefusal} where the copy did not come to its end */
async function perform(
  daemon: Daemon,
  { bandwidthMebibytes, throttleInitial }: MigrateRequest,
  connection: PeerConnection,
): Promise<void> {
  const { job } = daemon.active;
  const before = await daemon.monitor('query-migrate-parameters');
  if (job) job.formerLimitMs = Number(before['downtime-limit']);
  const braked = throttleInitial !== undefined;
  await daemon.monitor('migrate-set-capabilities', {
    capabilities: [
      { capability: 'pause-before-switchover', state: true },
      { capability: 'auto-converge', state: braked },
    ],
  });
  await daemon.monitor('migrate-set-parameters', {
    'max-bandwidth': (bandwidthMebibytes ?? daemon.active.speedMebibytes) * 2 ** 20,
    ...(braked ? { 'cpu-throttle-initial': throttleInitial, 'cpu-throttle-increment': throttleInitial } : {}),
  });
  if (job?.abortAsked) throw new LibvirtRefusal(CANCELLED);
  daemon.migrationStatus = undefined;
  await daemon.monitor('migrate', { uri: MIGRATE_URI });
  for (;;) {
    if (!daemon.hasMonitor) throw new LibvirtRefusal('operation failed: domain is not running');
    const status = daemon.migrationStatus;
    if (job?.abortAsked || !connection.isOpen('source')) {
      await daemon.monitor('migrate_cancel').catch(() => {});
      throw new LibvirtRefusal(job?.abortAsked ? CANCELLED : LOST_PEER);
    }
    if (status === 'completed') return;
    if (status === 'cancelled') throw new LibvirtRefusal(CANCELLED);
    if (status === 'failed')
      throw new LibvirtRefusal(`operation failed: job 'migration out' failed: ${await errorOf(daemon)}`);
    if (status === 'pre-switchover') {
      daemon.migrationStatus = undefined;
      await daemon.monitor('migrate-continue', { state: 'pre-switchover' }).catch(() => {});
      if (daemon.migrationStatus !== undefined) continue;
    }
    await daemon.nextChange();
  }
}

async function errorOf(daemon: Daemon): Promise<string> {
  const info = await daemon.monitor('query-migrate').catch((): Record<string, unknown> => ({}));
  return String(info['error-desc'] ?? 'migration unexpectedly failed');
}

async function confirm(daemon: Daemon, domain: HostDomain, moved: boolean): Promise<void> {
  const { job } = domain;
  await daemon.enter(moved ? 'confirm3' : 'confirm3_cancelled');
  if (!moved) {
    await daemon.restoreSource();
    domain.job = undefined;
    return;
  }
  if (!daemon.hasMonitor) return;
  const nowMs = daemon.clock.now();
  daemon.destroy('migrated', 'Migrated');
  const elapsedMs = nowMs - (job?.beganMs ?? nowMs);
  daemon.host.tell({ kind: 'job-completed', elapsedMs, downtimeMs: nowMs - (daemon.stoppedMs ?? nowMs) });
}

/** The destination's part of one migration. */
export class IncomingJob {
  private readonly daemon: Daemon;
  private readonly renewQemu: () => void;
  private paused = false;

  /** @param renewQemu starts one that waits for a guest */
  constructor(daemon: Daemon, renewQemu: () => void) {
    this.daemon = daemon;
    this.renewQemu = renewQemu;
  }

  /** A call of the source's libvirtd. @throws {LibvirtRefusal} */
  async serve(call: string, argument: unknown): Promise<unknown> {
    if (call === 'prepare') return await this.prepare(argument as Prepared);
    return await this.finish((argument as { cancelled: boolean }).cancelled);
  }

  /** Whoever controls it is there no more: what is prepared is destroyed. */
  connectionLost(): void {
    const job = this.daemon.host.domain?.job;
    if (job?.way === 'in' && job.phase === 'prepare') this.destroy('destroyed', 'Destroyed');
  }

  private async prepare({ domain, paused }: Prepared): Promise<void> {
    const { daemon } = this;
    const { host, clock } = daemon;
    if (host.domain && host.domain.state !== 'shut off')
      throw new LibvirtRefusal(`Requested operation is not valid: domain '${domain.name}' is already active`);
    this.paused = paused;
    const job = {
      ...({ way: 'in', phase: 'prepare', beganMs: clock.now() } as const),
      ...{ wasRunning: false, abortAsked: false },
    };
    const incoming: HostDomain = {
      ...{ ...domain, persistent: false, state: 'paused', reason: 'migrating', job },
      speedMebibytes: UNLIMITED_MEBIBYTES,
    };
    host.domain = incoming;
    await daemon.enter('prepare');
    await clock.sleep(BOOTS_MS);
    // Whoever wanted it may be gone by now, and it with him.
    if (host.domain !== incoming) throw new LibvirtRefusal('operation failed: domain is not running');
    this.renewQemu();
    if (!(await daemon.connect()))
      throw new LibvirtRefusal('internal error: qemu unexpectedly closed the monitor');
    // As with -S.
    await daemon.monitor('stop');
    await daemon.monitor('migrate-incoming', { uri: MIGRATE_URI });
  }

  /** @returns whether the guest is here to stay */
  private async finish(cancelled: boolean): Promise<boolean> {
    const { daemon } = this;
    const { domain } = daemon.host;
    if (domain?.job?.way !== 'in')
      throw new LibvirtRefusal('operation failed: migration successfully aborted');
    await daemon.enter('finish3');
    if (cancelled || !daemon.hasMonitor) return this.fails();
    while (daemon.migrationStatus !== 'completed') {
      if (!daemon.hasMonitor) return this.fails();
      await daemon.nextChange();
    }
    try {
      if (this.paused) {
        domain.reason = 'user';
        daemon.tell('Suspended', 'Paused');
      } else await daemon.startCpus('migrated');
    } catch {
      return this.fails();
    }
    domain.job = undefined;
    return true;
  }

  private fails(): false {
    this.destroy('failed', 'Failed');
    return false;
  }

  private destroy(reason: string, detail: string): void {
    if (this.daemon.host.domain) this.daemon.destroy(reason, detail);
  }
}
