/**
 * `./dev demo`: the thesis on real guests. One memory-intensive guest is migrated by stock QEMU, which does
 * not get there, then under MP and under forecast, which do; its memory is checked after each.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { MigrationDocument } from '../src/journal/document.ts';
import { FolderJournals } from '../src/journal/folder/folder-journals.ts';
import type { JournalEntry } from '../src/journal/journal-entry.ts';
import { formatBytes, formatDuration } from '../src/model/units.ts';
import { Bed } from './bed.ts';
import { remainingPlot } from './demo/remaining-plot.ts';
import type { Workload } from './guest/workload.ts';
import { documentFrom } from './switchover-process.ts';

const ROOT = path.join(import.meta.dirname, '..');
const STOCK_SECONDS = 25;
const LINK_MBIT = 480;
const MEMORY_MIB = 512;
const WORKLOAD: Workload = { kind: 'loop', wssMiB: 128 };

interface DemoRun {
  readonly label: string;
  readonly document: MigrationDocument;
  readonly entries: readonly JournalEntry[];
  readonly memoryVerified: boolean;
  /** What was checked, or what is wrong. */
  readonly verification: string;
}

const HELP = `./dev demo [--json] [--svg FILE]

Boots a guest that rewrites ${WORKLOAD.wssMiB} MiB in a loop, faster than its ${LINK_MBIT} Mbit/s link can carry, and migrates it
to a second QEMU: by stock QEMU, given up after ${STOCK_SECONDS} s, then under MP, then under forecast, which is the
default. Checks every page of the guest after each run and draws what was left to send over time.

  --json      print {"runs": [...]}, the documents of the migrations, on standard output
  --svg FILE  where the picture goes (default: demo-out/demo.svg in the checkout)
`;

process.exitCode = await main();

async function main(): Promise<number> {
  let options: { json: boolean; svg: string; help: boolean };
  try {
    options = parseArgs({
      options: {
        json: { type: 'boolean', default: false },
        svg: { type: 'string', default: path.join(ROOT, 'demo-out', 'demo.svg') },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    process.stderr.write(`demo: ${(error as Error).message}\n`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const runs = await runAll();
  await mkdir(path.dirname(path.resolve(options.svg)), { recursive: true });
  await writeFile(options.svg, picture(runs));
  const documents = runs.map(({ document, memoryVerified }) => ({ ...document, memoryVerified }));
  process.stdout.write(
    options.json ? `${JSON.stringify({ runs: documents }, null, 2)}\n` : `${sideBySide(runs)}\n`,
  );
  say(`the picture is ${path.relative(process.cwd(), options.svg)}`);
  return whatFailed(runs).length === 0 ? 0 : 1;
}

async function runAll(): Promise<DemoRun[]> {
  const runs: DemoRun[] = [];
  {
    await using bed = await boot();
    say(`stock QEMU, given up after ${STOCK_SECONDS} s:`);
    runs.push(await migrate('stock QEMU', bed, '--policy', 'stock', '--timeout', `${STOCK_SECONDS}s`));
    say('the same guest under MP:');
    runs.push(await migrate('MP', bed, '--policy', 'mp'));
  }
  // Anew, so that nothing is known of it from before but what its probe tells.
  await using bed = await boot();
  say('such a guest under forecast, the default:');
  runs.push(await migrate('forecast', bed));
  return runs;
}

async function boot(): Promise<Bed> {
  say(
    `booting a guest of ${MEMORY_MIB} MiB that rewrites ${WORKLOAD.wssMiB} MiB in a loop, and a QEMU to take it over`,
  );
  return await Bed.make(WORKLOAD, { memoryMiB: MEMORY_MIB }, { rateBitsPerSecond: LINK_MBIT * 1e6 });
}

async function migrate(label: string, bed: Bed, ...policy: string[]): Promise<DemoRun> {
  const running = await bed.migrate('--json', ...policy);
  running.process.stderr?.pipe(process.stderr, { end: false });
  const document = documentFrom(await running.ended);
  const side = document.runsOn === 'destination' ? 'destination' : 'source';
  say(`checking every page of the guest on the ${side}`);
  const arrival = await bed.arrival(side);
  return {
    label,
    document,
    entries: (await new FolderJournals(bed.stateDir).read(document.id, 0, { samples: true })).entries,
    memoryVerified: arrival.ok,
    verification: arrival.reason,
  };
}

function sideBySide(runs: readonly DemoRun[]): string {
  const rows: [string, (run: DemoRun) => string][] = [
    ['', ({ label }) => label],
    [
      'outcome',
      ({ document }) =>
        document.outcome === 'completed' ? 'completed' : `given up after ${STOCK_SECONDS} s`,
    ],
    ['guest runs on', ({ document }) => `the ${document.runsOn}`],
    ['pause', ({ document }) => (document.pauseMs === null ? '-' : formatDuration(document.pauseMs))],
    ['total time', ({ document }) => formatDuration(document.totalMs)],
    ['data sent', ({ document }) => formatBytes(document.sentBytes)],
    ['passes', ({ document }) => String(document.boundaries.length)],
    ['memory', ({ memoryVerified }) => (memoryVerified ? 'every page verified' : 'DAMAGED')],
  ];
  const widths = runs.map((run) => Math.max(...rows.map(([, cell]) => cell(run).length)) + 3);
  const table = rows.map(([name, cell]) =>
    `  ${name.padEnd(15)}${runs.map((run, at) => cell(run).padEnd(widths[at] ?? 0)).join('')}`.trimEnd(),
  );
  return [...table, '', ...whatFailed(runs).map((sentence) => `NOT AS EXPECTED: ${sentence}`)]
    .join('\n')
    .trimEnd();
}

/** The demo proves something only if it can fail. */
function whatFailed(runs: readonly DemoRun[]): string[] {
  return runs.flatMap(({ label, document, memoryVerified, verification }) => {
    const completed = document.outcome === 'completed';
    const failures: string[] = [];
    if (document.policy === 'stock' && completed)
      failures.push('stock QEMU completed, so this guest was not memory-intensive on this machine');
    if (document.policy !== 'stock' && !completed)
      failures.push(`${label} did not complete: ${document.reason}`);
    if (!memoryVerified) failures.push(`memory was lost under ${label}: ${verification}`);
    return failures;
  });
}

function picture(runs: readonly DemoRun[]): string {
  const guest = runs[0]?.document.guest.hypervisor ?? '';
  return remainingPlot(
    runs,
    whatFailed(runs).length === 0
      ? 'A memory-intensive guest: stock QEMU does not get there, switchover does'
      : 'A memory-intensive guest under stock QEMU and switchover: not as expected',
    `${guest}, ${MEMORY_MIB} MiB guest rewriting ${WORKLOAD.wssMiB} MiB in a loop, ${LINK_MBIT} Mbit/s link`,
  );
}

function say(sentence: string): void {
  process.stderr.write(`demo: ${sentence}\n`);
}
