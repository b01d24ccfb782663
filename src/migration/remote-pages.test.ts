import { describe, expect, test } from 'vitest';
import { pairBed } from '../hypervisor/qemu/testing/pair-bed.ts';
import { DEFAULT_LIMITS } from '../policy/policy.ts';
import { stock } from '../policy/stock.ts';
import { RemotePagesMeter } from './remote-pages.ts';
import { Supervisor } from './supervisor.ts';
import { ScriptedMigration } from './testing/scripted-migration.ts';

describe('the time on remote pages', () => {
  const meter = (seen: (meter: RemotePagesMeter) => void) => {
    const made = new RemotePagesMeter();
    seen(made);
    return made.remotePages;
  };

  test('is from the guest running there to its last page', () => {
    const order = meter((each) => {
      each.begin();
      each.ran(1000);
      each.arrived(8500);
    });
    expect(order).toEqual({ ms: 7500 });
    // Two hosts' events come in any order.
    const other = meter((each) => {
      each.ran(1000);
      each.begin();
      each.arrived(8500);
      each.lost();
    });
    expect(other).toEqual({ ms: 7500 });
  });

  test('is null without post-copy', () => {
    expect(
      meter((each) => {
        each.ran(1000);
        each.arrived(1001);
      }),
    ).toBeNull();
  });

  test.each<[string, readonly ((meter: RemotePagesMeter) => void)[]]>([
    ['its beginning was not seen', [(each) => each.arrived(8500)]],
    ['its beginning was seen late', [(each) => each.ran(1000, 500), (each) => each.arrived(8500)]],
    ['its end was not seen', [(each) => each.ran(1000)]],
    [
      'the source was out of reach meanwhile',
      [(each) => each.ran(1000), (each) => each.lost(), (each) => each.arrived(8500)],
    ],
  ])('is not told where %s', (_, steps) => {
    expect(
      meter((each) => {
        each.begin();
        for (const step of steps) step(each);
      }),
    ).toEqual({ ms: null });
  });
});

describe('the outcome', () => {
  const end = {
    result: 'completed',
    postCopyBegan: true,
    whereabouts: { source: 'handed-over', destination: 'running' },
  } as const;
  const outcomeOf = async (migration: ScriptedMigration) =>
    await new Supervisor(migration, stock, DEFAULT_LIMITS, { write: () => {} }).run();

  test('tells it, with what the destination counted', async () => {
    const migration = new ScriptedMigration();
    migration
      .emit({ kind: 'status', atMs: 990, status: 'postcopy-active' })
      .emit({ kind: 'resumed', atMs: 1000, side: 'destination' })
      .emit({ kind: 'status', atMs: 8500, status: 'completed' })
      .end({ ...end, pageWaits: { allBlockedMs: 230, vcpuBlockedMs: [250, 300], pageLatencyMs: 0.8 } });
    expect(await outcomeOf(migration)).toMatchObject({
      remotePages: { ms: 7500, allBlockedMs: 230, vcpuBlockedMs: [250, 300], pageLatencyMs: 0.8 },
      reason: expect.stringContaining('by post-copy: it ran on remote pages for 7.5 s'),
    });
  });

  test('says null, never 0, for what was neither seen nor counted', async () => {
    const migration = new ScriptedMigration();
    migration.emit({ kind: 'status', atMs: 990, status: 'postcopy-active' }).end(end);
    expect(await outcomeOf(migration)).toMatchObject({
      remotePages: { ms: null, allBlockedMs: null, vcpuBlockedMs: null, pageLatencyMs: null },
      reason: expect.stringContaining('for a time that was not measured'),
    });
  });

  test('has none without post-copy', async () => {
    const migration = new ScriptedMigration();
    migration.emit({ kind: 'status', atMs: 8500, status: 'completed' }).end({ ...end, postCopyBegan: false });
    expect((await outcomeOf(migration)).remotePages).toBeNull();
  });

  test('of the driver is what the line takes for the memory that was left, and what the destination counted', async () => {
    const { start, clock, pair } = pairBed();
    const migration = await start({ postCopy: true });
    const supervisor = new Supervisor(
      migration,
      stock,
      { ...DEFAULT_LIMITS, overBudget: 'post-copy' },
      { write: () => {} },
    );
    const done = clock.until(supervisor.run());
    await clock.pass(400);
    await clock.until(migration.startPostCopy());
    const { remotePages, sentBytes } = await done;
    expect(remotePages).toMatchObject({ allBlockedMs: 0, vcpuBlockedMs: [0], pageLatencyMs: null });
    const ran = pair.truth.history.find(({ side }) => side === 'destination');
    const leftBytes = sentBytes - ((ran?.fromMs ?? 0) / 1000) * 57e6;
    expect(remotePages?.ms).toBeGreaterThan((0.93 * leftBytes) / 57e3);
    expect(remotePages?.ms).toBeLessThan((1.07 * leftBytes) / 57e3);
  });
});
