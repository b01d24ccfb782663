/** `./dev explore`: what breaks a safety property under faults that nobody thought of. See help() and docs/safety.md. */
import { parseArgs } from 'node:util';
import { commitHere, keepResult, refusalOf, runCommand, wholeNumber } from '../lab/dev-command.ts';
import { formatDuration, parseDurationMs } from '../src/model/units.ts';
import { exploreAll } from './crew.ts';
import { assertThere, DEFECTS } from './defects.ts';
import { drawSchedule } from './draw-schedule.ts';
import { explore } from './explore-one.ts';
import { addedTo, codeHere, type Explored, holds, readRecord } from './record.ts';
import type { ShareResult } from './shares.ts';
import { shrink } from './shrink.ts';
import { scheduleInWords } from './words.ts';

const HELP = `./dev explore [--drains] [--seeds COUNT | --seeds A..B | --seed N | --prove] [--for TIME] [--json] [--write]

Runs switchover's own controllers on simulated QEMUs in virtual time, each run with guests, limits and faults drawn from
a seed, and holds the safety properties of docs/safety.md against the simulated truth.

  --seeds 1000     so many seeds that were not explored before (the default)
  --seeds 1..1000  these seeds
  --for 10m        new seeds for that long
  --seed 4711      this one, shrunk where it fails, with its story
  --drains         whole drains in place of migrations: so many (100), or for that long, begun on hosts in memory by three
                   controllers in processes of their own, with a real PostgreSQL, faults drawn from --seed, and people who
                   pause, cancel, cordon and decide; each is held against the hosts' own record
  --prove          plants each deliberate defect in turn, and tells after how many seeds it is found
  --write          keeps the figures in explore/results/; those of seeds are added to what is kept of the same code
  --json           as JSON

Exits 1 where a property was violated, or where a planted defect was not found.
  ./dev explore --for 2m
  ./dev explore --seed 47071
  ./dev explore --drains --for 5m
`;

const RECORD = new URL('./results/explored.json', import.meta.url);
const DEFAULT_COUNT = 1000;
const DEFAULT_DRAINS = 100;
const MOST_SEEDS_FOR_A_DEFECT = 10_000;
const TOLD_FAILURES = 5;
/** New seeds begin at the second of the call: they are others at each call, and are told. */
const newSeed = (): number => Math.floor(Date.now() / 1000) * 1000;

process.exitCode = await runCommand({ name: 'explore', help: HELP }, options(), async (parsed) => {
  if (parsed.drains) return await exploreDrains(parsed);
  if (parsed.seed !== undefined) return await tellOf(parsed.seed, parsed.json);
  if (parsed.prove) return await prove(parsed);
  return await exploreSeeds(parsed);
});

interface Options {
  readonly help: boolean;
  readonly prove: boolean;
  readonly drains: boolean;
  readonly json: boolean;
  readonly write: boolean;
  readonly seed: number | undefined;
  readonly from: number;
  readonly to: number;
  readonly forMs: number | undefined;
}

/** @returns a sentence where they are not understood */
function options(): Options | string {
  try {
    const { values } = parseArgs({
      options: {
        seeds: { type: 'string' },
        seed: { type: 'string' },
        for: { type: 'string' },
        prove: { type: 'boolean', default: false },
        drains: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const { help, prove, drains, json, write } = values;
    if (drains && prove) throw new Error('--prove is of migrations: leave --drains out');
    const seed = values.seed === undefined ? undefined : seedNumber('--seed', values.seed);
    const forMs = values.for === undefined ? undefined : parseDurationMs(values.for);
    const count =
      drains && values.seeds === undefined && forMs === undefined ? String(DEFAULT_DRAINS) : values.seeds;
    return { help, prove, drains, json, write, seed, forMs, ...seedsOf(count, forMs) };
  } catch (error) {
    return refusalOf(error);
  }
}

function seedsOf(text: string | undefined, forMs: number | undefined): { from: number; to: number } {
  const from = newSeed();
  if (text === undefined)
    return { from, to: forMs === undefined ? from + DEFAULT_COUNT : Number.POSITIVE_INFINITY };
  const [, first, last] = /^(\d{1,15})\.\.(\d{1,15})$/.exec(text) ?? [];
  if (first !== undefined && last !== undefined && Number(first) <= Number(last))
    return { from: Number(first), to: Number(last) + 1 };
  return { from, to: from + seedNumber('--seeds', text) };
}

function seedNumber(name: string, text: string): number {
  return wholeNumber(name, text, { hint: ', or for --seeds two of them, as in 1..1000' });
}

/** Loaded only here: the others need no database. */
async function exploreDrains({ from, to, seed = from, forMs, json, write }: Options): Promise<number> {
  const { drainsCommand } = await import('./drains/command.ts');
  return await drainsCommand(import.meta.url, { seed, most: to - from, forMs, json, write });
}

async function exploreSeeds({ from, to, forMs, json, write }: Options): Promise<number> {
  const code = write ? codeHere() : undefined;
  const problem = write ? whyNotKept(code, [from, to - 1]) : undefined;
  if (problem !== undefined) {
    process.stderr.write(`explore: ${problem}\n`);
    return 2;
  }
  const startedMs = performance.now();
  const passedMs = () => performance.now() - startedMs;
  let toldAtMs = 0;
  let toldFailures = 0;
  const result = await exploreAll({
    from,
    to,
    isEnough: ({ explored, failures }) => {
      for (const { seed, violations } of failures.slice(toldFailures))
        process.stderr.write(`explore: seed ${seed} failed: ${violations[0]}\n`);
      toldFailures = failures.length;
      if (passedMs() - toldAtMs > 5000) {
        toldAtMs = passedMs();
        const rate = Math.round((1000 * explored) / passedMs());
        process.stderr.write(`explore: ${explored} explored, ${rate} a second, ${failures.length} failed\n`);
      }
      return forMs !== undefined && passedMs() >= forMs;
    },
  });
  const last = from + result.explored - 1;
  const tookMs = passedMs();
  const told = { seeds: `${from}..${last}`, tookMs: Math.round(tookMs), commit: commitHere(), ...result };
  if (code !== undefined) keep(code, [from, last], told);
  if (json) process.stdout.write(`${JSON.stringify(told, null, 2)}\n`);
  else process.stdout.write(inWords(told, tookMs));
  return result.failures.length === 0 ? 0 : 1;
}

function whyNotKept(code: string | undefined, seeds: [number, number]): string | undefined {
  if (code === undefined) return '--write keeps what is known of a code that is committed: commit it first';
  if (holds(readRecord(RECORD), code, seeds))
    return '--write: some of these seeds are kept already, of this code: give others';
  return undefined;
}

function keep(code: string, seeds: [number, number], told: ShareResult & { tookMs: number }): void {
  const { tookMs, explored, failures, commands, faults } = told;
  const found: Explored = {
    code,
    commit: commitHere(),
    seeds: [seeds],
    tookMs,
    explored,
    failures: failures.map(({ seed, violations }) => ({ seed, violations: [...violations] })),
    commands,
    faults: { ...faults },
  };
  const all = addedTo(readRecord(RECORD), found);
  keepResult(import.meta.url, 'explored.json', all);
  process.stderr.write(
    `explore: ${all.explored} seeds are kept of this code, ${all.failures.length} of them failed\n`,
  );
}

function inWords(told: ShareResult & { readonly seeds: string }, tookMs: number): string {
  const { explored, failures, commands, faults, seeds } = told;
  const kinds = Object.entries(faults)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, times]) => `${kind} ${times}`);
  const failed = failures
    .slice(0, TOLD_FAILURES)
    .map(({ seed, violations }) => `  ./dev explore --seed ${seed}   ${violations[0]}\n`);
  const more = failures.length > TOLD_FAILURES ? `  and ${failures.length - TOLD_FAILURES} more\n` : '';
  return (
    `${explored} migrations explored in ${formatDuration(tookMs)}, ${Math.round((1000 * explored) / tookMs)} a second (seeds ${seeds}), ` +
    `${commands} commands; ready to happen: ${kinds.join(', ')}\n` +
    `${failures.length} of them violated a safety property\n${failed.join('')}${more}`
  );
}

async function tellOf(seed: number, json: boolean): Promise<number> {
  const schedule = drawSchedule(seed);
  const { violations } = await explore(schedule);
  const [first] = violations;
  const smallest = first === undefined ? schedule : await shrink(schedule, first);
  const { story } = await explore(smallest);
  const status = first === undefined ? 0 : 1;
  if (json) {
    process.stdout.write(`${JSON.stringify({ seed, schedule: smallest, violations, story }, null, 2)}\n`);
    return status;
  }
  const lines = [
    `seed ${seed}${first === undefined ? '' : ', as small as it still fails'}:`,
    ...scheduleInWords(smallest).map((words) => `  ${words}`),
    'what happened:',
    ...story,
    first === undefined ? 'no property was violated' : `violated: ${violations.join('; ')}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return status;
}

async function prove({ json, write }: Options): Promise<number> {
  for (const defect of DEFECTS) assertThere(defect);
  // A seed that fails as it is proves nothing.
  const asItIs = await exploreAll({ from: 1, to: MOST_SEEDS_FOR_A_DEFECT + 1, isEnough: () => false });
  if (asItIs.failures.length > 0) {
    const seeds = asItIs.failures.map(({ seed }) => seed).join(', ');
    process.stderr.write(`explore: mend these first, which fail with no defect planted: seed ${seeds}\n`);
    return 1;
  }
  const proofs: { defect: string; foundAfter: number | null; violation: string | null }[] = [];
  for (const { name } of DEFECTS) {
    const { failures } = await exploreAll({
      from: 1,
      to: MOST_SEEDS_FOR_A_DEFECT + 1,
      defect: name,
      isEnough: (soFar) => soFar.failures.length > 0,
    });
    const [first] = failures;
    proofs.push({
      defect: name,
      foundAfter: first?.seed ?? null,
      violation: first?.violations[0] ?? null,
    });
    process.stderr.write(`explore: ${name}: ${first ? `found by seed ${first.seed}` : 'NOT FOUND'}\n`);
  }
  const told = { commit: commitHere(), mostSeeds: MOST_SEEDS_FOR_A_DEFECT, proofs };
  if (write) keepResult(import.meta.url, 'proved.json', told);
  const missed = proofs.filter(({ foundAfter }) => foundAfter === null);
  if (json) process.stdout.write(`${JSON.stringify(told, null, 2)}\n`);
  else
    process.stdout.write(
      `${proofs.map(({ defect, foundAfter }) => `${foundAfter === null ? 'NOT FOUND' : `seed ${foundAfter}`.padEnd(9)}  ${defect}\n`).join('')}` +
        `${proofs.length - missed.length} of ${proofs.length} planted defects were found\n`,
    );
  return missed.length === 0 ? 0 : 1;
}
