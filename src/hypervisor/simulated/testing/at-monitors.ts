/** What others than switchover do at the monitors of a simulated pair, and what is set there. */
import type { Clock } from '../../clock.ts';
import type { Side } from '../../hypervisor.ts';
import { connectQmp } from '../../qemu/qmp/client.ts';
import type { SimulatedPair } from '../protocol/simulated-pair.ts';

/** Somebody else begins the migration. @throws {QmpError} where a fault meets him, whose connections are closed then */
export async function beginAsSomebodyElse(pair: SimulatedPair, clock: Clock): Promise<void> {
  const uri = pair.target.migrateUri ?? '';
  await using destination = await monitorAt(pair, 'destination', clock);
  await destination.execute('migrate-incoming', { uri });
  await using source = await monitorAt(pair, 'source', clock);
  await source.execute('migrate-set-capabilities', {
    capabilities: [{ capability: 'events', state: true }],
  });
  await source.execute('migrate-set-parameters', { 'max-bandwidth': 2 ** 40 });
  await source.execute('migrate', { uri });
  await clock.sleep(5);
}

/** A person's command. @throws {QmpError} */
export async function executeByHand(
  pair: SimulatedPair,
  side: Side,
  command: 'cont' | 'stop' | 'migrate_cancel',
  clock: Clock,
): Promise<void> {
  await using client = await monitorAt(pair, side, clock);
  await client.execute(command);
}

export type BothSettings = Readonly<Record<Side, unknown>>;

export function settingsOf(pair: SimulatedPair) {
  const of = ({ settings, objects, quotaPercent }: SimulatedPair[Side]) =>
    [settings.shownParameters, settings.shownCapabilities, objects.ids, quotaPercent] as const;
  return { source: of(pair.source), destination: of(pair.destination) };
}

/** S5. @returns the sides that are alive and are not set as they were */
export function changedSince(before: BothSettings, pair: SimulatedPair): readonly Side[] {
  const now = settingsOf(pair);
  return (['source', 'destination'] as const).filter(
    (side) => pair[side].alive && JSON.stringify(before[side]) !== JSON.stringify(now[side]),
  );
}

async function monitorAt(pair: SimulatedPair, side: Side, clock: Clock) {
  const address = side === 'source' ? pair.vm : pair.target.vm;
  return await connectQmp(address.replace('qmp:', ''), { clock, open: pair.open });
}
