/** What a screen reader could not read, by axe. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** @returns the rules that are broken, each with where; axe itself comes in past the policy of the page */
export async function axeFindings(shown: Page): Promise<string[]> {
  const context = shown.context();
  const session = await context.newCDPSession(shown);
  await session.send('Runtime.evaluate', { expression: await readFile(AXE, 'utf8') });
  const { result } = await session.send('Runtime.evaluate', {
    awaitPromise: true,
    returnByValue: true,
    expression: `axe.run().then(({ violations, passes }) => ({
      passed: passes.length,
      found: violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + target + ': ' + failureSummary)),
    }))`,
  });
  const { found, passed } = result.value as { found: string[]; passed: number };
  expect(passed).toBeGreaterThan(15);
  return found;
}
