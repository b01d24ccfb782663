/**
 * One simulated QEMU: its run state, its main loop, and what its monitor answers. It keeps to what QEMU does, not to
 * what a controller expects: a `cont` runs the guest whatever the other side does, a destination starts by itself unless
 * it was told to wait, and a source whose stream breaks resumes.
 *
 * What it migrates out is the {@link OutgoingMigration}'s, what it receives the {@link IncomingMigration}'s.
 */
import type { Clock } from '../../clock.ts';
import type { Side } from '../../hypervisor.ts';
import type { ProvableProcess } from '../../qemu/listening-process.ts';
import type { QemuRunState } from '../../qemu/qmp/commands.ts';
import type { QmpSocket } from '../../qemu/qmp/qmp-socket.ts';
import type { QemuVersion } from '../../qemu-rules/version.ts';
import type { Scenario } from '../scenario.ts';
import { DirtyRateMeter } from './dirty-rate-meter.ts';
import type { Answer, Occurrence } from './faults.ts';
import { IncomingMigration } from './incoming-migration.ts';
import { MainLoop } from './main-loop.ts';
import { MigrationSettings } from './migration-settings.ts';
import { MonitorServer, SimulatedRefusal } from './monitor-server.ts';
import { OutgoingMigration } from './outgoing-migration.ts';
import type { StartCause, Truth } from './truth.ts';
import { type CertificateFolder, UserObjects } from './user-objects.ts';

export interface ProcessParts {
  readonly side: Side;
  readonly pid: number;
  readonly clock: Clock;
  readonly truth: Truth;
  readonly version: QemuVersion;
  readonly name: string;
  readonly uuid: string;
  readonly scenario: Scenario;
  readonly machine: string;
  /** It waits for an incoming migration. */
  readonly incoming: boolean;
  /** Started with -S: an arrived guest waits for `cont`. */
  readonly autostart: boolean;
  /** What lies on its host, by the path. */
  readonly certificates: Readonly<Record<string, CertificateFolder>>;
  /** How far away its monitor is, one way. */
  readonly wayMs: number | undefined;
  meet(occurrence: Occurrence): Answer | undefined;
  /** Who listens where this one migrates to; undefined: nobody. */
  receiver(uri: string): SimulatedProcess | undefined;
  /** Hears each command just before it is carried out, or refused. */
  heard(command: string, args: Readonly<Record<string, unknown>>): void;
}

type Args = Readonly<Record<string, unknown>>;

/** From SHUTDOWN to the end of the process. */
const SHUT_DOWN_MS = 10;
/** qmp_cont: runstate_needs_reset. */
const NEEDS_RESET: readonly QemuRunState[] = ['shutdown', 'internal-error', 'guest-panicked'];

export class SimulatedProcess {
  readonly parts: ProcessParts;
  readonly settings: MigrationSettings;
  readonly mainLoop: MainLoop;
  readonly objects: UserObjects;
  readonly incoming: IncomingMigration;
  alive = true;
  runState: QemuRunState;
  /** An arrived guest is started: cleared by `stop`, set by `cont`, while it is still awaited. */
  autostart: boolean;
  outgoing: OutgoingMigration | undefined;
  /** What a quota on its vCPU threads withholds of the guest, now. */
  quotaPercent = 0;
  private readonly server: MonitorServer;
  private readonly dirtyRate: DirtyRateMeter;

  constructor(parts: ProcessParts) {
    this.parts = parts;
    this.settings = new MigrationSettings(parts.version);
    this.objects = new UserObjects(parts.certificates);
    this.autostart = parts.autostart;
    this.runState = parts.incoming ? 'inmigrate' : parts.scenario.running ? 'running' : 'paused';
    if (this.runState === 'running') parts.truth.started(parts.side, 'at first', parts.clock.now());
    this.server = new MonitorServer({
      side: parts.side,
      clock: parts.clock,
      version: parts.version,
      wayMs: parts.wayMs,
      execute: (command, args) => this.execute(command, args),
      heard: (command, args) => parts.heard(command, args),
      mainLoopIsFree: () => this.mainLoop.isFree,
      meet: (occurrence) => parts.meet(occurrence),
    });
    this.mainLoop = new MainLoop(() => this.server.wake());
    this.incoming = new IncomingMigration(this);
    this.dirtyRate = new DirtyRateMeter(parts.clock, parts.scenario.memory);
  }

  /** @throws {QmpConnectError} where nobody listens */
  connect(path: string): QmpSocket {
    return this.server.open(path);
  }

  /** What the kernel of its machine would say of it. */
  get identity(): ProvableProcess {
    return { isRunning: () => this.alive, words: `its process ${this.parts.pid}` };
  }

  get isRunning(): boolean {
    return this.alive && this.runState === 'running';
  }

  setQuota(percent: number): void {
    this.quotaPercent = percent;
    this.outgoing?.settingsChanged();
  }

  emit(event: string, data?: Args): void {
    if (this.alive) this.server.emit(event, data);
  }

  /** vm_start */
  startGuest(cause: StartCause): void {
    if (!this.alive || this.runState === 'running') return;
    this.emit('RESUME');
    if (!this.alive) return;
    this.runState = 'running';
    this.parts.truth.started(this.parts.side, cause, this.parts.clock.now());
    this.outgoing?.guestRuns(true);
  }

  /** vm_stop_force_state: the state changes even where the guest stands still already. */
  stopGuest(into: QemuRunState): void {
    if (this.runState === 'running') {
      this.parts.truth.stopped(this.parts.side, this.parts.clock.now());
      this.runState = into;
      this.outgoing?.guestRuns(false);
      this.emit('STOP');
    } else this.runState = into;
  }

  /** The process ends without a word. */
  die(): void {
    if (!this.alive) return;
    this.alive = false;
    if (this.runState === 'running') this.parts.truth.stopped(this.parts.side, this.parts.clock.now());
    this.server.close();
    this.outgoing?.processDied();
    this.incoming.processDied();
  }

  /** The guest shuts itself down, or QEMU is told to end. */
  shutDown(byGuest: boolean): void {
    this.emit('SHUTDOWN', { guest: byGuest, reason: byGuest ? 'guest-shutdown' : 'host-qmp-quit' });
    if (this.runState === 'running') this.stopGuest('shutdown');
    this.parts.clock.after(SHUT_DOWN_MS, () => this.die());
  }

  loseConnection(forMs: number): void {
    this.server.lose(forMs);
  }

  silenceConnection(forMs: number): void {
    this.server.silence(forMs);
  }

  repairConnection(): void {
    this.server.repair();
  }

  setClock(byMs: number): void {
    this.server.setClock(byMs);
  }

  hang(forMs: number): void {
    this.mainLoop.hold('hang');
    this.parts.clock.after(forMs, () => this.mainLoop.release('hang'));
  }

  /** @throws {SimulatedRefusal} */
  private execute(command: string, args: Args): unknown {
    const { parts, settings } = this;
    switch (command) {
      case 'query-name':
        return { name: parts.name };
      case 'query-uuid':
        return { UUID: parts.uuid };
      case 'query-kvm':
        return { enabled: true, present: true };
      case 'query-memory-size-summary':
        return { 'base-memory': parts.scenario.memoryBytes, 'plugged-memory': 0 };
      case 'query-cpus-fast':
        return [{ 'cpu-index': 0, 'thread-id': parts.pid + 1 }];
      case 'qom-get':
        if (args['path'] === '/machine' && args['property'] === 'smp') return { cpus: 1, maxcpus: 1 };
        return args['path'] === '/machine'
          ? `${parts.machine}-machine`
          : this.objects.property(String(args['path']), String(args['property']));
      case 'object-add':
        return this.objects.add(args);
      case 'object-del':
        return this.objects.delete(String(args['id']));
      case 'query-status':
        return { status: this.runState, running: this.runState === 'running' };
      case 'query-migrate':
        return this.outgoing?.info() ?? this.incoming.info();
      case 'query-migrate-parameters':
        return settings.shownParameters;
      case 'query-migrate-capabilities':
        return settings.shownCapabilities;
      case 'migrate-set-parameters':
        settings.setParameters(args);
        this.outgoing?.settingsChanged();
        return {};
      case 'migrate-set-capabilities':
        if (this.outgoing?.isUnderWay) throw new SimulatedRefusal("There's a migration process in progress");
        return settings.setCapabilities(args['capabilities'] as never, this.incoming.hasStarted);
      case 'calc-dirty-rate':
        return this.dirtyRate.begin(args, this.isRunning);
      case 'query-dirty-rate':
        return this.dirtyRate.shown();
      case 'stop':
        return this.stop();
      case 'cont':
        return this.cont();
      case 'quit':
        return this.shutDown(false);
      default:
        return this.executeMigration(command, args);
    }
  }

  private executeMigration(command: string, args: Args): unknown {
    switch (command) {
      case 'migrate':
        if (args['resume'] === true) return this.resumeMigration(String(args['uri']));
        return this.migrate(String(args['uri']));
      case 'migrate-continue':
        if (!this.outgoing) throw new SimulatedRefusal('Migration not in expected state');
        return this.outgoing.continue();
      case 'migrate-pause':
        return this.outgoing ? this.outgoing.pause() : this.incoming.pause();
      case 'migrate-recover':
        return this.incoming.recover(String(args['uri']));
      case 'migrate-incoming':
        return this.incoming.listen(String(args['uri']));
      case 'migrate_cancel':
        return this.outgoing?.cancel();
      case 'migrate-start-postcopy':
        return this.startPostCopy();
      case 'yank':
        return this.outgoing?.yank();
      default:
        throw new SimulatedRefusal(`The command ${command} has not been found`, 'CommandNotFound');
    }
  }

  /** qmp_stop */
  private stop(): void {
    if (this.runState === 'inmigrate') this.autostart = false;
    else if (this.runState === 'running') this.stopGuest('paused');
  }

  /** qmp_cont: it takes the disks over before it looks at the run state. */
  private cont(): void {
    if (NEEDS_RESET.includes(this.runState))
      throw new SimulatedRefusal('Resetting the Virtual Machine is required');
    if (this.runState === 'finish-migrate') throw new SimulatedRefusal('Migration is not finalized yet');
    if (this.runState !== 'inmigrate') return this.startGuest('cont');
    this.parts.truth.misdeeds.push('cont on a side that still receives: it took the disks over too early');
    this.autostart = true;
  }

  private migrate(uri: string): void {
    if (this.outgoing?.isUnderWay) throw new SimulatedRefusal("There's a migration process in progress");
    if (this.runState === 'inmigrate')
      throw new SimulatedRefusal('Guest is waiting for an incoming migration');
    if (this.runState === 'postmigrate')
      throw new SimulatedRefusal("Can't migrate the vm that was paused due to previous migration");
    this.outgoing = new OutgoingMigration(this, this.parts.receiver(uri), hostOf(uri));
  }

  private resumeMigration(uri: string): void {
    if (!this.outgoing) throw new SimulatedRefusal('Cannot resume if there is no paused migration');
    this.outgoing.resume(this.parts.receiver(uri));
  }

  private startPostCopy(): void {
    if (!this.settings.isOn('postcopy-ram'))
      throw new SimulatedRefusal('Enable postcopy with migrate_set_capability before the start of migration');
    if (!this.outgoing?.isUnderWay)
      throw new SimulatedRefusal('Post-copy must be started after migration has been started');
    this.outgoing.startPostCopy();
  }
}

function hostOf(uri: string): string {
  return uri.split(':')[1] ?? '';
}
