import { expect, test } from 'vitest';
import type { CellRecord } from './record.ts';
import { tableOf, withTable } from './table.ts';

const HOLDS: CellRecord = {
  name: 'destination/lost/later-pass',
  passed: true,
  problems: [],
  exitStatus: 6,
  reason: 'the destination is not reached',
  hand: 'then `attach`, exit 0',
  runsOn: 'destination',
  stoodStillMs: 1400,
  commit: '1234567',
  at: '2026-01-01T00:00:00.000Z',
  hypervisor: 'QEMU 10.0.2 (TCG)',
  tookMs: 15_000,
};

test('tells of each cell how it ended, and of a failure what was wrong', () => {
  const failed: CellRecord = {
    ...HOLDS,
    name: 'source/killed/stopped',
    passed: false,
    problems: ['both QEMUs ran the guest at once, for 12 ms'],
    hand: '',
    runsOn: 'both',
    exitStatus: 4,
  };
  const table = tableOf([HOLDS, failed]);
  expect(table).toMatch(/^1 of 2 cells hold, at 1234567 with QEMU 10\.0\.2 \(TCG\)/);
  expect(table).toMatch(
    /^\| destination: connection lost for good \| not run \| destination, exit 6; then `attach`, exit 0, stood still 1\.4 s \|/m,
  );
  expect(table).toMatch(/^\| source: QEMU killed \| not run \| not run \| \*\*fails\*\*: both, exit 4/m);
  expect(table).toMatch(/^- source\/killed\/stopped: both QEMUs ran the guest at once, for 12 ms$/m);
});

test('goes between its marks, and nowhere else', () => {
  const page = 'above\n<!-- matrix:begin -->\nold\n<!-- matrix:end -->\nbelow\n';
  expect(withTable(page, 'new\n')).toBe('above\n<!-- matrix:begin -->\nnew\n<!-- matrix:end -->\nbelow\n');
  expect(() => withTable('a page without marks', 'new\n')).toThrow(/has no "<!-- matrix:begin -->"/);
});
