/** Moves the demonstration's VMs for the drains' engine, each by a run as on real hosts, in the time that a real one takes. */
import { type DrainSettings, linkFrom, linkTo, vmSettingsOf } from '../../fleet/drain-settings.ts';
import { attendedOf, failureOfRefusal } from '../../fleet/migration-end.ts';
import {
  type Attended,
  type Guard,
  type Located,
  type Mover,
  type Ride,
  type Seen,
  StartFailed,
} from '../../fleet/mover.ts';
import { RefusedError } from '../../hypervisor/refusal.ts';
import { simulatedAddress } from '../../hypervisor/simulated/address.ts';
import { simulatedDestination } from '../../hypervisor/simulated/simulated-hypervisor.ts';
import { initiatorHere } from '../../journal/initiator.ts';
import { beginRun } from '../../migration/begin.ts';
import type { Run, RunStore } from '../../migration/run.ts';
import type { Migrations } from '../migrations.ts';
import { PacedHypervisor } from '../paced-hypervisor.ts';
import { DEMO_CONFIG, type DemoHosts } from './demo-hosts.ts';

export interface DemoMoverParts {
  readonly hosts: DemoHosts;
  readonly store: RunStore;
  readonly migrations: Pick<Migrations, 'follow'>;
  settingsOf(drain: string): Promise<DrainSettings | undefined>;
}

interface Going {
  readonly run: Run;
  readonly ride: Ride;
}

const SHARED = 'its share of the link';

export class DemoMover implements Mover {
  private readonly parts: DemoMoverParts;
  private readonly going = new Map<string, Going>();

  constructor(parts: DemoMoverParts) {
    this.parts = parts;
  }

  async locate({ vm }: Ride): Promise<Located> {
    const there = this.going.get(vm)?.ride;
    if (there) return { kind: 'migrating', source: there.source, destination: there.destination };
    return { kind: 'at', host: this.parts.hosts.get(vm).host };
  }

  async shutDown(): Promise<void> {
    throw notShutDown();
  }

  async startUp(): Promise<void> {
    throw notShutDown();
  }

  async start(ride: Ride, guard: Guard): Promise<void> {
    const { hosts, store, migrations, settingsOf } = this.parts;
    const { name, scenario, metadata } = hosts.get(ride.vm);
    const asked = ride.drain === null ? undefined : await settingsOf(ride.drain);
    if (!asked || !guard.mayAct())
      throw new StartFailed({ class: 'transient', code: 'held', words: 'its drain is not known here yet' });
    const { limits, kind } = vmSettingsOf(DEMO_CONFIG, { name, metadata }, asked, ride.stated);
    try {
      const run = await beginRun(
        {
          ...{
            vm: simulatedAddress(name),
            destination: simulatedDestination(name),
            kind,
            limits,
            force: false,
          },
          ...{ reason: `${ride.source} is drained`, correlationId: ride.id },
        },
        {
          ...{ hypervisor: new PacedHypervisor({ [name]: scenario }), store },
          initiator: { ...initiatorHere(), user: 'demo', command: ['switchover', 'drain'] },
          takeLease: async () => ({
            vm: name,
            release: async () => {},
            [Symbol.asyncDispose]: async () => {},
          }),
        },
      );
      this.going.set(ride.vm, { run, ride });
      migrations.follow(run);
      run.outcome.then(
        ({ runsOn }) => this.ended(ride, runsOn === 'destination'),
        () => this.ended(ride, false),
      );
      await run.begun;
    } catch (error) {
      if (error instanceof RefusedError) throw new StartFailed(failureOfRefusal(error), { cause: error });
      throw error;
    }
  }

  async attach({ vm }: Ride): Promise<Attended> {
    const going = this.going.get(vm);
    return going ? attendedOf(await going.run.outcome) : {};
  }

  async cancel({ vm }: Ride): Promise<void> {
    await this.going.get(vm)?.run.cancel('its drain was cancelled');
  }

  async shareLink({ vm, share }: Ride): Promise<boolean> {
    return (await this.going.get(vm)?.run.setPassCap(share, SHARED)) === 'holds';
  }

  async running(): Promise<readonly Seen[]> {
    return [...this.going.values()].map(({ ride: { vm, source, destination } }) => {
      const { name, scenario } = this.parts.hosts.get(vm);
      return {
        ...{ vm, name, source, destination, memoryBytes: scenario.memoryBytes },
        links: [linkFrom(source), linkTo(destination)],
      };
    });
  }

  private ended({ vm, destination }: Ride, arrived: boolean): void {
    if (arrived) this.parts.hosts.get(vm).host = destination;
    this.going.delete(vm);
  }
}

function notShutDown(): StartFailed {
  const words = 'guests of the demonstration cannot be shut down';
  return new StartFailed({ class: 'permanent', code: 'not-simulated', words });
}
