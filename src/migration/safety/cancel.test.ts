/**
 * S4: a cancel is one transaction. Each of its commands fails in turn, in each way; it is tried again until its outcome
 * is known, the limits are restrained meanwhile, and letting go waits for it.
 */
import { describe, expect, test } from 'vitest';
import type { Fault } from '../../hypervisor/simulated/protocol/faults.ts';
import { type Begin, SimulatedRun } from '../testing/simulated-run.ts';

const BEGINS: readonly Begin[] = ['waiting', 'starts-itself', 'attached', 'attached-alone'];
const WAYS = ['error', 'never', 'drop'] as const;
/** In the copy, and in a stop-and-copy that lasts. */
const AT_MS = { 'in the copy': 600, 'while stopped': 1650 } as const;

async function cancelled(begin: Begin, atMs: number, faults: readonly Fault[], letGo = false) {
  const run = new SimulatedRun({ begin, policy: 'mp', faults });
  const { clock, pair } = run;
  const told: string[] = [];
  let from = 0;
  clock.after(atMs, () => {
    from = pair.heard.length;
    void run.supervisor?.cancel('cancelled by the test').then((word) => told.push(word));
    if (letGo) clock.after(20, () => void run.supervisor?.detach());
  });
  const outcome = await run.run();
  await clock.pass(3000);
  const heard = pair.heard.slice(from).filter(({ command }) => !command.startsWith('query-'));
  return { run, outcome, heard, told, before: pair.heard.slice(0, from) };
}

/** The commands of a cancel that nothing disturbs; `nth`: each counted from the beginning of the migration. */
async function commandsOf(begin: Begin, atMs: number) {
  const { heard, before } = await cancelled(begin, atMs, []);
  const last = heard.findLastIndex(({ command }) => command === 'migrate_cancel' || command === 'yank');
  return heard.slice(0, last + 1).map(({ command, side }) => {
    const earlier = before.filter((each) => each.command === command && each.side === side).length;
    return { command, side, nth: earlier + 1 };
  });
}

for (const begin of BEGINS)
  for (const [when, atMs] of Object.entries(AT_MS))
    describe(`${begin}, ${when}`, () => {
      test('undisturbed, the guest goes on at the source, or it is too late', async () => {
        const { run, outcome, told } = await cancelled(begin, atMs, []);
        const expected = outcome.runsOn === 'source' ? ['cancelled'] : ['too-late'];
        expect(told).toEqual(expected);
        expect(run.pair.truth.runningSides).toEqual([outcome.runsOn]);
        expect(run.pair.truth.overlaps).toEqual([]);
        expect(run.unrestored).toEqual([]);
      });

      test.each(WAYS)('each of its commands in turn meets: %s', async (way) => {
        const problems: string[] = [];
        for (const { command, side, nth } of await commandsOf(begin, atMs)) {
          const on = { command, side };
          for (const letGo of [false, true]) {
            const { run, outcome, heard } = await cancelled(begin, atMs, [{ on, nth, do: way }], letGo);
            const { truth } = run.pair;
            const cell = `${command} on the ${side}, ${letGo ? 'let go of' : 'waited for'}`;
            const told = `${cell} (${outcome.outcome}: ${outcome.reason}; ${heard.map((each) => each.command).join(' ')})`;
            if (truth.runningSides.length !== 1)
              problems.push(`${truth.runningSides.length} sides run: ${told}`);
            if (truth.overlaps.length > 0) problems.push(`two sides ran: ${told}`);
            if (outcome.outcome === 'detached') problems.push(`half a cancel was left: ${told}`);
            // A stop may lie in the gap, and nobody told us of a destination that could be asked.
            const mayAsk = begin === 'attached-alone' && way === 'drop' && outcome.runsOn === 'unknown';
            if (mayAsk && !outcome.reason.includes('an operator is needed: '))
              problems.push(`no hand: ${told}`);
            if (outcome.runsOn !== truth.runningSides[0] && !mayAsk)
              problems.push(`said ${outcome.runsOn}: ${told}`);
            if (run.unrestored.length > 0) problems.push(`not put back: ${told}`);
            problems.push(...truth.misdeeds.map((each) => `${each}: ${told}`));
          }
        }
        expect(problems).toEqual([]);
      });
    });

describe('while it fails', () => {
  const FAILS: readonly Fault[] = [
    { on: { command: 'migrate_cancel', side: 'source' }, nth: 1, do: 'error' },
    { on: { command: 'migrate_cancel', side: 'source' }, nth: 2, do: 'error' },
    { on: { command: 'migrate_cancel', side: 'source' }, nth: 3, do: 'error' },
  ];

  test('it is tried again and again, the limit goes to its least, and the user is told', async () => {
    const { run, outcome, heard } = await cancelled('waiting', 600, FAILS);
    expect(outcome).toMatchObject({ outcome: 'cancelled', runsOn: 'source' });
    expect(heard.filter(({ command }) => command === 'migrate_cancel')).toHaveLength(4);
    const limits = heard.flatMap(({ args }) => ('downtime-limit' in args ? [args['downtime-limit']] : []));
    expect(limits[0]).toBe(1);
    expect(run.journal.filter(({ type }) => type === 'warning').length).toBeGreaterThan(0);
    expect(run.journal.findIndex(({ type }) => type === 'intent')).toBeGreaterThan(-1);
  });

  test('letting go waits for its end', async () => {
    const run = new SimulatedRun({ begin: 'waiting', policy: 'mp', faults: FAILS });
    let wentMs: number | undefined;
    let endedMs: number | undefined;
    run.clock.after(600, () => void run.supervisor?.cancel('cancelled by the test'));
    run.clock.after(700, () => void run.supervisor?.detach().then(() => (wentMs = run.clock.now())));
    const outcome = await run.clock.until(run.toTheEnd().finally(() => (endedMs = run.clock.now())));
    expect(outcome.outcome).toBe('cancelled');
    expect(wentMs).toBeGreaterThanOrEqual(Math.floor(endedMs ?? Number.POSITIVE_INFINITY) - 20);
  });
});
