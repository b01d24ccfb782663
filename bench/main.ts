/** `./dev bench NAME [--json]`. Progress on standard error; the result, as text or JSON, on standard output. */
import { parseArgs } from 'node:util';
import { busyCores } from './busy-cores.ts';
import type { BenchResult, Goal } from './goals.ts';
import { parseSeeds, type Seeds } from './unseen/seeds.ts';

interface Options {
  readonly json: boolean;
  readonly quick: boolean;
  readonly fresh: boolean;
  readonly kvm: boolean;
  readonly write: boolean;
  readonly busy: boolean;
  readonly runs: number | undefined;
  readonly cells?: string;
  readonly seeds: Seeds | undefined;
}

const BENCHES: Record<
  string,
  { summary: string; load: () => Promise<{ run: (options: Options) => Promise<BenchResult> }> }
> = {
  accuracy: {
    summary: 'eight workloads, simulated and real: total time, data and pause (4 min)',
    load: () => import('./accuracy.ts'),
  },
  fleet: {
    summary:
      'drains of a thousand simulated hosts, 50 at once, by four controllers on a real PostgreSQL (16 min; --quick: 2 min, smaller)',
    load: () => import('./fleet.ts'),
  },
  latency: {
    summary: 'how fast switchover reacts, and what it costs (2 min)',
    load: () => import('./latency.ts'),
  },
  convergence: {
    summary:
      'five times each: stock, mp and forecast on a memory-intensive guest; emulated, forecast on an idle one (6 min); with --kvm, forecast with a brake that pays (15 min)',
    load: () => import('./convergence.ts'),
  },
  brake: {
    summary:
      "five times each: guests braked to a pause below 500 ms by QEMU's throttle (5 min); with --kvm to one below 1 s by a quota, and Redis with a brake that pays (11 min)",
    load: () => import('./brake.ts'),
  },
  compress: {
    summary: 'five times each: random, text-like and mostly zero memory, with and without --compress (6 min)',
    load: () => import('./compress.ts'),
  },
  drain: {
    summary:
      'simulated hosts emptied in every order and width over 1, 10 and 25 Gbit/s, and their plans (2 min)',
    load: () => import('./drain.ts'),
  },
  drains: {
    summary:
      "a thousand drains with faults, of hosts and controllers: what each came to, by the hosts' own record (15 min; --quick: 1 min, 60 of them)",
    load: () => import('./drains.ts'),
  },
  explore: {
    summary: 'how many migrations a second ./dev explore tries (1 min)',
    load: () => import('./explore.ts'),
  },
  faults: {
    summary: 'monitors lost, silent and killed in every phase: the table of docs/safety.md (15 min)',
    load: () => import('./faults/faults.ts'),
  },
  libvirt: {
    summary: 'five times each between libvirt hosts: plain virsh, with watch beside it, migrate (6 min)',
    load: () => import('./libvirt.ts'),
  },
  limits: {
    summary: 'five times each: a healthy guest under --max-downtime 200 and 300 ms (2 min)',
    load: () => import('./limits.ts'),
  },
  managers: {
    summary:
      "five times each between libvirt hosts: a migration that Nova's and oVirt's rules steer and give up, alone and with watch (14 min)",
    load: () => import('./managers.ts'),
  },
  model: {
    summary: 'a decision of every policy, and fleets of up to 100,000 simulated migrations (1 min)',
    load: () => import('./model.ts'),
  },
  plan: {
    summary: 'what plan told of 22 real migrations against what then happened (7 min)',
    load: () => import('./plan.ts'),
  },
  policies: {
    summary: 'every policy and peer on the same guests (under 2 h; --quick: 7 min); goes on where it was',
    load: () => import('./policies.ts'),
  },
  check: {
    summary: 'a quick run of policies against bench/results/: names what got worse (6 min)',
    load: () => import('./check.ts'),
  },
  report: {
    summary: 'makes docs/benchmarks.md from bench/results/; runs nothing',
    load: () => import('./report.ts'),
  },
  service: {
    summary:
      'serve with 300 simulated migrations, and with 50 open pages: how late decisions and pages are, memory, size (7 min; --quick: 2 min, smaller)',
    load: () => import('./service.ts'),
  },
  share: {
    summary:
      'four memory-intensive guests leave a libvirt host: one after the other, together, with share-link, and by a drain (9 min)',
    load: () => import('./share.ts'),
  },
  size: {
    summary:
      'guests of 1, 4 and 8 GiB over links of 0.5, 2 and 10 Gbit/s: pauses foretold and what they were (10 min)',
    load: () => import('./size.ts'),
  },
  startup: {
    summary: 'how long --help and other short commands take (1 min)',
    load: () => import('./startup.ts'),
  },
  unseen: {
    summary:
      'a thousand simulated guests from seeds: forecast, mp, a simple rule and peers against hindsight (1 min)',
    load: () => import('./unseen.ts'),
  },
  watch: {
    summary: 'a host with 20 domains: how fast 4 migrations are taken over, and an idle minute (4 min)',
    load: () => import('./watch.ts'),
  },
};

process.exitCode = await main();

async function main(): Promise<number> {
  let parsed: {
    values: Omit<Options, 'runs' | 'seeds'> & {
      runs?: string | undefined;
      seeds?: string | undefined;
      help: boolean;
    };
    positionals: string[];
  };
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        fresh: { type: 'boolean', default: false },
        kvm: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        busy: { type: 'boolean', default: false },
        runs: { type: 'string' },
        seeds: { type: 'string' },
        cells: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    return complain((error as Error).message);
  }
  const [name, ...extra] = parsed.positionals;
  if (parsed.values.help) {
    process.stdout.write(help());
    return 0;
  }
  if (name === undefined) return complain(`name one of: ${Object.keys(BENCHES).join(', ')}`);
  const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
  if (!bench)
    return complain(`there is no benchmark "${name}": name one of ${Object.keys(BENCHES).join(', ')}`);
  if (extra.length > 0) return complain(`"${extra[0]}" is one name too many`);
  const { runs, seeds: seedsText, ...options } = parsed.values;
  if (runs !== undefined && !/^[1-9]\d{0,2}$/.test(runs))
    return complain(`--runs ${runs}: give a whole number above zero`);
  const seeds = seedsText === undefined ? undefined : parseSeeds(seedsText);
  if (seeds === null) return complain(`--seeds ${seedsText}: give two numbers, as in 1000..1999`);
  const { run } = await bench.load();
  using _ = parsed.values.busy ? busyCores() : undefined;
  const result = await run({ ...options, seeds, runs: runs === undefined ? undefined : Number(runs) });
  process.stdout.write(parsed.values.json ? `${JSON.stringify(result, null, 2)}\n` : text(result));
  return result.goals.every(({ met }) => met) ? 0 : 1;
}

function help(): string {
  const lines = Object.entries(BENCHES).map(([name, { summary }]) => `  ${name.padEnd(13)}${summary}`);
  return `./dev bench NAME [--json]\n\n${lines.join('\n')}\n\npolicies: --quick is a small matrix, --fresh forgets the runs that are there.\nbrake, convergence: --kvm has its guests on KVM, in a host that QEMU emulates.\nconvergence: --runs N; --write makes docs/convergence.md.\nfaults: --cells PATTERN runs those (destination/lost/*,source/killed), --fresh again.\nunseen: --seeds A..B (1000..1999; those below 1000 are for tuning); --write keeps the result in bench/results/.\nservice: --quick is smaller, and proves nothing of 300; --write keeps the result in bench/results/.\nlatency, watch: --busy beside processes that keep every core busy, with goals of their own.\nExits 1 where a goal is missed. Nothing else should run meanwhile.\n`;
}

function text({ figures, goals }: BenchResult): string {
  const row = ({ name, value, unit, limit, met }: Goal) =>
    `  ${met ? 'met   ' : 'MISSED'}  ${name}: ${value} ${unit} (goal ${limit})`;
  return `${JSON.stringify(figures, null, 2)}\n\n${goals.map(row).join('\n')}\n`;
}

function complain(sentence: string): number {
  process.stderr.write(`bench: ${sentence}\n`);
  return 2;
}
