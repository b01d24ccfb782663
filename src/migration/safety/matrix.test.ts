import { expect, test } from 'vitest';
import type { Side } from '../../hypervisor/hypervisor.ts';
import type { Fault, Incident, Trigger } from '../../hypervisor/simulated/protocol/faults.ts';
import { type Begin, type PolicyName, SimulatedRun } from '../testing/simulated-run.ts';

const FAULTS = (to: Side): Record<string, Incident> => ({
  'lost 2 s': { do: 'connection-lost', to, ms: 2000 },
  'lost for good': { do: 'connection-lost', to, ms: Infinity },
  silent: { do: 'connection-silent', to, ms: Infinity },
  killed: { do: 'killed', to },
});
const MOMENTS: Record<string, Trigger> = {
  'pass 1': { atMs: 500 },
  'a later pass': { event: 'MIGRATION_PASS', side: 'source' },
  stopped: { event: 'STOP', side: 'source' },
  completed: { event: 'MIGRATION', side: 'source', status: 'completed' },
  'a cancel': { command: 'migrate_cancel', side: 'source' },
};
const out: string[] = [];
for (const begin of ['waiting', 'starts-itself', 'attached', 'attached-alone'] as Begin[])
  for (const policy of ['stock', 'mp', 'forecast'] as PolicyName[])
    for (const side of ['source', 'destination'] as Side[])
      for (const [fault, incident] of Object.entries(FAULTS(side)))
        for (const [moment, on] of Object.entries(MOMENTS))
          for (const tunnel of [true, false])
            test(`${begin} ${policy} ${side} ${fault} ${moment} ${tunnel}`, async () => {
              const run = new SimulatedRun({
                begin,
                policy,
                behindTunnel: tunnel ? ['source', 'destination'] : [],
                faults: [
                  {
                    on,
                    ...incident,
                    ...(moment === 'a later pass' ? { nth: begin.startsWith('att') ? 1 : 2 } : {}),
                  } as Fault,
                ],
              });
              if (moment === 'a cancel') run.clock.after(600, () => void run.supervisor?.cancel('cancelled'));
              const outcome = await run.run();
              const { truth } = run.pair;
              const line = `${outcome.outcome} ${outcome.runsOn} truth=${truth.runningSides.join('+')} lost=${run.guestIsLost} unrest=${run.unrestored}: ${outcome.reason}`;
              const problems: string[] = [];
              if (truth.overlapsByCommand.length)
                problems.push(`BOTH BY US ${JSON.stringify(truth.overlaps)}`);
              if (begin === 'waiting' && truth.overlaps.length) problems.push('BOTH');
              if (truth.misdeeds.length) problems.push(truth.misdeeds.join());
              if (outcome.runsOn !== 'unknown' && truth.runningSides.join() !== outcome.runsOn)
                problems.push('WRONG CLAIM');
              if (outcome.runsOn === 'unknown' && !/operator/.test(outcome.reason)) problems.push('NO HAND');
              let after = '';
              if (outcome.runsOn === 'unknown' && !run.guestIsLost && run.pair.source.alive) {
                run.repair();
                await run.clock.pass(5000);
                const over = await run.takeOver();
                after = ` || AFTER ${JSON.stringify(over).slice(0, 300)} truth=${truth.runningSides.join('+')} unrest=${run.unrestored}`;
                if (truth.runningSides.length !== 1) problems.push('AFTER NOT ONE');
              }
              if (problems.length) throw new Error(`${problems.join('; ')} | ${line}${after}`);
              void out;
            });
expect(1).toBe(1);
