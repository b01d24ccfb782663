import { expect, test } from 'vitest';
import type { DrainStatus } from '../../fleet/drain-status.ts';
import { drainStatusText, drainsText } from './drain-status-text.ts';

const DRAIN: DrainStatus = {
  ...{ schema: 1, id: '0f5e3b1a-0000', host: 'a', kind: 'drain', state: 'draining', words: 'draining' },
  ...{ outcome: null, exitStatus: 0, requestedBy: 'root', reason: null, priority: 0, heldBy: null },
  ...{ begun: '2026-11-29T20:00:00.000Z', deadline: null, trouble: null, vms: [] },
};

test('a priority among drains is told where there is one', () => {
  const first = { ...DRAIN, priority: 7 };
  expect(drainStatusText(DRAIN)).not.toContain('priority');
  expect(drainStatusText(first)).toContain('priority 7 among drains');
  expect(drainsText([DRAIN])).not.toContain('PRIORITY');
  expect(drainsText([DRAIN, first])).toMatch(/PRIORITY[\s\S]* 0 [\s\S]* 7 /);
});
