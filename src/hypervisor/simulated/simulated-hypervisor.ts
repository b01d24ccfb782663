/**
 * A hypervisor on a virtual clock, behind the port that the real ones are behind: the same supervisor and the
 * same policies run on it as in production, a thousand migrations a second, and always to the same end.
 *
 *     const hypervisor = new SimulatedHypervisor({
 *       web: { memoryBytes: 8 * 2 ** 30, memory: uniform({ … }), link: constantLink(1.25e9) },
 *     });
 *     const migration = await hypervisor.start('sim:web', simulatedDestination('web'), options);
 *     const outcome = await new Supervisor(migration, mp(), DEFAULT_LIMITS, journal).run();
 *
 * Each guest has a clock of its own. It stands still while nobody reads the events of a migration.
 */
import type {
  AttachOptions,
  CheckOptions,
  CheckReport,
  Destination,
  DirtyRateProbe,
  GuestFacts,
  Hypervisor,
  Settled,
  SettleTodo,
  StartOptions,
  Whereabouts,
} from '../hypervisor.ts';
import { RefusedError } from '../hypervisor.ts';
import { BrakeLever } from '../qemu-rules/brake-lever.ts';
import { Findings } from '../refusal.ts';
import { parseSimulatedAddress, simulatedAddress } from './address.ts';
import { type ScenarioInput, scenario } from './scenario.ts';
import { SimulatedGuest } from './simulated-guest.ts';
import { SimulatedMigration } from './simulated-migration.ts';

/** Where a simulated guest migrates to. */
export function simulatedDestination(name: string): Destination {
  return { vm: simulatedAddress(name, 'destination'), migrateUri: undefined, listenUri: undefined };
}

export class SimulatedHypervisor implements Hypervisor {
  private readonly guests: ReadonlyMap<string, SimulatedGuest>;

  /** @param scenarios by the guests' names */
  constructor(scenarios: Readonly<Record<string, ScenarioInput>>) {
    this.guests = new Map(
      Object.entries(scenarios).map(([name, input]) => [name, new SimulatedGuest(name, scenario(input))]),
    );
  }

  async inspect(vm: string): Promise<GuestFacts> {
    return this.guestAt(vm).facts(parseSimulatedAddress(vm).side);
  }

  /** Its probes take no time. */
  readonly destinationsWait = false;
  readonly probesUnderWay = false;

  async probeDirtyRate(vm: string, durationMs: number): Promise<DirtyRateProbe> {
    const guest = this.guestAt(vm);
    if (guest.migrating)
      throw new RefusedError(
        'already-migrating',
        `${vm} is migrating: QEMU measures no dirty rate meanwhile`,
      );
    return { durationMs, dirtyRateBytesPerSecond: guest.probeDirtyRate(durationMs) };
  }

  async residentBytes({ vm }: GuestFacts): Promise<number | undefined> {
    if (this.missing(vm).length > 0) return undefined;
    const { memoryBytes, zeroPagesShare } = this.guestAt(vm).scenario;
    return Math.round(memoryBytes * (1 - zeroPagesShare));
  }

  async check(vm: string, destination: Destination, _options: CheckOptions): Promise<CheckReport> {
    return this.look(vm, destination);
  }

  async start(
    vm: string,
    destination: Destination,
    options: Omit<StartOptions, 'meant'>,
  ): Promise<SimulatedMigration> {
    const { guest: facts, findings } = this.look(vm, destination);
    new Findings(findings).throwAny();
    const guest = this.guestAt(vm);
    return new SimulatedMigration(guest, guest.startMigration(options), {
      ...{ facts, watchesDestination: true, watchedFromStart: true },
      brake: options.brake === 'any' ? BrakeLever.atStart() : undefined,
      brakesAtOnce: options.brake !== 'none' && guest.scenario.cpuQuota,
    });
  }

  async attach(vm: string, options: AttachOptions): Promise<SimulatedMigration> {
    const guest = this.guestAt(vm);
    if (!guest.qemu || !guest.migrating)
      throw new RefusedError('not-migrating', `no migration of ${vm} is under way`);
    if (guest.qemu.listener)
      throw new RefusedError(
        'monitor-busy',
        `another controller holds the migration of ${vm}: detach it first`,
      );
    if (options.brake === 'any' && guest.qemu.start.brake !== 'any')
      throw new RefusedError(
        'lacks-feature',
        `the migration of ${vm} cannot be braked: it began with auto-converge off`,
      );
    return new SimulatedMigration(guest, guest.qemu, {
      facts: guest.facts('source'),
      watchesDestination: options.destination !== undefined,
      watchedFromStart: false,
      brake: options.brake === 'any' ? BrakeLever.underWay() : undefined,
      brakesAtOnce: options.brake !== 'none' && guest.scenario.cpuQuota,
    });
  }

  async locate(vm: string, destination: string | undefined): Promise<Whereabouts> {
    return { source: this.sideAt(vm), destination: destination ? this.sideAt(destination) : 'unknown' };
  }

  async settleAt(vm: string, { run }: SettleTodo): Promise<Settled> {
    const { name, side } = parseSimulatedAddress(vm);
    if (run) this.guests.get(name)?.resume(side);
    return { effect: run ? { did: `cont on the ${side}` } : undefined, restored: undefined };
  }

  private sideAt(address: string): Whereabouts['source'] {
    if (this.missing(address).length > 0) return 'gone';
    const { name, side } = parseSimulatedAddress(address);
    return this.guests.get(name)?.whereabouts()[side] ?? 'gone';
  }

  /** @throws {RefusedError} with both findings, when neither end is there */
  private look(vm: string, destination: Destination): CheckReport {
    const missing = [vm, destination.vm].flatMap((address) => this.missing(address));
    new Findings(missing).throwAny();
    const { name, side } = parseSimulatedAddress(vm);
    const guest = this.guestAt(vm).facts(side);
    const findings: RefusedError[] = [];
    if (guest.migrating)
      findings.push(new RefusedError('already-migrating', `${vm} is migrating already: attach to that one`));
    else if (guest.state !== 'running' && guest.state !== 'paused')
      findings.push(new RefusedError('not-running', `${vm} does not have the guest: it is ${guest.state}`));
    if (side !== 'source' || destination.vm !== simulatedAddress(name, 'destination'))
      findings.push(
        new RefusedError(
          'destination-not-waiting',
          `a simulated guest goes from ${simulatedAddress(name)} to ${simulatedAddress(name, 'destination')} only`,
        ),
      );
    return { guest, findings, notes: [] };
  }

  private missing(address: string): RefusedError[] {
    try {
      this.guestAt(address);
      return [];
    } catch (error) {
      if (error instanceof RefusedError) return [error];
      throw error;
    }
  }

  private guestAt(address: string): SimulatedGuest {
    const { name } = parseSimulatedAddress(address);
    const guest = this.guests.get(name);
    if (guest) return guest;
    const known = [...this.guests.keys()].map((each) => simulatedAddress(each)).join(', ');
    throw new RefusedError('no-domain', `there is no simulated guest at ${address}; there is ${known}`);
  }
}
