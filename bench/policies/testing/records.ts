/** Records of runs that never were. */
import type { CellRecord } from '../record.ts';
import type { PoliciesResult } from '../result.ts';

export function record(what: Partial<CellRecord> = {}): CellRecord {
  return {
    ...{
      guest: 'loop',
      contender: 'forecast',
      repeat: 1,
      stage: 'matrix',
      limitMs: null,
      allowedPauseMs: null,
      args: [],
    },
    ...{ success: true, outcome: 'completed', reason: 'migrated', totalMs: 6000, probeMs: 300 },
    ...{ sentBytes: 350e6, pauseMs: 2400, reportedDowntimeMs: 2400, brownOutMs: null, throttlePercent: 0 },
    ...{ memoryOk: true, memoryReason: 'all pages are right', cpuMs: 500, maxRssBytes: 90e6 },
    boundaries: [
      { pass: 1, atMs: 0, sentBytes: 0, remainingBytes: 536e6 },
      { pass: 2, atMs: 3500, sentBytes: 210e6, remainingBytes: 134e6 },
    ],
    ...{ decisions: [], tookMs: 10_000, finishedAt: '2026-11-23T00:00:00.000Z' },
    ...what,
  };
}

export function result(runs: readonly CellRecord[], what: Partial<PoliciesResult> = {}): PoliciesResult {
  return {
    ...{ bench: 'policies', quick: false, runs, broken: [] },
    environment: {
      ...{ qemu: 'QEMU emulator version 10.0.2', kernel: 'Linux 6.1', cpu: 'a processor', cores: 2 },
      ...{
        memoryBytes: 4e9,
        node: 'v24.0.0',
        commit: 'abc',
        date: '2026-11-23',
        command: './dev bench policies',
      },
    },
    settings: { repeats: 5, timeLimitMs: 30_000, rateBitsPerSecond: 480e6, memoryMiB: 512, seed: 1 },
    guests: [
      {
        name: 'loop',
        summary: 'rewrites 128 MiB',
        class: 'intensive',
        peers: true,
        rateBitsPerSecond: 480e6,
        timeLimitMs: 30_000,
      },
    ],
    ...what,
  };
}
