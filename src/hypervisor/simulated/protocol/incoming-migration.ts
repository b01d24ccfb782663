/**
 * A simulated QEMU as the destination of a migration.
 *
 *     deferred ──▶ listening ──▶ receiving ──▶ loading ──▶ arrived
 *                                    ├──▶ post-copy ─────────^
 *                                    │       └──▶ post-copy-paused ──▶ post-copy
 *                                    └──▶ (a stream that breaks ends the process)
 */

import type { MigrationStream, StreamDestination } from './migration-stream.ts';
import { SimulatedRefusal } from './monitor-server.ts';
import type { SimulatedProcess } from './simulated-process.ts';

type Phase =
  | 'deferred'
  | 'listening'
  | 'receiving'
  | 'loading'
  | 'post-copy'
  | 'post-copy-paused'
  | 'arrived';

const SHOWN: Readonly<Record<Phase, string | undefined>> = {
  deferred: undefined,
  listening: 'setup',
  receiving: 'active',
  loading: 'active',
  'post-copy': 'postcopy-active',
  'post-copy-paused': 'postcopy-paused',
  arrived: 'completed',
};

export class IncomingMigration implements StreamDestination {
  private readonly process: SimulatedProcess;
  private phase: Phase = 'deferred';
  private uri: string | undefined;
  private stream: MigrationStream | undefined;
  private cameByPostCopy = false;
  /** It was told where to listen for the rest. */
  private recovers = false;

  constructor(process: SimulatedProcess) {
    this.process = process;
  }

  /** @throws {SimulatedRefusal} */
  listen(uri: string): void {
    if (this.process.runState !== 'inmigrate')
      throw new SimulatedRefusal("'-incoming' was not specified on the command line");
    if (this.phase !== 'deferred')
      throw new SimulatedRefusal('The incoming migration has already been started');
    this.become('listening');
    this.uri = uri;
  }

  /** migrate_incoming_started: its port is open, or was. */
  get hasStarted(): boolean {
    return this.phase !== 'deferred';
  }

  listensOn(uri: string): boolean {
    const listens = this.phase === 'listening' || (this.phase === 'post-copy-paused' && this.recovers);
    return this.process.alive && listens && this.uri === uri;
  }

  accept(stream: MigrationStream): void {
    this.stream = stream;
    this.become('receiving');
  }

  info(): object {
    const status = SHOWN[this.phase];
    const address = this.uri === undefined ? {} : { 'socket-address': [{ type: 'inet', str: this.uri }] };
    // Page faults are not modelled: nobody waits.
    const counts = this.phase === 'arrived' && this.process.settings.isOn('postcopy-blocktime');
    const waits =
      counts && this.cameByPostCopy ? { 'postcopy-blocktime': 0, 'postcopy-vcpu-blocktime': [0] } : {};
    return status === undefined ? {} : { status, ...address, ...waits };
  }

  received(running: boolean): void {
    const { parts } = this.process;
    if (!this.process.alive) return;
    parts.meet({ kind: 'stream', moment: 'last-byte' });
    if (this.phase === 'post-copy') return this.tellArrived();
    this.phase = 'loading';
    parts.clock.after(parts.scenario.switchoverFixedCostMs, () => this.loaded(running));
  }

  switchToPostCopy(): void {
    const { parts } = this.process;
    if (!this.process.alive) return;
    parts.clock.after(parts.scenario.postCopyPauseMs, () => {
      if (!this.process.alive) return;
      this.cameByPostCopy = true;
      this.become('post-copy');
      // loadvm_postcopy_handle_run_bh looks at nothing but this.
      this.run(this.process.autostart);
      this.stream?.toSource('switched');
    });
  }

  broke(): void {
    // What came over the wire whole is loaded whole.
    if (this.phase === 'receiving') this.process.die();
    if (this.phase === 'post-copy') this.become('post-copy-paused');
  }

  /** migrate-pause @throws {SimulatedRefusal} */
  pause(): void {
    if (this.phase !== 'post-copy')
      throw new SimulatedRefusal(
        'migrate-pause is currently only supported during postcopy-active or postcopy-recover state',
      );
    this.stream?.closedByDestination();
    this.become('post-copy-paused');
  }

  /** migrate-recover @throws {SimulatedRefusal} */
  recover(uri: string): void {
    if (this.phase !== 'post-copy-paused')
      throw new SimulatedRefusal('Migrate recover can only be run when postcopy is paused.');
    if (this.recovers) throw new SimulatedRefusal('Migrate recovery is triggered already');
    this.uri = uri;
    this.recovers = true;
  }

  /** @returns whether somebody was waiting for it */
  acceptResumed(stream: MigrationStream): boolean {
    if (this.phase !== 'post-copy-paused' || !this.recovers) return false;
    this.recovers = false;
    this.stream = stream;
    this.become('post-copy');
    return true;
  }

  processDied(): void {
    this.stream?.closedByDestination();
  }

  private loaded(running: boolean): void {
    if (!this.process.alive) return;
    this.run(running && this.process.autostart);
    this.tellArrived();
  }

  /** process_incoming_migration_bh: the guest first, and the return path's last word after it. */
  private tellArrived(): void {
    this.become('arrived');
    this.process.parts.meet({ kind: 'stream', moment: 'loaded' });
    this.stream?.toSource('arrived');
  }

  private run(starts: boolean): void {
    if (starts) this.process.startGuest('autostart');
    else if (this.process.runState === 'inmigrate') this.process.stopGuest('paused');
  }

  private become(phase: Phase): void {
    this.phase = phase;
    if (this.process.settings.isOn('events')) this.process.emit('MIGRATION', { status: SHOWN[phase] });
  }
}
