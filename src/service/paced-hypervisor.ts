/**
 * A simulated hypervisor whose migrations take as long as real ones would: each event is told when its time has come. So
 * people can look at a migration, and act on it, where there is no KVM host.
 */
import type { Destination, MigrationEvent, StartOptions } from '../hypervisor/hypervisor.ts';
import { SimulatedHypervisor } from '../hypervisor/simulated/simulated-hypervisor.ts';
import type { SimulatedMigration } from '../hypervisor/simulated/simulated-migration.ts';

export class PacedHypervisor extends SimulatedHypervisor {
  override async start(
    vm: string,
    destination: Destination,
    options: StartOptions,
  ): Promise<SimulatedMigration> {
    return paced(await super.start(vm, destination, options));
  }
}

/** The same migration, but for when its events are told. */
function paced(migration: SimulatedMigration): SimulatedMigration {
  const events = inTime(migration.events);
  return new Proxy(migration, {
    get(target, key) {
      if (key === 'events') return events;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

async function* inTime(events: AsyncIterable<MigrationEvent>): AsyncGenerator<MigrationEvent> {
  const startedMs = performance.now();
  for await (const event of events) {
    const earlyMs = event.atMs - (performance.now() - startedMs);
    if (earlyMs > 1) await new Promise((resolve) => setTimeout(resolve, earlyMs));
    yield event;
  }
}
