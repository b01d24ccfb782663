/** A migration from its begin to its arrival, and whose job it is that is seen. */
import { describe, expect, test } from 'vitest';
import { TooLateError } from '../hypervisor.ts';
import { copying, NO_DOMAIN, NOT_RUNNING, scripted } from './testing/scripted-libvirt.ts';
import { arrives, MOVED, type Script, underWay } from './testing/under-way.ts';

describe('a migration that succeeds', () => {
  test('is told from its first look to the guest that runs on the destination', async () => {
    const script = await underWay();
    script.iteration(2);
    await script.copies({ pass: 2, sentMB: 300, remainingMB: 100 }, 30);
    script.lifecycle('source', 'Suspended', 'Migrated');
    await script.clock.pass(200);
    arrives(script);
    script.completed('downtimeMs,dataProcessedBytes');
    const end = await script.end();
    expect(end).toMatchObject({
      result: 'completed',
      error: undefined,
      whereabouts: MOVED,
      destinationEverRan: true,
      sourceEverStopped: true,
      destinationWaits: false,
      postCopyBegan: false,
      heldBy: undefined,
      guestEnded: undefined,
      sentBytes: 7,
      reportedDowntimeMs: 7,
    });
    expect(script.boundaries()).toMatchObject([{ pass: 1 }, { pass: 2 }]);
    const [stopped] = script.told('stopped');
    const [resumed] = script.told('resumed');
    expect(resumed?.side).toBe('destination');
    expect((resumed?.atMs ?? 0) - (stopped?.atMs ?? 0)).toBe(200);
    expect(script.migration.begunByUs).toBe(true);
    expect(await script.done(script.migration.putBack())).toEqual([]);
    expect(script.source.commands).toEqual([]);
  });

  test('without events it is found by looking: a shut off domain, or none', async () => {
    for (const [state, answer] of [
      ['shut off (migrated)', NOT_RUNNING],
      ['', NO_DOMAIN],
    ] as const) {
      const script = scripted({ quiet: true });
      await script.begins();
      script.destination.state = 'running (migrated)';
      script.destination.job = () => 'Job type: 0';
      script.source.state = state;
      script.source.job = () => answer;
      const end = await script.end();
      expect(end.result).toBe('completed');
      expect(end.whereabouts.destination).toBe('running');
      // Nobody listened.
      expect([end.destinationEverRan, end.sourceEverStopped]).toEqual([undefined, undefined]);
    }
  });

  test('the destination’s events may come first: the pause is still told in order', async () => {
    const script = await underWay();
    script.lifecycle('destination', 'Resumed', 'Migrated');
    script.lifecycle('source', 'Suspended', 'Migrated', 80);
    await script.clock.pass(1);
    const order = script.seen
      .filter(({ kind }) => kind === 'stopped' || kind === 'resumed')
      .map(({ kind }) => kind);
    expect(order).toEqual(['resumed', 'stopped', 'resumed']);
    arrives(script);
    expect((await script.end()).sourceEverStopped).toBe(true);
  });

  test('its libvirtd ends right after it said that the guest was migrated', async () => {
    const script = await underWay();
    script.lifecycle('source', 'Suspended', 'Migrated');
    arrives(script);
    script.source.libvirtd = 'away';
    expect(await script.end()).toMatchObject({ result: 'completed', whereabouts: MOVED });
  });

  test('one that was over before any look', async () => {
    const script = scripted();
    script.virshEnds(0);
    arrives(script as Script);
    expect(await script.end()).toMatchObject({ result: 'completed', whereabouts: MOVED });
    const unheard = scripted({ quiet: true });
    unheard.source.state = 'shut off (migrated)';
    unheard.destination.state = 'running (migrated)';
    unheard.destination.job = () => 'Job type: 0';
    unheard.virshEnds(0);
    expect(await unheard.end()).toMatchObject({ result: 'completed' });
    expect(await unheard.migration.begun).toBeUndefined();
  });
});

describe('whose job it is', () => {
  test('ours begins after our virsh', async () => {
    const script = scripted();
    await script.clock.pass(200);
    expect(script.kinds()).toContain('preparing');
    await script.begins();
    expect(await script.migration.begun).toBeUndefined();
    expect(script.told('tick').length).toBeGreaterThan(0);
  });

  // Audit 10: a migrate that lost the race supervised the other's job as its own.
  test('one that was there before is somebody else’s: nothing of it is told, and our virsh is refused', async () => {
    const script = scripted();
    script.source.job = () => copying({ sentMB: 100, remainingMB: 300, elapsedMs: 60_000 }, script.clock);
    script.iteration(4);
    await script.clock.pass(2000);
    expect([...script.told('tick'), ...script.told('boundary')]).toEqual([]);
    script.virshEnds(1, 'error: operation failed: another migration job is already running for domain');
    await script.clock.pass(2000);
    expect(await script.migration.begun).toMatch(/another migration job is already running/);
    expect(await script.end()).toMatchObject({
      result: 'failed',
      error: 'operation failed: another migration job is already running for domain',
      whereabouts: { source: 'running' },
    });
  });

  test('one that began after our virsh, which libvirt refused, is somebody else’s too', async () => {
    const script = await underWay();
    expect(script.told('tick').length).toBeGreaterThan(0);
    script.virshEnds(1, 'error: Timed out during operation: cannot acquire state change lock');
    await script.clock.pass(400);
    expect(script.hasEnded()).toBe(false);
    expect(await script.end()).toMatchObject({ result: 'failed', whereabouts: { source: 'running' } });
  });

  test('a virsh that was refused before any job is a refusal, at once', async () => {
    const script = scripted();
    await script.clock.pass(100);
    script.virshEnds(1, 'error: internal error\nerror: unsupported configuration: no CPU\n');
    await script.clock.pass(200);
    expect(await script.migration.begun).toBe('unsupported configuration: no CPU');
    expect((await script.end()).result).toBe('failed');
  });

  test('a virsh that was killed on its way began nothing; one killed later leaves its job', async () => {
    const killed = scripted();
    killed.virshEnds(null);
    await killed.clock.pass(300);
    expect(killed.hasEnded()).toBe(false);
    await killed.clock.pass(1000);
    expect(await killed.migration.begun).toMatch(/was ended before libvirt began/);
    const late = scripted();
    late.virshEnds(null);
    await late.clock.pass(300);
    await late.begins();
    expect(await late.migration.begun).toBeUndefined();
    await late.clock.pass(5000);
    expect(late.hasEnded()).toBe(false);
  });

  test('a virsh whose way to libvirtd is lost leaves its job to libvirt', async () => {
    const script = await underWay();
    script.virshEnds(1, 'error: End of file while reading data: Input/output error');
    await script.clock.pass(5000);
    expect(script.hasEnded()).toBe(false);
  });

  test.each([
    ['before the first look', 40],
    ['only after two looks', 900],
  ])('an iteration that is announced %s is the first boundary', async (_, afterMs) => {
    const script = scripted();
    script.source.job = () => copying({ sentMB: 0, remainingMB: 500 }, script.clock);
    await script.clock.pass(afterMs);
    script.iteration(1);
    await script.clock.pass(200);
    expect(script.boundaries()).toMatchObject([{ pass: 1 }]);
  });

  test('a QEMU that counts on from a cancelled migration: our passes begin at 1', async () => {
    const script = scripted();
    await script.begins({ pass: 8, sentMB: 0, remainingMB: 500 });
    script.iteration(9);
    await script.copies({ pass: 9, sentMB: 50, remainingMB: 100 });
    expect(script.boundaries()).toMatchObject([{ pass: 1 }, { pass: 2 }]);
  });
});

describe('what comes upon a migration that is there', () => {
  test('in its passes', async () => {
    const script = scripted({ attached: true });
    await script.copies({ pass: 3, sentMB: 50, remainingMB: 100 }, 600);
    expect(script.told('tick').map(({ pass }) => pass)).toContain(3);
    expect(script.migration.begunByUs).toBe(false);
    expect(await script.migration.begun).toBeUndefined();
  });

  test('in its stop-and-copy: since when is not known', async () => {
    const guest = { ...scripted().migration.guest, state: 'switching-over' as const };
    const script = scripted({ attached: true, guest, zeroMs: 400 });
    await script.clock.pass(10);
    expect(script.told('stopped')).toMatchObject([{ atMs: 600, unseenMs: 600 }]);
  });

  // Review B2, B5: post-copy is never cancelled.
  test('in post-copy: it says so, and cannot be cancelled', async () => {
    const guest = { ...scripted().migration.guest, state: 'handed-over' as const };
    const script = scripted({ attached: true, guest });
    await script.clock.pass(10);
    expect(script.told('status')).toMatchObject([{ status: 'postcopy-active' }]);
    await expect(script.migration.cancel()).rejects.toThrow(TooLateError);
    expect(script.source.commands).toEqual([]);
    arrives(script as Script);
    expect(await script.end()).toMatchObject({ result: 'completed', postCopyBegan: true });
  });
});

test('while the end is found out only the guest’s arrival still counts, after it nothing', async () => {
  const script = await underWay();
  script.lifecycle('source', 'Suspended', 'Migrated');
  script.source.state = 'shut off (migrated)';
  script.source.job = () => NOT_RUNNING;
  await script.clock.pass(300);
  script.lifecycle('source', 'Resumed', 'Unpaused');
  script.iteration(9);
  script.lifecycle('destination', 'Resumed', 'Migrated');
  script.destination.state = 'running (migrated)';
  script.destination.job = () => 'Job type: 0';
  expect(await script.end()).toMatchObject({ result: 'completed', destinationEverRan: true });
  expect(script.told('resumed')).toMatchObject([{ side: 'destination' }]);
  expect(script.boundaries()).toMatchObject([{ pass: 1 }]);
  script.lifecycle('destination', 'Resumed', 'Unpaused');
  script.lifecycle('source', 'Stopped', 'Shutdown');
  await script.clock.pass(300);
  expect(script.told('guest-ended')).toEqual([]);
});

test('what is said of a job that was there before our virsh is not taken for ours', async () => {
  const script = scripted();
  script.source.job = () => copying({ sentMB: 100, remainingMB: 300, elapsedMs: 60_000 }, script.clock);
  await script.clock.pass(200);
  script.lifecycle('source', 'Suspended', 'Migrated');
  await script.clock.pass(200);
  expect(script.told('stopped')).toEqual([]);
});

test('a migration that stops before any look is ours as well', async () => {
  const script = scripted();
  script.lifecycle('source', 'Suspended', 'Migrated');
  expect(await script.migration.begun).toBeUndefined();
  expect(script.migration.mark).toMatch(/@/);
});

test('events of other kinds mean nothing', async () => {
  const script = await underWay();
  script.lifecycle('source', 'Shutdown', 'Finished after host request');
  script.lifecycle('source', 'Defined', 'Updated');
  script.lifecycle('destination', 'Defined', 'Added');
  script.iteration(1);
  await script.clock.pass(300);
  expect(script.hasEnded()).toBe(false);
});
