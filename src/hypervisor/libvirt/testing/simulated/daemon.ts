/**
 * One life of a simulated libvirtd, from its start to its end: its connection to the domain's QEMU, what it makes of QEMU's
 * events, its locks, and what it does with a job that the life before it left (qemuProcessRecoverJob). Killed, nothing of it runs
 * any more; what it has written down stays with its host.
 */
import type { Side } from '../../../hypervisor.ts';
import { connectQmp, type QmpClient } from '../../../qemu/qmp/client.ts';
import { QmpCommandError } from '../../../qemu/qmp/errors.ts';
import type { SimulatedProcess } from '../../../simulated/protocol/simulated-process.ts';
import type { KillableController } from '../../../testing/killable-controller.ts';
import { type HostDomain, type JobPhase, LibvirtRefusal, LOCKED, NOT_RUNNING } from './host-domain.ts';
import type { PeerConnection } from './peer-connection.ts';

/** What it needs of its host. */
export interface Host {
  readonly side: Side;
  /** Undefined: it knows none of that name. */
  domain: HostDomain | undefined;
  readonly qemu: SimulatedProcess;
  readonly qemuSocket: string;
  tell(event: HostEvent): void;
  /** Before it goes on. */
  phase(phase: JobPhase): void;
}

export type HostEvent =
  | { readonly kind: 'lifecycle'; readonly change: string; readonly detail: string }
  | { readonly kind: 'iteration'; readonly iteration: number }
  | { readonly kind: 'job-completed'; readonly elapsedMs: number; readonly downtimeMs: number };

const LOCK_PATIENT_MS = 30_000;
/** The status of a domain is written to the disk. */
const WRITES_MS = 1;
const FINISHING_MS = 5;

export class Daemon {
  readonly host: Host;
  readonly process: KillableController;
  /** Its start is over: every domain is known again. */
  readonly ready: Promise<void>;
  /** As QEMU said last. */
  migrationStatus: string | undefined;
  stoppedMs: number | undefined;
  readonly connections = new Set<PeerConnection>();
  private client: QmpClient | undefined;
  private runningReason = 'unpaused';
  private shutDown = false;
  private locked = false;
  private readonly waitForLock: (() => void)[] = [];
  private readonly waitForChange = new Set<() => void>();

  constructor(host: Host, process: KillableController, startsAfterMs: number) {
    this.host = host;
    this.process = process;
    this.ready = this.start(startsAfterMs);
  }

  get clock() {
    return this.process.clock;
  }

  /** @throws {LibvirtRefusal} */
  get active(): HostDomain {
    const { domain } = this.host;
    if (!domain || domain.state === 'shut off') throw new LibvirtRefusal(NOT_RUNNING);
    return domain;
  }

  get hasMonitor(): boolean {
    return this.client !== undefined;
  }

  /** Connects to QEMU's monitor. @returns whether there is one */
  async connect(): Promise<boolean> {
    const { clock, open } = this.process;
    const forEver = {
      greetingTimeoutMs: Number.POSITIVE_INFINITY,
      commandTimeoutMs: Number.POSITIVE_INFINITY,
    };
    try {
      const client = await connectQmp(this.host.qemuSocket, { clock, open, ...forEver });
      this.client = client;
      client.onEvent('STOP', () => this.stopped());
      client.onEvent('RESUME', () => this.resumed());
      client.onEvent('SHUTDOWN', () => {
        this.shutDown = true;
        this.tell('Shutdown', 'Finished');
      });
      client.onEvent('MIGRATION', ({ data }) => {
        this.migrationStatus = String(data?.['status']);
        this.changed();
      });
      client.onEvent('MIGRATION_PASS', ({ data }) =>
        this.host.tell({ kind: 'iteration', iteration: Number(data?.['pass']) }),
      );
      void client.closed.then(() => this.monitorClosed(client));
      // QEMU that migrates already has been told so by the life before.
      const events = { capabilities: [{ capability: 'events', state: true }] } as const;
      await client.execute('migrate-set-capabilities', events).catch((error: unknown) => {
        if (!(error instanceof QmpCommandError)) throw error;
      });
      return true;
    } catch {
      this.client = undefined;
      return false;
    }
  }

  /** To QEMU, once nobody else of this libvirtd waits for an answer of it. @throws {LibvirtRefusal} */
  async monitor(command: string, args: object = {}): Promise<Record<string, unknown>> {
    await this.lock();
    try {
      const { client } = this;
      if (!client) throw new LibvirtRefusal(NOT_RUNNING);
      return (await client.execute(command as never, args as never)) as Record<string, unknown>;
    } catch (error) {
      if (error instanceof LibvirtRefusal) throw error;
      if (error instanceof QmpCommandError)
        throw new LibvirtRefusal(
          `internal error: unable to execute QEMU command '${command}': ${error.desc}`,
        );
      throw new LibvirtRefusal('internal error: End of file from qemu monitor');
    } finally {
      this.unlock();
    }
  }

  /** What changes a domain waits for its job to end. @throws {LibvirtRefusal} */
  async untilNoJob(): Promise<void> {
    const untilMs = this.clock.now() + LOCK_PATIENT_MS;
    while (this.host.domain?.job) {
      if (this.clock.now() >= untilMs) throw new LibvirtRefusal(LOCKED);
      await this.clock.sleep(100);
    }
  }

  async enter(phase: JobPhase): Promise<void> {
    const job = this.host.domain?.job;
    if (job) job.phase = phase;
    this.host.phase(phase);
    await this.clock.sleep(WRITES_MS);
  }

  /** qemuProcessStartCPUs. @throws {LibvirtRefusal} */
  async startCpus(reason: string): Promise<void> {
    this.runningReason = reason;
    await this.monitor('cont');
    // Where QEMU had let it run by itself no event comes.
    this.resumed();
  }

  /** Where a job ended and the guest stays: as it was before. */
  async restoreSource(): Promise<void> {
    const { domain } = this.host;
    if (!domain?.job || !this.client) return;
    const { wasRunning, formerLimitMs } = domain.job;
    // QEMU's own thread ends.
    await this.clock.sleep(FINISHING_MS);
    if (domain.state === 'paused' && wasRunning)
      await this.startCpus('migration canceled').catch(() => {
        domain.reason = 'unknown';
      });
    await this.resetParameters(formerLimitMs);
  }

  /** qemuMigrationParamsReset */
  async resetParameters(limitMs: number | undefined): Promise<void> {
    const off = ['pause-before-switchover', 'auto-converge'].map((capability) => ({
      capability,
      state: false,
    }));
    await this.monitor('migrate-set-capabilities', { capabilities: off }).catch(() => {});
    if (limitMs !== undefined)
      await this.monitor('migrate-set-parameters', { 'downtime-limit': limitMs }).catch(() => {});
  }

  /** Its QEMU is ended by libvirt itself. */
  destroy(reason: string, detail: string): void {
    const { client } = this;
    this.client = undefined;
    void client?.close();
    this.host.qemu.die();
    this.gone(reason, detail);
  }

  /** Something may have come of what a migration waits for. */
  changed(): void {
    for (const wake of [...this.waitForChange]) wake();
  }

  async nextChange(): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        this.waitForChange.delete(wake);
        resolve();
      };
      this.waitForChange.add(wake);
    });
  }

  tell(change: string, detail: string): void {
    this.host.tell({ kind: 'lifecycle', change, detail });
  }

  private async start(afterMs: number): Promise<void> {
    await this.clock.sleep(afterMs);
    const { domain } = this.host;
    if (!domain || domain.state === 'shut off') return;
    if (!(await this.connect())) return this.gone('crashed', 'Failed');
    // Where it ends meanwhile its monitor tells that.
    const answer = await this.monitor('query-status').catch(() => undefined);
    if (!answer) return;
    const { status } = answer as { status?: string };
    if (status === 'running') domain.state = 'running';
    else if (domain.state === 'running') {
      domain.state = 'paused';
      domain.reason = ['finish-migrate', 'postmigrate', 'inmigrate'].includes(status ?? '')
        ? 'migrating'
        : 'unknown';
    }
    await this.recover(domain);
  }

  private async recover(domain: HostDomain): Promise<void> {
    const { job } = domain;
    if (!job) return;
    switch (job.phase) {
      case 'prepare':
        return this.destroy('failed', 'Failed');
      case 'finish3':
        // One whose CPUs were started already stays.
        if (domain.state !== 'running') return this.destroy('failed', 'Failed');
        break;
      case 'confirm3':
        return this.destroy('migrated', 'Migrated');
      case 'perform3':
        // A QEMU that ends meanwhile is told of by its monitor.
        await this.monitor('migrate_cancel').catch(() => {});
        await this.recoverSource(domain);
        break;
      case 'confirm3_cancelled':
        await this.recoverSource(domain);
        break;
      case 'perform3_done':
        // Whether the destination runs it nobody knows: a third has to look.
        await this.resetParameters(job.formerLimitMs);
        break;
      case 'begin3':
    }
    domain.job = undefined;
  }

  private async recoverSource(domain: HostDomain): Promise<void> {
    await this.clock.sleep(FINISHING_MS);
    if (domain.state === 'paused' && ['migrating', 'unknown'].includes(domain.reason))
      await this.startCpus('migration canceled').catch(() => {});
    await this.resetParameters(domain.job?.formerLimitMs);
  }

  private stopped(): void {
    const { domain, qemu } = this.host;
    if (domain?.state !== 'running') return;
    this.stoppedMs = this.clock.now();
    domain.state = 'paused';
    const outgoing = domain.job?.way === 'out';
    const [reason, detail] =
      qemu.runState === 'io-error'
        ? ['I/O error', 'I/O Error']
        : outgoing
          ? ['migrating', 'Migrated']
          : ['user', 'Paused'];
    domain.reason = reason;
    this.tell('Suspended', detail);
    this.changed();
  }

  private resumed(): void {
    const { domain } = this.host;
    if (domain?.state !== 'paused') return;
    domain.state = 'running';
    domain.reason = this.runningReason;
    this.tell('Resumed', this.runningReason.startsWith('migrat') ? 'Migrated' : 'Unpaused');
    this.runningReason = 'unpaused';
  }

  private monitorClosed(client: QmpClient): void {
    if (this.client !== client) return;
    this.client = undefined;
    if (this.shutDown) this.gone('shutdown', 'Shutdown');
    else this.gone('crashed', 'Failed');
  }

  private gone(reason: string, detail: string): void {
    const { domain } = this.host;
    if (!domain) return;
    domain.state = 'shut off';
    domain.reason = reason;
    domain.job = undefined;
    this.tell('Stopped', detail);
    if (!domain.persistent) this.host.domain = undefined;
    this.changed();
  }

  private async lock(): Promise<void> {
    if (!this.locked) {
      this.locked = true;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.waitForLock.push(resolve);
    const stop = this.clock.after(LOCK_PATIENT_MS, () => {
      const at = this.waitForLock.indexOf(resolve);
      if (at < 0) return;
      this.waitForLock.splice(at, 1);
      reject(new LibvirtRefusal(LOCKED));
    });
    await promise;
    stop();
  }

  private unlock(): void {
    const next = this.waitForLock.shift();
    if (next) next();
    else this.locked = false;
  }
}
