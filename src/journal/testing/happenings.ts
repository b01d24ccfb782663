/** One happening of each kind, with every key that it may have. */
import { NOTHING_KNOWN } from '../../model/foreknowledge.ts';
import type { Happening, Opened } from '../journal-entry.ts';
import type { NewOpening } from '../journal-store.ts';
import type { Outcome } from '../outcome.ts';

/** @param changes what is not as usual */
export function newOpening(changes: Partial<NewOpening> = {}): NewOpening {
  return {
    origin: 'migrate',
    switchoverVersion: '0.1.0',
    vm: 'qmp:/a',
    vmUuid: '7c5d4a3e-0000-4000-8000-000000000001',
    destination: 'qmp:/b',
    migrateUri: 'tcp:10.77.0.2:4444',
    policy: 'mp',
    limits: {
      downtimeMs: 300,
      maxDowntimeMs: 5000,
      timeoutMs: 60_000,
      stallTimeoutMs: 15_000,
      bandwidthBytesPerSecond: 1e9,
      lineRateBytesPerSecond: 2e9,
      overBudget: 'abort',
      brake: 'over-budget',
      brakeForMs: 10_000,
    },
    guest: {
      vm: 'qmp:/a',
      name: 'vm1',
      hypervisor: 'QEMU 10.0.2',
      accelerator: 'kvm',
      machineType: 'pc',
      memoryBytes: 2 ** 29,
      state: 'running',
      migrating: false,
      losesWrites: 'it may',
    },
    initiator: { user: 'admin', uid: 1000, host: 'host1', pid: 4711, command: ['switchover', 'migrate'] },
    reason: 'maintenance of host1',
    correlationId: 'CHG-1',
    continues: '20260101T000000.000-vm1-aaaa',
    inherits: [],
    destinationWaits: true,
    streams: { connections: 2, compression: 'none' },
    encrypted: true,
    ...changes,
  };
}

export const OUTCOME: Outcome = {
  outcome: 'completed',
  runsOn: 'destination',
  reason: 'migrated',
  pauseMs: 240,
  brownOut: { ms: 10, percent: 20 },
  totalMs: 8300,
  sentBytes: 474e6,
  memoryIntensive: true,
  neededPauseMs: null,
  reportedDowntimeMs: 238,
  remotePages: { ms: 7500, allBlockedMs: 230, vcpuBlockedMs: [250, 300], pageLatencyMs: 0.8 },
};

const COUNTERS = { atMs: 3600, pass: 2, sentBytes: 216e6, remainingBytes: 133e6, totalBytes: 537e6 };
const OBSERVATION = { durationMs: 300, bytes: 1e6, unsentBytes: 1e3 };

export const TICK: Extract<Happening, { type: 'tick' }> = {
  type: 'tick',
  tick: { kind: 'tick', ...COUNTERS, throttlePercent: 0 },
};

export const BOUNDARY: Extract<Happening, { type: 'boundary' }> = {
  type: 'boundary',
  boundary: {
    kind: 'boundary',
    ...COUNTERS,
    throttlePercent: 0,
    ended: {
      durationMs: 3600,
      sentBytes: 216e6,
      beganWithBytes: 1e6,
      bandwidthBytesPerSecond: 60e6,
      dirtyRateBytesPerSecond: 37e6,
    },
    lineRateBytesPerSecond: 60e6,
    pauseForecastMs: 2267,
  },
};

const OPENED: Opened = { type: 'opened', id: 'one', ...newOpening() };

export const EVERY_HAPPENING: readonly Happening[] = [
  OPENED,
  {
    type: 'foreseen',
    known: { ...NOTHING_KNOWN, memoryBytes: 1, residentBytes: 2, probes: [OBSERVATION], firstPassBytes: 3 },
    tookMs: 12,
  },
  { type: 'probed', probe: OBSERVATION },
  {
    type: 'before',
    side: 'source',
    settings: {
      parameters: { 'downtime-limit': 300 },
      capabilities: { 'auto-converge': false },
      other: { a: [1] },
    },
  },
  { type: 'restored', side: 'source', problem: null },
  { type: 'intent', intent: 'fence', side: 'destination' },
  { type: 'state', from: 'copying', to: 'stopped' },
  BOUNDARY,
  TICK,
  {
    type: 'decision',
    pass: 2,
    decision: {
      action: 'switchover',
      acceptedPauseMs: 4850,
      lineRateBytesPerSecond: 60e6,
      fixedCostMs: 50,
      reason: 'it fits',
      memoryIntensive: true,
    },
  },
  { type: 'effect', did: 'migrate-set-parameters', set: { downtimeLimitMs: 4850 } },
  { type: 'guest', event: 'stopped', side: 'source' },
  { type: 'status', status: 'active' },
  { type: 'monitor', side: 'destination', state: 'lost', words: 'the connection was closed' },
  { type: 'located', source: 'handed-over', destination: 'running' },
  { type: 'warning', message: 'mind the gap' },
  { type: 'ended', outcome: OUTCOME },
];
