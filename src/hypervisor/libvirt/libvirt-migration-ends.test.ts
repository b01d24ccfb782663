/** What else may become of a migration: held, over with its guest, in post-copy, failed. */
import { describe, expect, test } from 'vitest';
import { copying, LOCKED, NO_DOMAIN, NOT_RUNNING, scripted } from './testing/scripted-libvirt.ts';
import { arrives, fails, type Script, underWay } from './testing/under-way.ts';

describe('a stop that is not the switchover’s', () => {
  test.each([
    ['Paused', 'an operator'],
    ['I/O Error', 'an I/O error'],
    ['Watchdog', "the guest's watchdog"],
  ])('libvirt says %s: held, and the copy goes on', async (detail, by) => {
    const script = await underWay();
    script.lifecycle('source', 'Suspended', detail);
    script.iteration(2);
    await script.copies({ pass: 2, sentMB: 100, remainingMB: 100 });
    expect(script.told('held')).toMatchObject([{ by }]);
    expect(script.told('stopped')).toEqual([]);
    expect(script.boundaries()).toMatchObject([{ pass: 1 }, { pass: 2 }]);
    script.lifecycle('source', 'Resumed', 'Unpaused');
    fails(script);
    expect(await script.end()).toMatchObject({ heldBy: undefined, whereabouts: { source: 'running' } });
  });

  test('whether the guest is to run is what it was last seen to do (S9)', async () => {
    const script = await underWay();
    script.lifecycle('source', 'Suspended', 'Paused');
    expect(script.migration.wasRunning).toBe(false);
    script.lifecycle('source', 'Resumed', 'Unpaused');
    expect(script.migration.wasRunning).toBe(true);
  });

  // 11.3, tried: `virsh suspend` in a migration is "Suspended Migrated" and "paused (migrating)".
  test('libvirt says Migrated, but the copy goes on as before: somebody else stopped it', async () => {
    const script = await underWay();
    script.lifecycle('source', 'Suspended', 'Migrated');
    await script.copies({ sentMB: 50, remainingMB: 450 });
    expect(script.told('held')).toEqual([]);
    await script.copies({ sentMB: 80, remainingMB: 420 });
    expect(script.told('stopped')).toHaveLength(1);
    expect(script.told('held')).toMatchObject([{ by: 'somebody on its host' }]);
    script.iteration(2);
    await script.copies({ pass: 2, sentMB: 300, remainingMB: 100 });
    expect(script.boundaries()).toMatchObject([{ pass: 1 }, { pass: 2 }]);
    // libvirt aborts and leaves it as it was found.
    fails(script, 'paused (unknown)');
    expect(await script.end()).toMatchObject({
      whereabouts: { source: 'paused', destination: 'gone' },
      heldBy: 'somebody on its host',
      sourceEverStopped: undefined,
    });
  });

  test('the switchover’s own stop answers nothing, or once, or that all was sent: it stays a stop', async () => {
    const script = await underWay();
    script.lifecycle('source', 'Suspended', 'Migrated');
    await script.copies({ sentMB: 31, remainingMB: 469 }, 300);
    script.source.job = () => LOCKED;
    await script.clock.pass(40_000);
    script.source.job = () => copying({ sentMB: 500, remainingMB: 0 }, script.clock);
    await script.clock.pass(1000);
    expect(script.told('held')).toEqual([]);
    expect(script.hasEnded()).toBe(false);
  });

  test('a stop that we asked for is a stop', async () => {
    const script = await underWay();
    expect(await script.done(script.migration.suspend())).toEqual({ did: 'suspend' });
    script.lifecycle('source', 'Suspended', 'Paused');
    await script.copies({ sentMB: 50, remainingMB: 450 });
    await script.copies({ sentMB: 80, remainingMB: 420 });
    await script.copies({ sentMB: 90, remainingMB: 410 });
    expect(script.told('stopped')).toHaveLength(1);
    expect(script.told('held')).toEqual([]);
    fails(script);
    expect((await script.end()).sourceEverStopped).toBe(true);
  });

  test('a switchover that fails: the guest runs on, and the next stop is one again', async () => {
    const script = await underWay();
    script.lifecycle('source', 'Suspended', 'Migrated');
    script.lifecycle('source', 'Resumed', 'Migrated');
    script.lifecycle('source', 'Suspended', 'Migrated');
    script.lifecycle('source', 'Suspended', 'Migrated');
    await script.clock.pass(1);
    expect(script.told('stopped')).toHaveLength(2);
    expect(script.told('resumed')).toMatchObject([{ side: 'source' }]);
  });

  test('who holds it at the end is libvirt’s word, also for the destination', async () => {
    const here = await underWay();
    fails(here, 'paused (user)');
    expect(await here.end()).toMatchObject({ whereabouts: { source: 'paused' }, heldBy: 'an operator' });
    const there = await underWay();
    arrives(there);
    there.destination.state = 'paused (I/O error)';
    expect(await there.end()).toMatchObject({
      whereabouts: { source: 'handed-over', destination: 'paused' },
      heldBy: 'an I/O error',
    });
  });

  test('after the destination runs it nothing on the source is a hold', async () => {
    const script = await underWay();
    script.lifecycle('destination', 'Resumed', 'Migrated');
    script.lifecycle('source', 'Suspended', 'I/O Error');
    await script.clock.pass(1);
    expect(script.told('held')).toEqual([]);
  });
});

// Review B17.
describe('a guest that ends on the way', () => {
  test.each([
    ['Shutdown', 'shut off (shutdown)', 'the guest shut itself down'],
    ['Destroyed', 'shut off (destroyed)', 'the guest was destroyed'],
    ['Crashed', '', "the guest's QEMU crashed"],
    ['Failed', '', "the guest's QEMU ended"],
    ['Daemon', '', 'libvirt stopped the guest (Daemon)'],
  ])('Stopped %s', async (detail, state, words) => {
    const script = await underWay();
    fails(script, state);
    script.lifecycle('source', 'Stopped', detail);
    expect(await script.end()).toMatchObject({
      result: 'failed',
      whereabouts: { source: 'gone', destination: 'gone' },
      guestEnded: words,
      error: words,
    });
    expect(script.told('guest-ended')).toMatchObject([{ side: 'source', words }]);
  });

  test('unheard, it is read from the domain’s state', async () => {
    const script = await underWay({ quiet: true });
    script.source.state = 'shut off (shutdown)';
    script.source.job = () => NOT_RUNNING;
    script.destination.state = '';
    expect((await script.end()).guestEnded).toBe('the guest shut itself down');
  });

  // The second found by the explorer: it was told to run nowhere, and ran on the destination.
  test.each([
    ['once the guest stood still for the switchover', {}, true],
    ['with a guest that somebody had stopped before we came', { wasRunning: false }, undefined],
  ])('a QEMU that ends %s: the destination may have it', async (_, given, sourceEverStopped) => {
    const script = await underWay({ destinationUri: undefined, ...given });
    if (sourceEverStopped) script.lifecycle('source', 'Suspended', 'Migrated');
    script.source.job = () => NOT_RUNNING;
    script.source.state = 'shut off (crashed)';
    script.lifecycle('source', 'Stopped', 'Failed');
    expect(await script.end()).toMatchObject({
      whereabouts: { source: 'gone', destination: 'unknown' },
      sourceEverStopped,
      guestEnded: undefined,
    });
  });

  // Found by the explorer, seed 1796037316596: it was told to run nowhere, and ran on the destination.
  test.each([
    ['comes after the look that found the end', 1000, true],
    ['does not come', Number.POSITIVE_INFINITY, undefined],
  ])(
    'of which the event %s: nothing follows from what was not heard',
    async (_, lateMs, sourceEverStopped) => {
      const script = await underWay({ destinationUri: undefined });
      script.source.job = () => NOT_RUNNING;
      script.source.state = 'shut off (crashed)';
      script.clock.after(Math.min(lateMs, 1e6), () => {
        script.lifecycle('source', 'Suspended', 'Migrated');
        script.lifecycle('source', 'Stopped', 'Failed');
      });
      expect(await script.end()).toMatchObject({
        whereabouts: { source: 'gone', destination: 'unknown' },
        sourceEverStopped,
        guestEnded: undefined,
      });
    },
  );

  test('on the destination, once it ran there; before, it is an arrival that failed', async () => {
    const script = await underWay();
    script.lifecycle('destination', 'Stopped', 'Failed');
    script.lifecycle('destination', 'Resumed', 'Migrated');
    script.lifecycle('destination', 'Stopped', 'Shutdown');
    script.lifecycle('destination', 'Started', 'Migrated');
    await script.clock.pass(1);
    expect(script.told('guest-ended')).toMatchObject([
      { side: 'destination', words: 'the guest shut itself down' },
    ]);
  });

  test('after the migration too, on either side; to be handed over is no end of it', async () => {
    const moved = await underWay();
    arrives(moved);
    await moved.end();
    expect([moved.migration.isGone('source'), moved.migration.isGone('destination')]).toEqual([false, false]);
    moved.lifecycle('destination', 'Stopped', 'Crashed');
    await moved.clock.pass(1);
    expect(moved.migration.isGone('destination')).toBe(true);
    const stayed = await underWay();
    fails(stayed);
    await stayed.end();
    stayed.lifecycle('source', 'Stopped', 'Crashed');
    await stayed.clock.pass(1);
    expect(stayed.migration.isGone('source')).toBe(true);
  });
});

describe('post-copy', () => {
  test('is told, cannot be cancelled, and ends on the destination', async () => {
    const script = await underWay();
    expect(await script.done(script.migration.startPostCopy())).toEqual({ did: 'migrate-postcopy' });
    script.lifecycle('source', 'Suspended', 'Post-copy');
    script.lifecycle('destination', 'Resumed', 'Post-copy');
    await script.clock.pass(10);
    expect(script.told('status')).toMatchObject([{ status: 'postcopy-active' }]);
    expect(script.told('stopped')).toHaveLength(1);
    await expect(script.migration.cancel()).rejects.toThrow(/post-copy has begun/);
    script.lifecycle('source', 'Suspended', 'Post-copy Error');
    script.lifecycle('source', 'Suspended', 'I/O Error');
    script.lifecycle('source', 'Resumed', 'Unpaused');
    await script.clock.pass(10);
    expect(script.told('status').at(-1)).toMatchObject({ status: 'postcopy-paused' });
    expect(script.told('resumed')).toHaveLength(1);
    arrives(script);
    expect(await script.end()).toMatchObject({
      result: 'completed',
      postCopyBegan: true,
      destinationEverRan: true,
    });
    expect(script.told('resumed')).toHaveLength(1);
    expect(script.told('status').at(-1)).toMatchObject({ status: 'completed' });
  });

  // A transient domain that has left is not there any more, which a look may tell before libvirt's word comes.
  test.each([
    ['our virsh’s success', {}, (script: Script) => script.virshEnds(0)],
    ['its event', { attached: true }, (script: Script) => script.lifecycle('source', 'Stopped', 'Migrated')],
    ['the figures of its job', { attached: true }, (script: Script) => script.completed('downtimeMs')],
  ])(
    'its source is gone before libvirt says that it has moved, by %s: that word is waited for',
    async (_, given, word) => {
      const script = scripted(given);
      if (!('attached' in given)) await script.begins();
      script.lifecycle('source', 'Suspended', 'Post-copy');
      script.lifecycle('destination', 'Resumed', 'Post-copy');
      await script.clock.pass(10);
      leavesUnheard(script);
      await script.clock.pass(600);
      word(script);
      expect(await script.end()).toMatchObject({
        result: 'completed',
        whereabouts: { source: 'handed-over', destination: 'running' },
      });
    },
  );

  test('its source is gone before libvirt says so: its last page was there when the event says', async () => {
    const script = await underWay();
    script.lifecycle('source', 'Suspended', 'Post-copy');
    script.lifecycle('destination', 'Resumed', 'Post-copy');
    await script.clock.pass(1000);
    leavesUnheard(script);
    await script.clock.pass(600);
    const atMs = script.clock.now() - 1000;
    script.lifecycle('source', 'Stopped', 'Migrated', 550);
    script.lifecycle('source', 'Stopped', 'Migrated');
    await script.end();
    const completed = script.told('status').filter(({ status }) => status === 'completed');
    expect(completed).toEqual([{ kind: 'status', status: 'completed', atMs: atMs - 550 }]);
  });

  test('its source is gone, and nobody says that it has moved', async () => {
    const script = await underWay();
    script.lifecycle('source', 'Suspended', 'Post-copy');
    leavesUnheard(script);
    const fromMs = script.clock.now();
    expect(await script.end()).toMatchObject({
      result: 'failed',
      whereabouts: { source: 'gone', destination: 'running' },
    });
    expect(script.clock.now() - fromMs).toBeLessThan(5000);
  });

  test('one that breaks leaves the guest to the destination', async () => {
    const script = await underWay();
    script.lifecycle('source', 'Suspended', 'Post-copy');
    script.source.state = 'paused (post-copy failed)';
    script.source.job = () => 'Job type: 4\noperation: 5\nerrmsg: link lost';
    script.destination.state = 'paused (post-copy failed)';
    script.destination.job = () => 'Job type: 0';
    expect(await script.end()).toMatchObject({
      result: 'failed',
      error: 'link lost',
      whereabouts: { source: 'handed-over', destination: 'handed-over' },
      postCopyBegan: true,
    });
  });
});

describe('a failure', () => {
  test('has virsh’s words', async () => {
    const script = await underWay();
    fails(script);
    script.virshEnds(1, 'error: operation failed: migration out job: Unable to write to socket: Broken pipe');
    expect(await script.end()).toMatchObject({
      result: 'failed',
      error: 'operation failed: migration out job: Unable to write to socket: Broken pipe',
      whereabouts: { source: 'running', destination: 'gone' },
      destinationEverRan: false,
      sourceEverStopped: false,
    });
  });

  test('or libvirt’s, or says that there are none', async () => {
    const words = scripted({ attached: true });
    words.source.job = () => 'Job type: 4\noperation: 5\nerrmsg: no space';
    words.destination.state = '';
    expect(await words.end()).toMatchObject({ result: 'failed', error: 'no space' });
    const none = scripted({ attached: true });
    fails(none as Script);
    expect((await none.end()).error).toMatch(/does not say why/);
  });

  test('somebody else aborted it', async () => {
    const script = scripted({ attached: true });
    script.source.job = () => 'Job type: 5\noperation: 5';
    script.destination.state = '';
    expect((await script.end()).result).toBe('cancelled');
    const byVirsh = await underWay();
    fails(byVirsh);
    byVirsh.virshEnds(1, 'error: operation aborted: migration out: canceled by client');
    expect((await byVirsh.end()).result).toBe('cancelled');
  });

  test('a virsh that hangs at the end is not waited for for long', async () => {
    const script = await underWay();
    fails(script);
    const fromMs = script.clock.now();
    await script.end();
    expect(script.clock.now() - fromMs).toBeLessThan(3000);
  });
});

/** The source's domain is not there any more, and the destination runs: all that a look can tell. */
function leavesUnheard(script: Script): void {
  script.source.state = '';
  script.source.job = () => NO_DOMAIN;
  script.destination.state = 'running (migrated)';
  script.destination.job = () => 'Job type: 0';
}
