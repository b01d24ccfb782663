/** `./dev soak`: the same migration again and again, on real hosts, and what that leaves behind. See HELP. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { commitHere, keepResult, refusalOf, runCommand, wholeNumber } from '../lab/dev-command.ts';
import type { Course, Footprint, Hop } from './course.ts';
import { FaultCourse } from './fault-course.ts';
import { LibvirtCourse } from './libvirt-course.ts';
import { QemuCourse } from './qemu-course.ts';
import { inWords, isSound, summaryOf } from './summary.ts';

const HELP = `./dev soak [--count 200] [--driver qemu|libvirt] [--faults] [--seed N] [--json] [--write]

A memory-intensive guest and an idle one go to and fro between two real hosts. After each migration both hosts are asked who
runs the guest, the guest checks all its memory, and what was set is compared with what was set before.

  --count 200      so many migrations (the default)
  --driver qemu    between QEMUs by their monitors (the default), or libvirt: between two libvirtds, beside a
                   \`switchover watch\` that takes over those that plain virsh begins
  --faults         a fault of the matrix in docs/safety.md strikes each migration (qemu only)
  --seed 1         draws options and faults; the default is another at each call, and is told
  --write          keeps the figures in soak/results/
  --json           as JSON

Exits 1 where anything was lost, doubled, left behind or grew. What was said of a migration with a problem is kept below
.cache/soak/.
  ./dev soak --count 20
  ./dev soak --count 50 --faults
`;

const NUMBERS = { mostDigits: 12 };
const LOGS = path.join(import.meta.dirname, '..', '.cache', 'soak');

interface Options {
  readonly help: boolean;
  readonly count: number;
  readonly driver: 'qemu' | 'libvirt';
  readonly faults: boolean;
  readonly seed: number;
  readonly json: boolean;
  readonly write: boolean;
}

process.exitCode = await runCommand({ name: 'soak', help: HELP }, options(), soak);

async function soak(parsed: Options): Promise<number> {
  let interrupted = false;
  process.once('SIGINT', () => {
    interrupted = true;
    say('ends after this migration');
  });
  const startedMs = performance.now();
  await using course = await courseOf(parsed);
  const hops: Hop[] = [];
  const footprints: Footprint[] = [];
  while (hops.length < parsed.count && !interrupted) {
    const number = hops.length + 1;
    const hop = await course.hop(number);
    hops.push(hop);
    footprints.push(await course.footprint());
    const meanMs = (performance.now() - startedMs) / number;
    say(
      `${number} of ${parsed.count}: ${lineOf(hop)}; about ${Math.ceil((meanMs * (parsed.count - number)) / 60_000)} min left`,
    );
    if (hop.problems.length > 0) keepLog(parsed, number, hop);
  }
  const { driver, faults, seed } = parsed;
  const summary = summaryOf(hops, footprints);
  const told = {
    driver,
    faults,
    seed,
    commit: commitHere(),
    tookMs: Math.round(performance.now() - startedMs),
    ...summary,
  };
  if (parsed.write) keepResult(import.meta.url, `${driver}${faults ? '-faults' : ''}.json`, told);
  process.stdout.write(parsed.json ? `${JSON.stringify(told, null, 2)}\n` : inWords(summary));
  return isSound(summary) ? 0 : 1;
}

async function courseOf({ driver, faults, seed }: Options): Promise<Course> {
  say(`seed ${seed}; starting the hosts`);
  if (faults) return new FaultCourse(seed, say);
  return driver === 'libvirt' ? await LibvirtCourse.open(seed) : new QemuCourse(seed);
}

/** @returns a sentence where they are not understood */
function options(): Options | string {
  try {
    const { values } = parseArgs({
      options: {
        count: { type: 'string', default: '200' },
        driver: { type: 'string', default: 'qemu' },
        faults: { type: 'boolean', default: false },
        seed: { type: 'string', default: String(Math.floor(Date.now() / 1000)) },
        json: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const { driver, faults, json, write, help } = values;
    if (driver !== 'qemu' && driver !== 'libvirt') return `--driver ${driver}: it takes qemu or libvirt`;
    if (faults && driver === 'libvirt')
      return '--faults: the fault matrix is of QEMU: leave --driver libvirt out';
    const count = wholeNumber('--count', values.count, NUMBERS);
    if (count === 0) return '--count 0: give one migration at the least';
    return { driver, faults, json, write, help, count, seed: wholeNumber('--seed', values.seed, NUMBERS) };
  } catch (error) {
    return refusalOf(error);
  }
}

function lineOf({ what, problems, pauseMs, tookMs }: Hop): string {
  const pause = pauseMs === null ? 'pause not known' : `pause ${Math.round(pauseMs)} ms`;
  const end = problems.length === 0 ? 'all right' : `PROBLEM: ${problems.join('; ')}`;
  return `${what}: ${pause}, ${(tookMs / 1000).toFixed(1)} s, ${end}`;
}

function keepLog({ driver, seed }: Options, number: number, { what, problems, log }: Hop): void {
  mkdirSync(LOGS, { recursive: true });
  writeFileSync(
    path.join(LOGS, `${driver}-${seed}-${number}.log`),
    `${what}\n${problems.join('\n')}\n\n${log}`,
  );
}

function say(sentence: string): void {
  process.stderr.write(`soak: ${sentence}\n`);
}
