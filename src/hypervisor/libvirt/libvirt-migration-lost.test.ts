/** A libvirtd that ends and comes back, and what can be known of what was not heard. */
import { describe, expect, test } from 'vitest';
import { LOCKED, NOT_RUNNING, scripted } from './testing/scripted-libvirt.ts';
import { arrives, fails, MOVED, type Script, underWay } from './testing/under-way.ts';

describe('a libvirtd that ends and comes back', () => {
  test('the source’s, while memory is copied: libvirt gives it up, and the guest runs on', async () => {
    const script = await underWay();
    script.source.libvirtd = 'away';
    script.lose('source');
    await script.clock.pass(8000);
    expect(script.kinds().slice(-3)).toEqual(['silence', 'silence', 'silence']);
    expect(script.told('monitor')).toMatchObject([{ side: 'source', state: 'lost' }]);
    script.source.libvirtd = 'up';
    fails(script);
    script.subscribed('source');
    const end = await script.end();
    expect(end).toMatchObject({ result: 'failed', whereabouts: { source: 'running', destination: 'gone' } });
    // What happened meanwhile was not heard.
    expect(end.sourceEverStopped).toBeUndefined();
    expect(end.destinationEverRan).toBe(false);
  });

  test('its events are told as lost once, and as back', async () => {
    const script = await underWay();
    script.lose('destination');
    script.lose('destination');
    script.subscribed('destination');
    await script.clock.pass(1);
    expect(script.told('monitor')).toMatchObject([
      { side: 'destination', state: 'lost' },
      { side: 'destination', state: 'back' },
    ]);
  });

  // Audit 4: PERFORM3_DONE. libvirt says "third party needs to check" and leaves the source paused.
  test.each([
    ['away', 'unreachable'],
    ['hung', 'silent'],
  ] as const)(
    'in its last phase, with a destination that is %s: the source counts as handed over, nothing may resume it',
    async (libvirtd, destination) => {
      const script = await underWay();
      script.lifecycle('source', 'Suspended', 'Migrated');
      script.source.libvirtd = 'away';
      script.destination.libvirtd = libvirtd;
      script.lose('source');
      script.lose('destination');
      await script.clock.pass(5000);
      script.source.libvirtd = 'up';
      script.source.state = 'paused (migrating)';
      script.source.job = () => 'Job type: 0';
      const end = await script.end();
      expect(end).toMatchObject({
        result: 'failed',
        whereabouts: { source: 'handed-over', destination },
        destinationEverRan: undefined,
        sourceEverStopped: true,
        heldBy: undefined,
      });
      expect(script.source.commands).toEqual([]);
    },
  );

  test('in its last phase, with a destination that runs it: it has arrived', async () => {
    const script = await underWay();
    script.lifecycle('source', 'Suspended', 'Migrated');
    script.source.libvirtd = 'away';
    await script.clock.pass(5000);
    script.source.libvirtd = 'up';
    script.source.state = 'paused (migrating)';
    script.source.job = () => 'Job type: 0';
    script.destination.state = 'running (migrated)';
    script.destination.job = () => 'Job type: 0';
    expect(await script.end()).toMatchObject({ result: 'completed', whereabouts: MOVED });
    // The source's QEMU is still there, with the limit under which the job began.
    await script.done(script.migration.putBack());
    expect(script.source.commands).toEqual(['migrate-setmaxdowntime 300']);
  });

  test('the destination’s comes back while the end is found out', async () => {
    const script = await underWay();
    script.lifecycle('source', 'Suspended', 'Migrated');
    script.destination.libvirtd = 'away';
    script.source.state = 'shut off (migrated)';
    script.source.job = () => NOT_RUNNING;
    script.lifecycle('source', 'Stopped', 'Migrated');
    await script.clock.pass(20_000);
    expect(script.hasEnded()).toBe(false);
    script.destination.libvirtd = 'up';
    script.destination.state = 'running (migrated)';
    script.destination.job = () => 'Job type: 0';
    expect(await script.end()).toMatchObject({ result: 'completed', whereabouts: MOVED });
  });

  test('the source’s that does not come back is lost, never gone', async () => {
    const script = await underWay({ reconnectForMs: 20_000 });
    script.source.libvirtd = 'away';
    await script.clock.pass(19_000);
    expect(script.hasEnded()).toBe(false);
    expect(await script.end()).toMatchObject({
      result: 'lost',
      error: expect.stringMatching(/the source's libvirt is lost: Failed to connect/),
      whereabouts: { source: 'unreachable', destination: 'incoming' },
    });
    const restored = await script.done(script.migration.putBack());
    expect(restored).toMatchObject([
      {
        side: 'source',
        problem: expect.stringMatching(/`virsh --connect qemu:\/\/\/source migrate-setmaxdowntime .* 300`/),
      },
    ]);
  });

  test('one that hangs is lost as silent', async () => {
    const script = await underWay();
    script.source.libvirtd = 'hung';
    expect(await script.end()).toMatchObject({ result: 'lost', whereabouts: { source: 'silent' } });
    expect(script.kinds()).toContain('silence');
  });

  test('a QEMU that answers libvirtd nothing for minutes is not a lost libvirtd', async () => {
    const script = await underWay();
    script.lifecycle('source', 'Suspended', 'Migrated');
    script.source.job = () => LOCKED;
    await script.clock.pass(300_000);
    expect(script.hasEnded()).toBe(false);
    arrives(script);
    expect((await script.end()).result).toBe('completed');
  });

  test('without the destination’s address it is not known', async () => {
    const script = await underWay({ destinationUri: undefined });
    fails(script);
    expect(await script.end()).toMatchObject({
      whereabouts: { source: 'running', destination: 'unknown' },
      destinationEverRan: undefined,
    });
    await expect(script.migration.resume('destination')).rejects.toThrow('the destination was not given');
  });
});

// Audit 6; on real libvirt: the destination's libvirtd is killed right after it let the guest run.
describe('a source that libvirt resumes after the destination has run the guest', () => {
  async function bothRun(...given: Parameters<typeof scripted>) {
    const script = await underWay(...given);
    script.lifecycle('source', 'Suspended', 'Migrated');
    script.lifecycle('destination', 'Resumed', 'Migrated');
    script.lifecycle('source', 'Resumed', 'Migrated');
    await script.clock.pass(10);
    return script;
  }

  test('is stopped at once, and the end says that both have run it', async () => {
    const script = await bothRun();
    expect(script.source.commands).toEqual(['suspend']);
    script.lifecycle('source', 'Suspended', 'Paused');
    fails(script, 'paused (user)');
    script.destination.state = 'running (migrated)';
    script.destination.job = () => 'Job type: 0';
    expect(await script.end()).toMatchObject({
      whereabouts: { source: 'running', destination: 'running' },
      destinationEverRan: true,
      heldBy: undefined,
    });
    expect(script.told('status')).toMatchObject([{ status: expect.stringMatching(/it was stopped there/) }]);
  });

  test('where it cannot be stopped, that is told', async () => {
    const script = await underWay();
    script.source.answers.set('suspend', () => LOCKED);
    script.lifecycle('destination', 'Resumed', 'Migrated');
    script.lifecycle('source', 'Resumed', 'Migrated');
    await script.clock.pass(10);
    expect(script.told('status')).toMatchObject([{ status: expect.stringMatching(/could not be stopped/) }]);
  });

  test('is left alone where somebody else began the migration', async () => {
    const script = await bothRun({ begunByUs: false });
    expect(script.source.commands).toEqual([]);
  });
});

describe('what was not heard is only known where nothing can have been missed', () => {
  /** The destination took the guest and is not there any more; the source still has what it handed over. */
  async function tookItAndEnded() {
    const script = await underWay();
    script.lifecycle('source', 'Suspended', 'Migrated');
    script.source.state = 'paused (migrating)';
    script.source.job = () => 'Job type: 0';
    script.destination.state = '';
    return script;
  }

  test('a destination whose end is not heard, either, may have run the guest', async () => {
    const script = await tookItAndEnded();
    expect(await script.end()).toMatchObject({
      whereabouts: { source: 'handed-over', destination: 'gone' },
      destinationEverRan: undefined,
    });
  });

  test('and its events are waited for, which may come later than a look', async () => {
    const late = await tookItAndEnded();
    await late.clock.pass(1500);
    late.lifecycle('destination', 'Resumed', 'Migrated');
    late.lifecycle('destination', 'Stopped', 'Crashed');
    expect(await late.end()).toMatchObject({ destinationEverRan: true });
    const neverRan = await tookItAndEnded();
    await neverRan.clock.pass(1500);
    neverRan.lifecycle('destination', 'Stopped', 'Failed');
    expect(await neverRan.end()).toMatchObject({ destinationEverRan: false });
  });

  test('a stream that came up late, before the memory was copied, tells', async () => {
    const script = scripted({ quiet: true });
    await script.begins();
    script.subscribed('source');
    script.subscribed('destination');
    await script.copies({ sentMB: 30, remainingMB: 470 });
    fails(script as Script);
    expect(await script.end()).toMatchObject({ destinationEverRan: false, sourceEverStopped: false });
  });

  test('one that came up after the guest had stopped does not', async () => {
    const script = scripted({ quiet: true });
    await script.begins();
    script.subscribed('source');
    script.lifecycle('source', 'Suspended', 'Migrated');
    script.subscribed('destination');
    script.source.job = () => LOCKED;
    await script.clock.pass(1000);
    fails(script as Script);
    expect(await script.end()).toMatchObject({ destinationEverRan: undefined, sourceEverStopped: true });
  });
});
