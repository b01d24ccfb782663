/** Whole drains with faults that nobody chose. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

test('forty drains come to a true end, whatever happens meanwhile', { timeout: 900_000 }, () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [MAIN, '--drains', '--seeds', '40', '--json'],
    {
      encoding: 'utf8',
    },
  );
  expect(status, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ wrong: [], twice: [], refused: [], claims: 0 });
  expect(JSON.parse(stdout).drains).toBeGreaterThanOrEqual(40);
});
