/**
 * `./dev demo`: the thesis on real guests. One memory-intensive guest is migrated by stock QEMU, which does
 * not get there, and then under MP, which does; its memory is checked after each.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { MigrationDocument } from '../src/migration/document.ts';
import type { JournalEntry } from '../src/migration/journal-entry.ts';
import { findJournal, readJournal } from '../src/migration/journal-file.ts';
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
  readonly document: MigrationDocument;
  readonly entries: readonly JournalEntry[];
  readonly memoryVerified: boolean;
  /** What was checked, or what is wrong. */
  readonly verification: string;
}

const HELP = `./dev demo [--json] [--svg FILE]

Boots a guest that rewrites ${WORKLOAD.wssMiB} MiB in a loop, faster than its ${LINK_MBIT} Mbit/s link can carry, and migrates it
to a second QEMU: first by stock QEMU, given up after ${STOCK_SECONDS} s, then under MP. Checks every page of the guest
after each run and draws what was left to send over time.

  --json      print {"runs": [...]}, the documents of both migrations, on standard output
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
  const [stock, mp] = await runBoth();
  await mkdir(path.dirname(path.resolve(options.svg)), { recursive: true });
  await writeFile(options.svg, picture(stock, mp));
  const runs = [stock, mp].map(({ document, memoryVerified }) => ({ ...document, memoryVerified }));
  process.stdout.write(
    options.json ? `${JSON.stringify({ runs }, null, 2)}\n` : `${sideBySide(stock, mp)}\n`,
  );
  say(`the picture is ${path.relative(process.cwd(), options.svg)}`);
  return whatFailed(stock, mp).length === 0 ? 0 : 1;
}

async function runBoth(): Promise<[DemoRun, DemoRun]> {
  say(
    `booting a guest of ${MEMORY_MIB} MiB that rewrites ${WORKLOAD.wssMiB} MiB in a loop, and a QEMU to take it over`,
  );
  await using bed = await Bed.make(
    WORKLOAD,
    { memoryMiB: MEMORY_MIB },
    { rateBitsPerSecond: LINK_MBIT * 1e6 },
  );
  say(`stock QEMU, given up after ${STOCK_SECONDS} s:`);
  const stock = await migrate(bed, '--policy', 'stock', '--timeout', `${STOCK_SECONDS}s`);
  say('the same guest under MP:');
  return [stock, await migrate(bed, '--policy', 'mp')];
}

async function migrate(bed: Bed, ...policy: string[]): Promise<DemoRun> {
  const running = await bed.migrate('--json', ...policy);
  running.process.stderr?.pipe(process.stderr, { end: false });
  const document = documentFrom(await running.ended);
  const side = document.runsOn === 'destination' ? 'destination' : 'source';
  say(`checking every page of the guest on the ${side}`);
  const arrival = await bed.arrival(side);
  return {
    document,
    entries: readJournal(findJournal(bed.stateDir, document.id)),
    memoryVerified: arrival.ok,
    verification: arrival.reason,
  };
}

function sideBySide(stock: DemoRun, mp: DemoRun): string {
  const rows: [string, (run: DemoRun) => string][] = [
    ['', ({ document }) => (document.policy === 'mp' ? 'MP' : 'stock QEMU')],
    [
      'outcome',
      ({ document }) =>
        document.outcome === 'completed' ? 'completed' : `not converged, given up after ${STOCK_SECONDS} s`,
    ],
    ['guest runs on', ({ document }) => `the ${document.runsOn}`],
    ['pause', ({ document }) => (document.pauseMs === null ? '-' : formatDuration(document.pauseMs))],
    ['total time', ({ document }) => formatDuration(document.totalMs)],
    ['data sent', ({ document }) => formatBytes(document.sentBytes)],
    ['passes', ({ document }) => String(document.boundaries.length)],
    ['memory', ({ memoryVerified }) => (memoryVerified ? 'every page verified' : 'DAMAGED')],
  ];
  const width = Math.max(...rows.map(([, cell]) => cell(stock).length));
  const table = rows.map(([name, cell]) => `  ${name.padEnd(15)}${cell(stock).padEnd(width + 3)}${cell(mp)}`);
  return [...table, '', ...whatFailed(stock, mp).map((sentence) => `NOT AS EXPECTED: ${sentence}`)]
    .join('\n')
    .trimEnd();
}

/** The demo proves something only if it can fail. */
function whatFailed(stock: DemoRun, mp: DemoRun): string[] {
  const failures: string[] = [];
  if (stock.document.outcome === 'completed')
    failures.push('stock QEMU completed, so this guest was not memory-intensive on this machine');
  if (mp.document.outcome !== 'completed') failures.push(`MP did not complete: ${mp.document.reason}`);
  for (const run of [stock, mp])
    if (!run.memoryVerified) failures.push(`memory was lost: ${run.verification}`);
  return failures;
}

function picture(stock: DemoRun, mp: DemoRun): string {
  const { guest } = mp.document;
  return remainingPlot(
    [
      { label: 'stock QEMU', entries: stock.entries },
      { label: 'MP', entries: mp.entries },
    ],
    whatFailed(stock, mp).length === 0
      ? 'A memory-intensive guest: stock QEMU does not get there, MP does'
      : 'A memory-intensive guest under stock QEMU and MP: not as expected',
    `${guest.hypervisor}, ${MEMORY_MIB} MiB guest rewriting ${WORKLOAD.wssMiB} MiB in a loop, ${LINK_MBIT} Mbit/s link`,
  );
}

function say(sentence: string): void {
  process.stderr.write(`demo: ${sentence}\n`);
}
