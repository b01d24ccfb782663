/**
 * What becomes of the guest when a side is lost: {source, destination} × {monitor lost for 2 s, lost for good, silent,
 * process killed} × {moments of the migration} × {how it was begun} × {policies} × {its process provable, behind a
 * tunnel}. The real supervisor and the real QEMU driver, on a simulated pair; judged by the pair's truth, never by what
 * switchover says.
 */
import { describe, expect, test } from 'vitest';
import type { Side } from '../../hypervisor/hypervisor.ts';
import type { Fault, Incident, Trigger } from '../../hypervisor/simulated/protocol/faults.ts';
import { type Begin, type PolicyName, SimulatedRun } from '../testing/simulated-run.ts';

const BEGINS: readonly Begin[] = ['waiting', 'starts-itself', 'attached', 'attached-alone'];
const POLICIES: readonly PolicyName[] = ['stock', 'mp', 'forecast'];
const SIDES: readonly Side[] = ['source', 'destination'];
const LOSSES = ['lost for 2 s', 'lost for good', 'silent', 'killed'] as const;

const MOMENTS: Readonly<Record<string, { readonly on: Trigger; readonly nth?: number }>> = {
  'in pass 1': { on: { atMs: 500 } },
  'in a later pass': { on: { event: 'MIGRATION_PASS', side: 'source' }, nth: 2 },
  'while stopped': { on: { event: 'STOP', side: 'source' } },
  'with everything there and no word of it': { on: { stream: 'last-byte' } },
  'just after completion': { on: { event: 'MIGRATION', side: 'source', status: 'completed' } },
  'in a cancel': { on: { command: 'migrate_cancel', side: 'source' } },
};

function incident(loss: (typeof LOSSES)[number], to: Side): Incident {
  switch (loss) {
    case 'lost for 2 s':
      return { do: 'connection-lost', to, ms: 2000 };
    case 'lost for good':
      return { do: 'connection-lost', to, ms: Number.POSITIVE_INFINITY };
    case 'silent':
      return { do: 'connection-silent', to, ms: Number.POSITIVE_INFINITY };
    case 'killed':
      return { do: 'killed', to };
  }
}

/** What broke a safety property; empty: nothing. */
async function problemsOf(
  run: SimulatedRun,
  begin: Begin,
  lost: Side,
  loss: (typeof LOSSES)[number],
): Promise<string[]> {
  const problems: string[] = [];
  const { pair } = run;
  const { truth } = pair;
  const outcome = await run.run();
  if (outcome.runsOn === 'unknown') {
    if (!/an operator is needed: .{40}/.test(outcome.reason)) problems.push('no hand is named');
  } else if (outcome.runsOn === 'nowhere') problems.push('nowhere, though no guest ended');
  else if (truth.runningSides.join() !== outcome.runsOn) {
    // The source's word for the end is all there is where nobody gave us the destination's address.
    const diedAfterwards = begin === 'attached-alone' && truth.ran('destination') && !pair.destination.alive;
    if (!diedAfterwards) problems.push(`said ${outcome.runsOn}, runs on ${truth.runningSides.join('+')}`);
  }
  if (outcome.pauseMs !== null && !isTruePause(run, outcome.pauseMs)) problems.push('a pause that was none');

  if (
    !run.isOurs &&
    pair.source.alive &&
    pair.destination.alive &&
    !run.journal.some(({ type }) => type === 'intent')
  ) {
    // S9: nobody asked for anything, and the source may well go on sending.
    const touched = pair.heard.find(
      ({ side, command }) => side === 'destination' && /^(stop|cont)$/.test(command),
    );
    if (touched) problems.push(`${touched.command} on the destination of somebody else's migration`);
  }
  // S5. A destination that may still receive is left alone until it is known what becomes of it.
  const reachable = run.unrestored.filter(
    (side) =>
      (side !== lost || loss === 'lost for 2 s') &&
      !(outcome.runsOn === 'unknown' && pair[side].runState === 'inmigrate'),
  );
  if (reachable.length > 0) problems.push(`not put back on the ${reachable.join(' and the ')}`);
  if (outcome.runsOn === 'unknown' && !run.guestIsLost)
    problems.push(...(await afterTheHand(run, outcome.reason)));
  if (truth.overlapsByCommand.length > 0) problems.push('two sides run, and we did that');
  if (begin === 'waiting' && truth.overlaps.length > 0) problems.push('two sides run');
  problems.push(...truth.misdeeds);
  return problems.map((each) => `${each} (${outcome.outcome}, ${outcome.runsOn}: ${outcome.reason})`);
}

/** A person does what the outcome says. */
async function afterTheHand(run: SimulatedRun, reason: string): Promise<string[]> {
  const { pair } = run;
  const { truth } = pair;
  run.repair();
  await run.clock.pass(3000);
  const [dead, other] = pair.source.alive
    ? (['destination', 'source'] as const)
    : (['source', 'destination'] as const);
  const alive = pair[dead].alive;
  if (alive) await run.takeOver();
  if (alive && run.unrestored.length > 0)
    return [`not put back after the hand on the ${run.unrestored.join(' and the ')}`];
  if (truth.runningSides.length === 0) {
    // What `attach` cannot know a person can see: that a process has ended, or that the guest is meant to run.
    const named =
      dead === 'destination' ? /resume the source|resume it there/ : /let (it|one of them) run|attach/;
    if (!pair[dead].alive && !named.test(reason)) return [`the hand is not named: ${reason}`];
    await run.byHand(
      pair.destination.alive && pair.destination.runState === 'paused' ? 'destination' : other,
    );
  }
  return truth.runningSides.length === 1 ? [] : [`${truth.runningSides.length} sides run after the hand`];
}

/** Within what a look and a command take. */
function isTruePause(run: SimulatedRun, pauseMs: number): boolean {
  const { history } = run.pair.truth;
  return history.some(
    ({ untilMs }, index) =>
      untilMs !== undefined && Math.abs((history[index + 1]?.fromMs ?? Number.NaN) - untilMs - pauseMs) < 100,
  );
}

for (const begin of BEGINS)
  describe(begin, () => {
    for (const side of SIDES)
      for (const loss of LOSSES)
        test(`the ${side} ${loss}`, { timeout: 120_000 }, async () => {
          const problems: string[] = [];
          for (const [moment, { on, nth }] of Object.entries(MOMENTS))
            for (const policy of POLICIES)
              for (const behindTunnel of [[], SIDES]) {
                const fault = { on, ...(nth ? { nth } : {}), ...incident(loss, side) } as Fault;
                const run = new SimulatedRun({ begin, policy, behindTunnel, faults: [fault] });
                if (moment === 'in a cancel')
                  run.clock.after(600, () => void run.supervisor?.cancel('cancelled by the test'));
                const cell = `${moment}, ${policy}${behindTunnel.length > 0 ? ', behind a tunnel' : ''}`;
                for (const problem of await problemsOf(run, begin, side, loss))
                  problems.push(`${cell}: ${problem}`);
              }
          expect(problems).toEqual([]);
        });
  });
