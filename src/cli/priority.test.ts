import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** A process of its own: what is asked for here would stay with the tests. */
const PROGRAM = `
  const { beScheduledPromptly } = await import(process.argv[1]);
  const { spawn } = await import('node:child_process');
  const os = await import('node:os');
  beScheduledPromptly();
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  await new Promise((resolve) => child.once('spawn', () => setImmediate(resolve)));
  console.log(JSON.stringify({ own: os.getPriority(), child: os.getPriority(child.pid) }));
  child.kill();
`;

test('children are no more urgent than the unit says, however urgent we are', async () => {
  const module = path.join(import.meta.dirname, 'priority.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--input-type=module', '--eval', PROGRAM],
    module,
  ]);
  const { own, child } = JSON.parse(stdout) as { own: number; child: number };
  // Without root nothing was granted, and the child has what we have.
  expect(child).toBe(own < -7 ? -7 : own);
});
