/** Reads a simulated migration to its end without a supervisor, acting on the way, and keeps what was seen. */
import type {
  MigrationEnd,
  MigrationEvent,
  RunningMigration,
  StartOptions,
  Whereabouts,
} from '../../hypervisor.ts';
import { simulatedAddress } from '../address.ts';
import type { ScenarioInput } from '../scenario.ts';
import { SimulatedHypervisor, simulatedDestination } from '../simulated-hypervisor.ts';

export interface Driven {
  readonly events: readonly MigrationEvent[];
  /** What both sides said after each event. */
  readonly sides: readonly Whereabouts[];
  readonly end: MigrationEnd;
  readonly hypervisor: SimulatedHypervisor;
  readonly migration: RunningMigration;
}

export type Act = (
  migration: RunningMigration,
  event: MigrationEvent,
  soFar: readonly MigrationEvent[],
) => Promise<unknown> | undefined;

export const OPTIONS: StartOptions = {
  meant: undefined,
  force: false,
  postCopy: false,
  brake: 'none',
  downtimeLimitMs: 300,
  bandwidthBytesPerSecond: undefined,
  lineRateBytesPerSecond: undefined,
};

/** More means that the guest never arrives. */
const MOST_EVENTS = 3000;

export async function drive(
  input: ScenarioInput,
  options: Partial<StartOptions> = {},
  act: Act = () => undefined,
): Promise<Driven> {
  const hypervisor = new SimulatedHypervisor({ vm: input });
  const target = simulatedDestination('vm');
  const migration = await hypervisor.start(simulatedAddress('vm'), target, { ...OPTIONS, ...options });
  const events: MigrationEvent[] = [];
  const sides: Whereabouts[] = [];
  for await (const event of migration.events) {
    events.push(event);
    if (events.length > MOST_EVENTS) throw new Error(`no end after ${MOST_EVENTS} events`);
    sides.push(await hypervisor.locate(simulatedAddress('vm'), target.vm));
    await act(migration, event, events);
  }
  return { events, sides, end: await migration.ended, hypervisor, migration };
}

/** STOP on the source to RESUME on the destination; undefined when either is missing. */
export function pauseMs(events: readonly MigrationEvent[]): number | undefined {
  const stopped = events.find(({ kind }) => kind === 'stopped');
  const resumed = events.find((event) => event.kind === 'resumed' && event.side === 'destination');
  return stopped && resumed && resumed.atMs - stopped.atMs;
}
