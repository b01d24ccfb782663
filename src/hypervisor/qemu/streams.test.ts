/** Several connections, compressed: what the driver sets for them, and what it makes of QEMU's figures. */
import { describe, expect, test } from 'vitest';
import { Supervisor } from '../../migration/supervisor.ts';
import { forecast } from '../../policy/forecast.ts';
import { DEFAULT_LIMITS } from '../../policy/policy.ts';
import { BUSY_GUEST } from '../simulated/testing/small-guest.ts';
import { pairBed } from './testing/pair-bed.ts';

const STREAMS = { connections: 4, compression: 'zstd' } as const;

describe('several connections', () => {
  test('are set at both ends for the migration, and put back at both', async () => {
    const { start, settings, pair, clock } = pairBed();
    const before = settings();
    const migration = await start({ streams: STREAMS });
    for (const { settings: side } of [pair.source, pair.destination]) {
      expect(side.shownParameters).toMatchObject({
        'multifd-channels': 4,
        'multifd-compression': 'zstd',
      });
      expect(side.isOn('multifd')).toBe(true);
    }
    await clock.until(migration.cancel());
    await clock.until(migration.ended);
    await clock.until(migration.putBack());
    expect(settings()).toEqual(before);
  });

  test('carry more of the guest than the wire sees: a guest that never fits is within --downtime', async () => {
    const outcomeOf = async (streams: typeof STREAMS | undefined) => {
      const { start, clock } = pairBed([], { scenario: { ...BUSY_GUEST, compressedTo: 0.1 } });
      const migration = await start(streams ? { streams } : {});
      const supervisor = new Supervisor(migration, forecast(), DEFAULT_LIMITS, { write: () => {} });
      return await clock.until(supervisor.run());
    };
    const plain = await outcomeOf(undefined);
    const compressed = await outcomeOf(STREAMS);
    expect(plain).toMatchObject({ outcome: 'completed', memoryIntensive: true });
    expect(compressed).toMatchObject({ outcome: 'completed', runsOn: 'destination', memoryIntensive: false });
    expect(compressed.pauseMs).toBeLessThan(DEFAULT_LIMITS.downtimeMs);
    expect(compressed.sentBytes).toBeLessThan(plain.sentBytes / 5);
  });
});
