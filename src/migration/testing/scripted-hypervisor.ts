/** A hypervisor whose answers a test writes: for what stands between it and the supervisor. */
import type {
  AttachOptions,
  CheckOptions,
  CheckReport,
  Claim,
  Destination,
  DirtyRateProbe,
  Effect,
  GuestFacts,
  Hypervisor,
  RunningMigration,
  Settled,
  SettleTodo,
  StartOptions,
  Whereabouts,
} from '../../hypervisor/hypervisor.ts';
import { RefusedError } from '../../hypervisor/hypervisor.ts';
import type { PageSample } from '../../model/compression.ts';
import { ScriptedMigration } from './scripted-migration.ts';

export class ScriptedHypervisor implements Hypervisor {
  readonly probesUnderWay = false;
  readonly destinationsWait = true;
  /** By address; what is not here cannot be reached. */
  readonly guests = new Map<string, GuestFacts>();
  /** What a check finds beside the guest. */
  report: Partial<CheckReport> = {};
  /** What of these options is lacking. */
  lacking: (options: CheckOptions) => readonly RefusedError[] = () => [];
  samplePages?: (guest: GuestFacts) => Promise<PageSample | undefined>;
  /** What was asked of it, in order. */
  readonly calls: string[] = [];
  claim?: (vm: string, destination: string) => Promise<Claim>;
  inheritClaim?: (vm: string, destination: string | undefined) => Promise<Claim>;
  migration = new ScriptedMigration({ destinationWaits: true });
  /** What it does when told to start, or to attach, before it answers. */
  onStart: (options: StartOptions) => Promise<void> = async (options) => {
    await options.remember?.({ side: 'source', parameters: { 'downtime-limit': 300 }, capabilities: {} });
    await options.begins?.(this.migration.mark);
  };
  onAttach: (options: AttachOptions) => Promise<void> = async () => {};
  /** What happens when it is told to settle at one end. */
  onSettle: () => Promise<void> = async () => {};
  /** What happens when it is told to keep a destination from starting the guest. */
  onKeep: () => Promise<void> = async () => {};

  onceBegun?: (vm: string, mark: string) => Promise<GuestFacts>;
  /** What happens while it waits for a destination that may be loading the guest. */
  onArrival: () => void = () => {};

  async inspect(vm: string): Promise<GuestFacts> {
    const guest = this.guests.get(vm);
    if (!guest) throw new RefusedError('unreachable', `${vm} cannot be reached`);
    return guest;
  }

  async probeDirtyRate(): Promise<DirtyRateProbe> {
    throw new RefusedError('lacks-feature', 'a script does not probe');
  }

  async residentBytes(): Promise<undefined> {}

  async check(vm: string, _destination: Destination, options: CheckOptions): Promise<CheckReport> {
    return {
      ...{ guest: await this.inspect(vm), findings: this.lacking(options), notes: [] },
      ...this.report,
    };
  }

  async start(vm: string, destination: Destination, options: StartOptions): Promise<RunningMigration> {
    await this.onStart(options);
    this.calls.push(`start ${vm} to ${destination.vm}`);
    return this.migration;
  }

  async attach(vm: string, options: AttachOptions): Promise<RunningMigration> {
    await this.onAttach(options);
    this.calls.push(`attach ${vm} ${options.destination ?? 'without a destination'}`);
    return this.migration;
  }

  async locate(
    vm: string,
    destination: string | undefined,
    _meant?: unknown,
    mayArrive = false,
  ): Promise<Whereabouts> {
    if (mayArrive) this.onArrival();
    const state = (at: string | undefined) =>
      at === undefined ? ('unknown' as const) : (this.guests.get(at)?.state ?? ('unreachable' as const));
    return { source: state(vm), destination: state(destination) };
  }

  async keepFromStarting(vm: string): Promise<Effect> {
    this.calls.push(`keep ${vm}`);
    await this.onKeep();
    return { did: `stop on ${vm}` };
  }

  async settleAt(vm: string, { run, former }: SettleTodo): Promise<Settled> {
    this.calls.push(`settle ${vm}${run ? ', run' : ''}${former ? ', put back' : ''}`);
    await this.onSettle();
    return {
      effect: run ? { did: `cont on ${vm}` } : undefined,
      restored: former ? { side: former.side, problem: undefined } : undefined,
    };
  }
}
