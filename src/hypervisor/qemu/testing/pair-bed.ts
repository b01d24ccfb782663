/** The real driver on a simulated pair of QEMUs, in virtual time. */
import type { AttachOptions, MigrationEvent, StartOptions } from '../../hypervisor.ts';
import type { Fault } from '../../simulated/protocol/faults.ts';
import { type PairInput, SimulatedPair } from '../../simulated/protocol/simulated-pair.ts';
import { OPTIONS } from '../../simulated/testing/drive.ts';
import { BUSY_GUEST } from '../../simulated/testing/small-guest.ts';
import { VirtualClock } from '../../testing/virtual-clock.ts';

export function pairBed(
  faults: readonly Fault[] = [],
  input: Partial<PairInput> = {},
  options: Parameters<SimulatedPair['hypervisor']>[0] = {},
) {
  const clock = new VirtualClock();
  const pair = new SimulatedPair({ clock, scenario: BUSY_GUEST, faults, ...input });
  const start = async (given: Partial<StartOptions> = {}) =>
    await clock.until(pair.hypervisor(options).start(pair.vm, pair.target, { ...OPTIONS, ...given }));
  const attach = async (given: Partial<AttachOptions> = {}) =>
    await clock.until(
      pair.hypervisor(options).attach(pair.vm, {
        meant: undefined,
        brake: 'none',
        lineRateBytesPerSecond: undefined,
        destination: pair.target.vm,
        ...given,
      }),
    );
  /** Reads to the end. */
  const follow = async (migration: Awaited<ReturnType<typeof start>>) => {
    const events: MigrationEvent[] = [];
    const reading = (async () => {
      for await (const event of migration.events) events.push(event);
    })();
    const end = await clock.until(migration.ended);
    await clock.until(reading);
    return { events, end };
  };
  const settings = () =>
    [pair.source, pair.destination].map((side) => [
      side.settings.shownParameters,
      side.settings.shownCapabilities,
    ]);
  return { clock, pair, start, attach, follow, settings };
}

export function kinds(events: readonly MigrationEvent[]): string[] {
  return events.map((event) => event.kind);
}
