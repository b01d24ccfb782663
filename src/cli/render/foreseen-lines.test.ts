import { expect, test } from 'vitest';
import { NOTHING_KNOWN } from '../../model/foreknowledge.ts';
import { foreseenLines } from './foreseen-lines.ts';

const probe = { durationMs: 300, bytes: 134e6 };

test('a line tells what is known of the guest, and none says that nothing is', () => {
  expect(foreseenLines(NOTHING_KNOWN)).toEqual([]);
  expect(foreseenLines({ ...NOTHING_KNOWN, probes: [probe], earlierPasses: [probe, probe] })).toEqual([
    'known of the guest: it dirtied 134 MB within 300 ms; 2 passes of its earlier migrations are known',
  ]);
});
