/**
 * A controller that dies, with its connections, between any two of its commands and at any instant, in a start, in the
 * copy, in a cancel: whoever takes over from its journal leads the guest to exactly one running side, with the settings
 * as they were, at both ends.
 */
import { describe, expect, test } from 'vitest';
import { type Begin, type PolicyName, SimulatedRun } from '../testing/simulated-run.ts';

const BEGINS: readonly Begin[] = ['waiting', 'starts-itself'];
const POLICIES: readonly PolicyName[] = ['stock', 'mp'];
/** How long the guest is left alone: taken over in the middle, or after all is over. */
const LEFT_FOR_MS = [150, 20_000];
const STEP_MS = 125;

type Death = { readonly atCommand: number } | { readonly atMs: number };

interface Life {
  readonly begin: Begin;
  readonly policy: PolicyName;
  readonly cancelled: boolean;
}

function live({ begin, policy, cancelled }: Life): SimulatedRun {
  const run = new SimulatedRun({ begin, policy });
  if (cancelled) run.clock.after(600, () => void run.supervisor?.cancel('cancelled by the test'));
  return run;
}

/** A life to its end, to know where it can be cut. */
async function wholeLife(life: Life): Promise<readonly Death[]> {
  const run = live(life);
  await run.run();
  const { heard } = run.pair;
  const began = heard.findIndex(({ command }) => command === 'migrate');
  const commands = heard.flatMap(({ command }, index) =>
    index <= began || !command.startsWith('query-') ? [{ atCommand: index }] : [],
  );
  const instants = Array.from({ length: Math.floor(run.clock.now() / STEP_MS) }, (_, k) => ({
    atMs: (k + 1) * STEP_MS,
  }));
  return [...commands, ...instants];
}

/** @returns what broke a safety property */
async function dieAndTakeOver(life: Life, death: Death, leftForMs: number): Promise<readonly string[]> {
  const run = live(life);
  const { begin } = life;
  const { pair, clock } = run;
  if ('atMs' in death) clock.after(death.atMs, () => run.kill());
  else
    pair.onCommand = () => {
      // It was sent, and is carried out; its answer finds nobody.
      if (pair.heard.length === death.atCommand + 1) run.kill();
    };
  void run.toTheEnd().catch(() => {});
  while (run.controller.isAlive)
    await clock.pass(clock.nextMs === undefined ? 1 : Math.max(0.001, clock.nextMs - clock.now()));
  pair.onCommand = () => {};
  await clock.pass(leftForMs);
  const outcome = await run.takeOver();
  await clock.pass(5000);
  const problems: string[] = [];
  const { truth } = pair;
  const told = `${JSON.stringify(death)} left for ${leftForMs} ms`;
  if (truth.runningSides.length !== 1) problems.push(`runs on ${truth.runningSides.length} sides`);
  // A destination that starts by itself, and whose end nobody proved, may have run it for all that can be known.
  const mayAsk = begin === 'starts-itself' && outcome.runsOn === 'unknown';
  if (truth.runningSides.join() !== outcome.runsOn && !mayAsk) problems.push(`said ${outcome.runsOn}`);
  if (mayAsk && !outcome.reason.includes('an operator is needed: ')) problems.push('no hand is named');
  if (truth.overlaps.length > 0) problems.push('two sides ran');
  if (run.unrestored.length > 0) problems.push(`not put back on the ${run.unrestored.join(' and the ')}`);
  problems.push(...truth.misdeeds);
  return problems.map((each) => `${told}: ${each} (${outcome.outcome}: ${outcome.reason})`);
}

for (const begin of BEGINS)
  for (const policy of POLICIES)
    describe(`${begin}, ${policy}`, () => {
      test.each([
        ['in its start and its copy', false],
        ['in a cancel', true],
      ])('%s', { timeout: 120_000 }, async (_, cancelled) => {
        const life = { begin, policy, cancelled };
        const deaths = await wholeLife(life);
        expect(deaths.length).toBeGreaterThan(20);
        const problems: string[] = [];
        for (const death of deaths)
          for (const leftForMs of LEFT_FOR_MS)
            problems.push(...(await dieAndTakeOver(life, death, leftForMs)));
        expect(problems).toEqual([]);
      });
    });
