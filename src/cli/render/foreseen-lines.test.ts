import { expect, test } from 'vitest';
import { NOTHING_KNOWN } from '../../model/foreknowledge.ts';
import { foreseenLines } from './foreseen-lines.ts';

const probe = { durationMs: 300, bytes: 134e6 };

test('a line tells what is known of the guest, and what its switchover is taken to cost', () => {
  expect(foreseenLines(NOTHING_KNOWN)).toEqual([
    "known of the guest: about 50 ms, at most 200 ms of a switchover's pause are not memory: none was seen over this link",
  ]);
  const switchover = { pauseMs: 1080, bytes: 100e6, lineRateBytesPerSecond: 100e6 };
  expect(foreseenLines({ ...NOTHING_KNOWN, switchovers: Array(4).fill(switchover) })).toEqual([
    "known of the guest: about 80 ms, at most 85 ms of a switchover's pause are not memory: by 4 over this link",
  ]);
  expect(foreseenLines({ ...NOTHING_KNOWN, probes: [probe], earlierPasses: [probe, probe] })).toEqual([
    'known of the guest: it dirtied 134 MB within 300 ms; 2 passes of its earlier migrations are known; ' +
      "about 50 ms, at most 200 ms of a switchover's pause are not memory: none was seen over this link",
  ]);
});
