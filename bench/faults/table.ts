/** The matrix as a table in docs/safety.md, between two marks. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { formatDuration } from '../../src/model/units.ts';
import { FAULTS, type Fault, nameOf, PHASES, type Phase, SIDES } from '../../test/faults/cell.ts';
import type { CellRecord } from './record.ts';

const FILE = path.join(import.meta.dirname, '..', '..', 'docs', 'safety.md');
const BEGIN = '<!-- matrix:begin -->';
const END = '<!-- matrix:end -->';

/** Between two beats of a guest that runs, on a busy machine. */
const NO_PAUSE_MS = 250;

const FAULT_WORDS: Record<Fault, string> = {
  'lost-2s': 'connection lost for 2 s',
  lost: 'connection lost for good',
  'silent-3s': 'silent for 3 s',
  silent: 'silent for good',
  killed: 'QEMU killed',
};
const PHASE_WORDS: Record<Phase, string> = {
  'pass-1': 'in pass 1',
  'later-pass': 'in a later pass',
  stopped: 'while stopped',
  completed: 'just after completion',
  cancel: 'in a cancel',
  'cancel-stopped': 'in a cancel while stopped',
};

/** @throws {Error} when the marks are not there */
export function writeTable(records: readonly CellRecord[]): void {
  writeFileSync(FILE, withTable(readFileSync(FILE, 'utf8'), tableOf(records)));
}

/** @throws {Error} when the marks are not there */
export function withTable(page: string, table: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`docs/safety.md has no "${BEGIN}" before a "${END}"`);
  return `${page.slice(0, from + BEGIN.length)}\n${table}${page.slice(to)}`;
}

export function tableOf(records: readonly CellRecord[]): string {
  const byName = new Map(records.map((record) => [record.name, record]));
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  const rows = SIDES.flatMap((side) =>
    FAULTS.map((fault) =>
      row([
        `${side}: ${FAULT_WORDS[fault]}`,
        ...PHASES.map((phase) => inWords(byName.get(nameOf({ side, fault, phase })))),
      ]),
    ),
  );
  return [
    `${introduction(records)}\n\n`,
    row(['what is lost', ...PHASES.map((phase) => PHASE_WORDS[phase])]),
    row(['---', ...PHASES.map(() => '---')]),
    ...rows,
    remarks(records),
  ].join('');
}

function introduction(records: readonly CellRecord[]): string {
  const passed = records.filter((record) => record.passed).length;
  const commits = [...new Set(records.map(({ commit }) => commit))].join(', ');
  const hypervisors = [...new Set(records.map(({ hypervisor }) => hypervisor))].join(', ');
  return (
    `${passed} of ${records.length} cells hold, at ${commits} with ${hypervisors}. ` +
    'Each tells who runs the guest in the end, the exit status, the hand that exit status 6 named, and for how long ' +
    'the guest stood still at most (some 5 s of look around before a hand is lent included).'
  );
}

function inWords(record: CellRecord | undefined): string {
  if (!record) return 'not run';
  const still = record.runsOn !== 'nobody' && record.stoodStillMs > NO_PAUSE_MS;
  const stood = still ? `, stood still ${formatDuration(record.stoodStillMs)}` : '';
  const hand = record.hand === '' ? '' : `; ${record.hand}`;
  const end = `${record.runsOn}, exit ${record.exitStatus ?? 'none'}${hand}${stood}`;
  return record.passed ? end : `**fails**: ${end}`;
}

function remarks(records: readonly CellRecord[]): string {
  const failed = records.filter(({ passed }) => !passed);
  if (failed.length === 0) return '';
  return `\n${failed.map(({ name, problems }) => `- ${name}: ${problems.join('; ')}\n`).join('')}`;
}
