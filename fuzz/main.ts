/** `./dev fuzz`: every parser of what comes from outside, on inputs that nobody thought of. See HELP and docs/safety.md. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { commitHere, keepResult, refusalOf, runCommand, wholeNumber } from '../lab/dev-command.ts';
import { formatDuration, parseDurationMs } from '../src/model/units.ts';
import { fuzzAll } from './crew.ts';
import { assertThere, DEFECTS, MOST_INPUTS } from './defects.ts';
import type { Fuzzed } from './fuzz-one.ts';
import { failureOf } from './run-input.ts';
import { showInput } from './show-input.ts';
import { GROUPS, loadGroup, type Target } from './target.ts';

const HELP = `./dev fuzz [TARGET...] [--for TIME | --inputs COUNT] [--seed N] [--threads N] [--json] [--write]

Changes real input of every parser that reads from outside (QMP, virsh, XML, journals, TOML, what people type), keeps
what reaches further into its code, and holds what must be true of each: only documented errors, no hang, figures that
are figures. TARGET: one parser, or a group of them; none: all.

  --for 10m          each target for that long (default: 10s)
  --inputs 5000      each target with so many inputs
  --seed 4711        the same seed gives the same inputs (default: another one at each call)
  --threads 1        so many targets at a time (default: one for each core)
  --list             the targets, and what each reads
  --try FILE TARGET  only that input
  --prove            plants each deliberate defect of these targets in turn, and tells after how many inputs it is found
  --write            keeps the figures in fuzz/results/
  --json             as JSON

Exits 1 where an input was found that fails, made as small as it still does, and keeps it in .cache/fuzz/; or where a
planted defect was not found.
  ./dev fuzz virsh --for 2m
  ./dev fuzz config/glob --inputs 100000 --seed 1
`;

const DEFAULT_FOR_MS = 10_000;
const FOUND_FOLDER = path.join(import.meta.dirname, '..', '.cache', 'fuzz');

// So that what was written is removed.
process.once('SIGINT', () => process.exit(130));
process.exitCode = await runCommand({ name: 'fuzz', help: HELP }, await parsed(), async (options) => {
  if (options.list) return list(options.targets);
  if (options.input !== undefined) return await tryOne(options.input, options.targets);
  if (options.prove) return await prove(options);
  return await fuzz(options);
});

interface Options {
  readonly help: boolean;
  readonly list: boolean;
  readonly prove: boolean;
  readonly json: boolean;
  readonly write: boolean;
  readonly targets: readonly Target[];
  readonly seed: number;
  readonly inputs: number;
  readonly forMs: number;
  readonly threads: number;
  /** A file. */
  readonly input: string | undefined;
}

/** @returns a sentence where they are not understood */
async function parsed(): Promise<Options | string> {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        for: { type: 'string' },
        inputs: { type: 'string' },
        seed: { type: 'string' },
        threads: { type: 'string' },
        try: { type: 'string' },
        list: { type: 'boolean', default: false },
        prove: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const { help, list, prove, json, write } = values;
    const number = (name: 'inputs' | 'seed' | 'threads', otherwise: number) =>
      values[name] === undefined ? otherwise : wholeNumber(`--${name}`, values[name]);
    const untilMs = values.inputs === undefined ? DEFAULT_FOR_MS : Number.POSITIVE_INFINITY;
    const figures = {
      seed: number('seed', Math.floor(Date.now() / 1000)),
      inputs: number('inputs', Number.POSITIVE_INFINITY),
      forMs: values.for === undefined ? untilMs : parseDurationMs(values.for),
      threads: Math.max(1, number('threads', availableParallelism())),
    };
    // Last, since it loads them all.
    const targets = help ? [] : await chosen(positionals);
    return { ...figures, help, list, prove, json, write, input: values.try, targets };
  } catch (error) {
    return refusalOf(error);
  }
}

/** @throws {Error} where there is none of that name */
async function chosen(names: readonly string[]): Promise<readonly Target[]> {
  const all = (await Promise.all(GROUPS.map(loadGroup))).flat();
  const fits = (name: string) => (target: Target) =>
    target.name === name || target.name.startsWith(`${name}/`);
  const missing = names.find((name) => !all.some(fits(name)));
  if (missing !== undefined)
    throw new Error(
      `there is no target ${missing}: \`./dev fuzz --list\` shows them, and the groups are ${GROUPS.join(', ')}`,
    );
  return names.length === 0 ? all : all.filter((target) => names.some((name) => fits(name)(target)));
}

function say(text: string, status: number): number {
  process.stdout.write(text);
  return status;
}

function complain(sentence: string): number {
  process.stderr.write(`fuzz: ${sentence}\n`);
  return 2;
}

function list(targets: readonly Target[]): number {
  return say(targets.map(({ name, reads }) => `${name.padEnd(24)}${reads}\n`).join(''), 0);
}

async function tryOne(file: string, [target, another]: readonly Target[]): Promise<number> {
  if (target === undefined || another !== undefined)
    return complain('name the one target that is to read it');
  let input: Buffer;
  try {
    input = readFileSync(file);
  } catch (error) {
    return complain(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  const failure = await failureOf(target, input);
  return failure ? say(`${target.name}: ${failure.words}\n`, 1) : say(`${target.name}: all held\n`, 0);
}

async function fuzz({ targets, seed, inputs, forMs, threads, json, write }: Options): Promise<number> {
  const beganMs = performance.now();
  const orders = targets.map(({ name }) => ({ target: name, seed, inputs, forMs }));
  const told = (fuzzed: Fuzzed) => {
    process.stderr.write(`fuzz: ${inWords(fuzzed)}\n`);
    keepFinding(fuzzed);
  };
  const results = await fuzzAll(orders, { threads, told: json ? keepFinding : told });
  const failed = results.filter(({ finding }) => finding !== undefined);
  const figures = {
    ...{ commit: commitHere(), seed, targets: results.length, failed: failed.length },
    inputs: results.reduce((sum, each) => sum + each.inputs, 0),
    tookMs: Math.round(performance.now() - beganMs),
    results: results.map(figuresOf),
  };
  if (write) keepResult(import.meta.url, 'fuzzed.json', figures);
  if (json) say(`${JSON.stringify(figures, null, 2)}\n`, 0);
  else
    say(
      `${failed.map(findingInWords).join('')}${figures.inputs} inputs to ${results.length} parsers in ${formatDuration(figures.tookMs)} (seed ${seed}): ${failed.length} of them failed\n`,
      0,
    );
  return failed.length === 0 ? 0 : 1;
}

function inWords(fuzzed: Fuzzed): string {
  const { target, inputs, blocks, ofBlocks, corpus, finding } = fuzzed;
  const rate = `${inputs} inputs, ${rateOf(fuzzed)} a second`;
  if (finding) return `${target.padEnd(24)}FAILED after ${rate}`;
  return `${target.padEnd(24)}${rate}; ${blocks} of ${ofBlocks} blocks by ${corpus} of them`;
}

function findingInWords({ target, seed, inputs, finding }: Fuzzed): string {
  if (!finding) return '';
  const file = path.relative(process.cwd(), fileOf(target, finding.input));
  return (
    `${target}: ${finding.words}\n  input  ${showInput(finding.input)}\n` +
    `  again  ./dev fuzz --try ${file} ${target}\n  found  ./dev fuzz ${target} --seed ${seed} --inputs ${inputs}\n`
  );
}

function figuresOf(fuzzed: Fuzzed): object {
  const { target, inputs, tookMs, blocks, ofBlocks, corpus, finding } = fuzzed;
  return {
    ...{
      target,
      inputs,
      tookMs: Math.round(tookMs),
      inputsPerSecond: rateOf(fuzzed),
      blocks,
      ofBlocks,
      corpus,
    },
    finding: finding ? { words: finding.words, input: showInput(finding.input) } : null,
  };
}

function rateOf({ inputs, tookMs }: Fuzzed): number {
  return Math.round((1000 * inputs) / tookMs);
}

function keepFinding({ target, finding }: Fuzzed): void {
  if (!finding) return;
  mkdirSync(FOUND_FOLDER, { recursive: true });
  writeFileSync(fileOf(target, finding.input), finding.input);
}

function fileOf(target: string, input: Buffer): string {
  const hash = createHash('sha256').update(input).digest('hex').slice(0, 8);
  return path.join(FOUND_FOLDER, `${target.replace('/', '-')}-${hash}`);
}

async function prove({ targets, json, write, threads }: Options): Promise<number> {
  for (const defect of DEFECTS) assertThere(defect);
  const seed = 1;
  const proofs: { defect: string; target: string; foundAfter: number | null; words: string | null }[] = [];
  const planted = DEFECTS.filter(({ target }) => targets.some(({ name }) => name === target));
  for (const { name, target } of planted) {
    const orders = [{ target, seed, inputs: MOST_INPUTS, forMs: Number.POSITIVE_INFINITY }];
    const [fuzzed] = await fuzzAll(orders, { threads, defect: name });
    const finding = fuzzed?.finding;
    proofs.push({
      ...{ defect: name, target, foundAfter: finding ? (fuzzed?.inputs ?? null) : null },
      words: finding?.words ?? null,
    });
    process.stderr.write(`fuzz: ${name}: ${finding ? `found by input ${fuzzed?.inputs}` : 'NOT FOUND'}\n`);
  }
  const missed = proofs.filter(({ foundAfter }) => foundAfter === null);
  const told = { commit: commitHere(), seed, mostInputs: MOST_INPUTS, proofs };
  if (write) keepResult(import.meta.url, 'proved.json', told);
  if (json) say(`${JSON.stringify(told, null, 2)}\n`, 0);
  else
    say(
      `${proofs.map(({ defect, target, foundAfter }) => `${foundAfter === null ? 'NOT FOUND' : `input ${foundAfter}`.padEnd(12)}  ${target.padEnd(24)}${defect}\n`).join('')}` +
        `${proofs.length - missed.length} of ${proofs.length} planted defects were found\n`,
      0,
    );
  return missed.length === 0 ? 0 : 1;
}
