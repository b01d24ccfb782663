/**
 * `./dev bench faults [--cells PATTERN] [--fresh]`: the fault matrix on real QEMU, and its table in docs/safety.md.
 *
 * How a cell is run and judged, and how its failure is read, is told in test/faults/run-cell.ts. A cell that has been
 * run with this very tree is not run again (without --fresh); the table is written when all of them have been.
 */
import { DEFAULT_QEMU_BINARY, qemuVersion } from '../../lab/qemu-version.ts';
import { CELLS, cellsLike, nameOf } from '../../test/faults/cell.ts';
import { FaultBed } from '../../test/faults/fault-bed.ts';
import { atLeast, type BenchResult } from '../goals.ts';
import type { CellRecord } from './record.ts';
import { commitNow, FaultStore } from './store.ts';
import { writeTable } from './table.ts';

/** Of a cell, before any was run. */
const GUESSED_MS = 18_000;

export async function run(options: {
  readonly cells?: string;
  readonly fresh: boolean;
}): Promise<BenchResult> {
  const wanted = options.cells === undefined ? CELLS : cellsLike(options.cells);
  const store = new FaultStore();
  const there = new Set(options.fresh ? [] : store.all().map(({ name }) => name));
  const left = wanted.filter((cell) => !there.has(nameOf(cell)));
  if (left.length < wanted.length) say(`${wanted.length - left.length} cells are there already`);
  const about = {
    commit: commitNow(),
    hypervisor: `QEMU ${(await qemuVersion(DEFAULT_QEMU_BINARY)).text} (TCG)`,
  };
  const notRun: string[] = [];
  await using bed = new FaultBed(say);
  for (const [index, cell] of left.entries()) {
    const name = nameOf(cell);
    say(
      `${index + 1} of ${left.length}: ${name}; about ${minutesLeft(store.all(), left.length - index)} min left`,
    );
    const startedMs = performance.now();
    try {
      const { timeline, reusable: _, ...result } = await bed.run(cell);
      const tookMs = Math.round(performance.now() - startedMs);
      const record: CellRecord = { ...result, ...about, at: new Date().toISOString(), tookMs };
      const log = store.save(record, timeline);
      say(`${name}: ${result.passed ? 'holds' : `FAILS: ${result.problems.join('; ')} (${log})`}`);
    } catch (error) {
      notRun.push(`${name}: ${(error as Error).message}`);
      say(`${name}: could not be run: ${(error as Error).message}`);
    }
  }
  const records = inOrder(store.all());
  if (records.length === CELLS.length) writeTable(records);
  else say(`docs/safety.md is left as it is: ${CELLS.length - records.length} cells have not been run`);
  const shown = records.filter(({ name }) => wanted.some((cell) => nameOf(cell) === name));
  const passed = shown.filter((record) => record.passed);
  return {
    bench: 'faults',
    figures: { notRun, cells: shown },
    goals: [atLeast('cells that hold', passed.length, `of ${wanted.length}`, wanted.length)],
  };
}

function inOrder(records: readonly CellRecord[]): CellRecord[] {
  return CELLS.flatMap((cell) => records.filter(({ name }) => name === nameOf(cell)));
}

function minutesLeft(records: readonly CellRecord[], count: number): number {
  const meanMs =
    records.length === 0 ? GUESSED_MS : records.reduce((sum, { tookMs }) => sum + tookMs, 0) / records.length;
  return Math.ceil((meanMs * count) / 60_000);
}

function say(sentence: string): void {
  process.stderr.write(`bench: ${sentence}\n`);
}
