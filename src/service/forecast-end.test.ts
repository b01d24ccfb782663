/** Against what then happened: simulated guests, migrated by the supervisor that production uses. */
import { describe, expect, test } from 'vitest';
import { simulatedAddress } from '../hypervisor/simulated/address.ts';
import { constantLink } from '../hypervisor/simulated/link.ts';
import { cyclic } from '../hypervisor/simulated/memory/cyclic.ts';
import { uniform } from '../hypervisor/simulated/memory/uniform.ts';
import type { ScenarioInput } from '../hypervisor/simulated/scenario.ts';
import { SimulatedHypervisor, simulatedDestination } from '../hypervisor/simulated/simulated-hypervisor.ts';
import { JOURNAL_SCHEMA, type JournalEntry } from '../journal/journal-entry.ts';
import { foldEntry, type MigrationView, openView } from '../journal/view.ts';
import type { DirtyObservation } from '../model/dirty-curve.ts';
import type { Tick } from '../model/observation.ts';
import { choosePolicy } from '../policy/policies.ts';
import { DEFAULT_LIMITS, type Limits } from '../policy/policy.ts';
import { foreseenBy, hostsFor, runOne } from '../simulate/run-one.ts';
import { type ForecastEnd, forecastEndOf } from './forecast-end.ts';

const MIB = 2 ** 20;
const CALM: ScenarioInput = {
  memoryBytes: 2048 * MIB,
  memory: uniform({ workingSetBytes: 300 * MIB, writeRateBytesPerSecond: 20 * MIB }),
  link: constantLink(110 * MIB),
  tickMs: 250,
};
/** Its set is rewritten within every pass: the pause is 2.4 s whenever it comes. */
const BUSY: ScenarioInput = {
  ...CALM,
  memory: cyclic({ workingSetBytes: 256 * MIB, writeRateBytesPerSecond: 900 * MIB }),
};

interface Asked {
  readonly atMs: number;
  readonly entry: JournalEntry['type'];
  readonly end: ForecastEnd | null;
}

/** @returns what was forecast after each entry, and when the guest really ran on the destination */
async function forecastsOf(
  guest: ScenarioInput,
  { policy = 'forecast', earlierPasses = [], ...given }: Partial<Limits> & Given = {},
): Promise<{ readonly asked: readonly Asked[]; readonly arrivedMs: number | undefined }> {
  const kind = choosePolicy(policy);
  const limits = { ...DEFAULT_LIMITS, ...given };
  const known = { ...(await foreseenBy(hostsFor(guest, kind, limits), limits)), earlierPasses };
  const record = await new SimulatedHypervisor({ guest }).inspect(simulatedAddress('guest'));
  const asked: Asked[] = [];
  const ticks: Tick[] = [];
  let arrivedMs: number | undefined;
  const view: MigrationView = openView({
    ...{ type: 'opened', id: 'm', origin: 'migrate', switchoverVersion: '0', vm: record.vm, vmUuid: null },
    ...{ destination: simulatedDestination('guest').vm, migrateUri: null, policy, limits, guest: record },
    ...{ initiator: null, reason: null, correlationId: null, continues: null, inherits: [] },
    ...{ destinationWaits: true, streams: null, encrypted: null, time: '' },
  });
  foldEntry(view, { type: 'foreseen', known, tookMs: 0, atMs: 0 });
  await runOne(
    guest,
    kind,
    limits,
    {
      write: (atMs, happening) => {
        const entry: JournalEntry = { schema: JOURNAL_SCHEMA, seq: 0, time: '', atMs, ...happening };
        foldEntry(view, entry);
        if (entry.type === 'tick') ticks.push(entry.tick);
        if (entry.type === 'guest' && entry.event === 'resumed') arrivedMs = atMs;
        const end = forecastEndOf(view, ticks, atMs);
        asked.push({ atMs, entry: entry.type, end });
      },
    },
    known,
  );
  return { asked, arrivedMs };
}

interface Given {
  readonly policy?: string;
  readonly earlierPasses?: readonly DirtyObservation[];
}

const beforeArrival = (asked: readonly Asked[], arrivedMs = 0) =>
  asked.filter(({ atMs }) => atMs < arrivedMs);

describe.each([
  ['a calm guest', CALM, {}],
  ['a busy guest that may pause for long', BUSY, { maxDowntimeMs: 4000 }],
  ['a calm guest under stock QEMU', CALM, { policy: 'stock' }],
] as const)('%s', (_, guest, given) => {
  test('arrives between the earliest and the latest moment told, at any time', async () => {
    const { asked, arrivedMs = Number.NaN } = await forecastsOf(guest, given);
    const told = beforeArrival(asked, arrivedMs).flatMap(({ end }) => (end ? [end] : []));
    expect(told.length).toBeGreaterThan(20);
    for (const { lowMs, likelyMs, highMs } of told) {
      expect(lowMs).toBeLessThanOrEqual(arrivedMs + 1);
      expect(highMs ?? arrivedMs).toBeGreaterThanOrEqual(arrivedMs - 1);
      if (likelyMs !== null) {
        expect(likelyMs).toBeGreaterThanOrEqual(lowMs);
        expect(likelyMs).toBeLessThanOrEqual(highMs ?? likelyMs);
      }
    }
  });

  test('arrives about when it is likely, once the first pass has told its rates', async () => {
    const { asked, arrivedMs = Number.NaN } = await forecastsOf(guest, given);
    const decided = beforeArrival(asked, arrivedMs).filter(
      ({ entry, end }) => entry === 'decision' && end?.likelyMs != null,
    );
    const last = decided.at(-1)?.end?.likelyMs ?? Number.NaN;
    expect(Math.abs(last - arrivedMs)).toBeLessThan(0.03 * arrivedMs);
  });
});

test('in the first pass an end is likely where earlier migrations have shown the guest', async () => {
  const earlierPasses = [{ durationMs: 20_000, bytes: 256 * MIB }];
  const { asked, arrivedMs = Number.NaN } = await forecastsOf(BUSY, { maxDowntimeMs: 4000, earlierPasses });
  const first = asked.filter(({ atMs, entry }) => entry === 'tick' && atMs > 5000 && atMs < 15_000);
  expect(first.length).toBeGreaterThan(10);
  for (const { end } of first)
    expect(Math.abs((end?.likelyMs ?? Number.NaN) - arrivedMs)).toBeLessThan(0.15 * arrivedMs);
});

test('of one that never fits no end is likely and none is certain', async () => {
  const { asked, arrivedMs } = await forecastsOf(BUSY, {
    ...{ maxDowntimeMs: 1000, overBudget: 'leave', timeoutMs: 120_000 },
  });
  expect(arrivedMs).toBeUndefined();
  const later = asked.filter(({ atMs, end }) => atMs > 60_000 && end !== null);
  expect(later.length).toBeGreaterThan(10);
  for (const { end } of later) expect(end).toMatchObject({ likelyMs: null, highMs: null });
});

test('nothing is told while the guest is slowed down, and once it is over', async () => {
  const { asked } = await forecastsOf(BUSY, { maxDowntimeMs: 1000, overBudget: 'brake', brakeForMs: 60_000 });
  const braked = asked.filter(({ entry, end }) => entry === 'tick' && end === null);
  expect(braked.length).toBeGreaterThan(3);
  expect(asked.at(-1)).toMatchObject({ entry: 'ended', end: null });
});
