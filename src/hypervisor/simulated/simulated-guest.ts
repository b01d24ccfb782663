import { createHash } from 'node:crypto';
import { compresses } from '../../model/streams.ts';
import type { GuestFacts, StartOptions, Whereabouts } from '../hypervisor.ts';
import { BRAKE_HELD_READY } from '../qemu-rules/brake-lever.ts';
import { featuresOf, type QemuFeatures } from '../qemu-rules/features.ts';
import { startParameters } from '../qemu-rules/start.ts';
import { type QemuVersion, versionText } from '../qemu-rules/version.ts';
import { simulatedAddress } from './address.ts';
import { autoConvergeOf } from './auto-converge.ts';
import type { Scenario } from './scenario.ts';
import { SimulatedQemu } from './simulated-qemu.ts';

/** One guest, with its two hosts, from one migration to the next. */
export class SimulatedGuest {
  readonly name: string;
  private readonly uuid: string;
  readonly scenario: Scenario;
  readonly features: QemuFeatures;
  private readonly version: QemuVersion;
  /** The migration under way, or else the last one. */
  qemu: SimulatedQemu | undefined;
  /** The virtual clock, while no migration moves it. */
  private clockMs: number;
  /** What a `cont` made of the guest since the last migration ended. */
  private resumedSide: 'source' | 'destination' | undefined;

  constructor(name: string, scenario: Scenario) {
    this.name = name;
    this.uuid = uuidOf(name);
    this.scenario = scenario;
    this.version = { ...scenario.qemuVersion, package: '' };
    this.features = featuresOf(this.version);
    this.clockMs = scenario.startMs;
  }

  get migrating(): boolean {
    return this.qemu !== undefined && this.qemu.end === undefined;
  }

  whereabouts(): Whereabouts {
    const { qemu } = this;
    if (!qemu) return { source: this.scenario.running ? 'running' : 'paused', destination: 'incoming' };
    return {
      source: this.resumedSide === 'source' ? 'running' : qemu.source,
      destination: this.resumedSide === 'destination' ? 'running' : qemu.destination,
    };
  }

  facts(side: 'source' | 'destination'): GuestFacts {
    return {
      vm: simulatedAddress(this.name, side),
      name: this.name,
      uuid: this.uuid,
      hypervisor: `simulated ${versionText(this.version)}`,
      accelerator: 'kvm',
      machineType: undefined,
      memoryBytes: this.scenario.memoryBytes,
      state: this.whereabouts()[side],
      migrating: this.migrating,
      losesWrites: undefined,
    };
  }

  /** By page sampling: what is found dirty after `durationMs`, in whole MiB a second as QEMU reports it. */
  probeDirtyRate(durationMs: number): number {
    const nowMs = this.now();
    this.clockMs = nowMs + durationMs;
    if (this.whereabouts().source !== 'running') return 0;
    const dirtiedBytes = this.scenario.memory.dirtiedBytes(nowMs, this.clockMs);
    return Math.floor((dirtiedBytes / durationMs) * (1000 / 2 ** 20)) * 2 ** 20;
  }

  /** A destination that ended with the last attempt waits again, as under libvirt. */
  startMigration(options: Omit<StartOptions, 'meant'>): SimulatedQemu {
    const running = this.whereabouts().source === 'running';
    const zeroMs = this.now();
    this.resumedSide = undefined;
    this.qemu = new SimulatedQemu(
      {
        ...this.scenario,
        running,
        autoConverge: options.brake === 'any' ? autoConvergeOf(BRAKE_HELD_READY) : this.scenario.autoConverge,
      },
      {
        zeroMs,
        bandwidthBytesPerSecond: options.bandwidthBytesPerSecond,
        postCopy: options.postCopy,
        brake: options.brake,
        compresses: compresses(options.streams),
        parameters: startParameters(options, this.version),
      },
    );
    return this.qemu;
  }

  /** Only once the migration has ended. */
  resume(side: 'source' | 'destination'): void {
    if (this.migrating) throw new Error(`${this.name} is still migrating: nothing to resume`);
    this.resumedSide = side;
  }

  private now(): number {
    const { qemu } = this;
    return Math.max(this.clockMs, qemu ? qemu.start.zeroMs + qemu.nowMs : 0);
  }
}

/** The same for the same name, at both ends and in every run. */
function uuidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return parts.join('-');
}
