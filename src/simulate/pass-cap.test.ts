/** A cap of the passes says nothing of the stop-and-copy, also to those who take a migration over (review B6). */
import { expect, test } from 'vitest';
import { constantLink } from '../hypervisor/simulated/link.ts';
import { uniform } from '../hypervisor/simulated/memory/uniform.ts';
import { SimulatedHypervisor, simulatedDestination } from '../hypervisor/simulated/simulated-hypervisor.ts';
import { startOptionsOf } from '../migration/start-options.ts';
import { Supervisor } from '../migration/supervisor.ts';
import { forecast } from '../policy/forecast.ts';
import { DEFAULT_LIMITS } from '../policy/policy.ts';
import { stock } from '../policy/stock.ts';

const VM = 'sim:web';
const LINK = 60e6;
const CAP = LINK / 3;

async function takenOver(lineRateBytesPerSecond: number | undefined) {
  const memory = uniform({ workingSetBytes: 135e6, writeRateBytesPerSecond: 400e6 });
  const hypervisor = new SimulatedHypervisor({
    web: { memoryBytes: 537e6, zeroPagesShare: 0.5, memory, link: constantLink(LINK) },
  });
  const capped = { ...DEFAULT_LIMITS, bandwidthBytesPerSecond: CAP };
  const begun = await hypervisor.start(VM, simulatedDestination('web'), startOptionsOf(stock, capped, false));
  await begun.detach();

  const destination = simulatedDestination('web').vm;
  const taken = await hypervisor.attach(VM, {
    meant: undefined,
    brake: 'none',
    destination,
    lineRateBytesPerSecond,
  });
  expect(taken.passCapBytesPerSecond).toBe(CAP);
  // Nobody states the cap: it is found at the migration.
  const limits = { ...DEFAULT_LIMITS, lineRateBytesPerSecond };
  return await new Supervisor(taken, forecast(), limits, { write: () => {} }).run();
}

/** 135 MB are 2.3 s at the line's rate, and 6.75 s at the cap's. */
test('it is told that the pause needed is not known', async () => {
  expect((await takenOver(undefined)).reason).toContain('state it with --line-rate');
});

test('where the line is stated the guest arrives', async () => {
  const outcome = await takenOver(LINK);
  expect(outcome).toMatchObject({ outcome: 'completed' });
  expect(outcome.pauseMs).toBeLessThan(2500);
});
