/** The cap of the passes, changed under way, on the real driver and simulated QEMUs. */
import { expect, test } from 'vitest';
import type { FormerSettings } from '../hypervisor.ts';
import type { OutgoingMigration } from '../simulated/protocol/outgoing-migration.ts';
import { beginAsSomebodyElse } from '../simulated/testing/at-monitors.ts';
import { pairBed } from './testing/pair-bed.ts';

/** These reckon with what they measure themselves. */
const QEMU_8_1 = { major: 8, minor: 1, micro: 0, package: '' };
/** The guest writes 24 MB anew in each pass, which take 421 ms. */
const PAUSE = { pauseMs: 300, fixedCostMs: 0, lineRateBytesPerSecond: 57e6 };

test('that is lifted lets QEMU stop with no more than the pause can move', async () => {
  const { start, clock, pair } = pairBed([], { version: { source: QEMU_8_1, destination: QEMU_8_1 } });
  const migration = await start({ bandwidthBytesPerSecond: 10e6 });
  await clock.until(migration.setDowntimeLimit(PAUSE));
  await clock.pass(8000);
  await clock.until(migration.setPassCap(undefined));
  expect(migration.passCapBytesPerSecond).toBeUndefined();
  await clock.pass(20_000);
  expect(pair.truth.runningSides).toEqual(['source']);
  expect(pair.source.outgoing?.isUnderWay).toBe(true);
  await clock.until(migration.cancel());
});

test('holds the passes from then on', async () => {
  const { start, clock, pair } = pairBed();
  const migration = await start();
  const sentIn = async (ms: number): Promise<number> => {
    const sent = () => (pair.source.outgoing as OutgoingMigration).info() as { ram: { transferred: number } };
    const before = sent().ram.transferred;
    await clock.pass(ms);
    return sent().ram.transferred - before;
  };
  await clock.pass(1000);
  expect(await sentIn(1000)).toBeGreaterThan(50e6);
  await clock.until(migration.setPassCap(20e6));
  expect(await sentIn(1000)).toBeLessThan(21e6);
  expect(migration.passCapBytesPerSecond).toBe(20e6);
  await clock.until(migration.cancel());
});

test('of a migration that somebody else began is written down first, and put back', async () => {
  const { attach, clock, pair } = pairBed();
  await clock.until(beginAsSomebodyElse(pair, clock));
  const written: FormerSettings[] = [];
  const migration = await attach({
    remember: async (former) => {
      written.push(former);
    },
  });
  expect(migration.passCapBytesPerSecond).toBeUndefined();
  expect(written.at(-1)?.parameters).not.toHaveProperty('max-bandwidth');
  await clock.until(migration.setPassCap(10e6));
  expect(written.at(-1)).toMatchObject({ side: 'source', parameters: { 'max-bandwidth': 2 ** 40 } });
  await clock.until(migration.setPassCap(15e6));
  expect(written.filter(({ parameters }) => 'max-bandwidth' in parameters)).toHaveLength(1);
  await clock.until(migration.cancel());
  await clock.until(migration.ended);
  await clock.until(migration.putBack());
  expect(pair.source.settings.number('max-bandwidth')).toBe(2 ** 40);
});
