/** What the driver is told to do: cancel, the limits, put back, let go. */

import { describe, expect, test } from 'vitest';
import { ScriptedQuota } from '../cpu-quota/testing/scripted-quota.ts';
import { TooLateError } from '../hypervisor.ts';
import { copying, LOCKED, NO_JOB, NOT_RUNNING, scripted } from './testing/scripted-libvirt.ts';
import { fails, type Script, underWay } from './testing/under-way.ts';

describe('cancelling', () => {
  test('aborts the job', async () => {
    const script = await underWay();
    expect(await script.done(script.migration.cancel())).toEqual({ did: 'domjobabort' });
    expect(script.source.commands).toEqual(['domjobabort']);
    fails(script);
    expect(await script.end()).toMatchObject({ result: 'cancelled', whereabouts: { source: 'running' } });
  });

  test('waits for our virsh to come to libvirtd', async () => {
    const script = scripted();
    let tries = 0;
    script.source.answers.set('domjobabort', () => {
      tries += 1;
      return tries < 4 ? NO_JOB : '';
    });
    const cancelling = script.migration.cancel();
    await script.clock.pass(1000);
    expect(await cancelling).toEqual({ did: 'domjobabort' });
    expect(tries).toBe(4);
  });

  test('leaves a job alone that was there before our virsh, which waits behind it (S9)', async () => {
    const script = scripted();
    script.source.job = () => copying({ sentMB: 100, remainingMB: 300, elapsedMs: 60_000 }, script.clock);
    await script.clock.pass(200);
    await expect(script.migration.cancel()).rejects.toThrow(/another job of this VM/);
    expect(script.source.commands).toEqual([]);
  });

  test('not for ever', async () => {
    const script = scripted();
    script.source.answers.set('domjobabort', () => NO_JOB);
    const cancelling = script.migration.cancel();
    const refused = expect(cancelling).rejects.toThrow(/no job of it that could be aborted.*running/);
    await script.clock.pass(10_000);
    await refused;
  });

  // Review B5: a cancel that failed was the end of all supervision.
  test('may be asked for again after it failed', async () => {
    const script = await underWay();
    const first = expect(script.migration.cancel()).rejects.toBe(LOCKED);
    script.source.answers.set('domjobabort', () => LOCKED);
    await script.clock.pass(10);
    await first;
    expect(script.hasEnded()).toBe(false);
    script.source.answers.delete('domjobabort');
    const second = script.migration.cancel();
    await script.clock.pass(10);
    expect(await second).toEqual({ did: 'domjobabort' });
  });

  test('a libvirtd that does not answer is a failure, not too late', async () => {
    const script = await underWay();
    script.source.libvirtd = 'hung';
    const refused = expect(script.migration.cancel()).rejects.toMatchObject({ name: 'VirshTimeoutError' });
    await script.clock.pass(40_000);
    await refused;
  });

  test('is too late where the source says that it has handed the guest over', async () => {
    const script = await underWay();
    script.source.answers.set('domjobabort', () => NO_JOB);
    script.source.state = 'shut off (migrated)';
    const refused = expect(script.migration.cancel()).rejects.toThrow(TooLateError);
    await script.clock.pass(100);
    await refused;
  });

  test('is not too late where there is no job and the guest runs on the source: it has ended', async () => {
    const script = await underWay();
    script.source.answers.set('domjobabort', () => NO_JOB);
    fails(script);
    const refused = expect(script.migration.cancel()).rejects.not.toBeInstanceOf(TooLateError);
    await script.clock.pass(100);
    await refused;
    expect((await script.end()).whereabouts.source).toBe('running');
  });

  test('is too late once the destination runs the guest: nothing is sent', async () => {
    const script = await underWay();
    script.lifecycle('source', 'Suspended', 'Migrated');
    script.lifecycle('destination', 'Resumed', 'Migrated');
    await expect(script.migration.cancel()).rejects.toThrow(TooLateError);
    expect(script.source.commands).toEqual([]);
  });

  test('at the end there is nothing to cancel', async () => {
    const script = await underWay();
    fails(script);
    await script.end();
    await expect(script.migration.cancel()).rejects.toThrow(/part is over/);
    expect(script.source.commands).toEqual([]);
  });
});

describe('effects', () => {
  test('the limit is set as decided, and put back as it was found', async () => {
    const script = await underWay();
    const limit = script.migration.setDowntimeLimit({
      pauseMs: 2050,
      fixedCostMs: 50,
      lineRateBytesPerSecond: 100e6,
    });
    await script.clock.pass(10);
    expect(await limit).toEqual({ did: 'migrate-setmaxdowntime 2000', set: { downtimeLimitMs: 2000 } });
    const restrained = script.migration.restrain();
    await script.clock.pass(10);
    expect(await restrained).toEqual({ did: 'migrate-setmaxdowntime 1', set: { downtimeLimitMs: 1 } });
    fails(script);
    await script.end();
    const restored = script.migration.putBack();
    await script.clock.pass(10);
    expect(await restored).toEqual([{ side: 'source', problem: undefined }]);
    expect(script.source.commands.at(-1)).toBe('migrate-setmaxdowntime 300');
    const { length } = script.source.commands;
    expect(await script.done(script.migration.putBack())).toEqual([{ side: 'source', problem: undefined }]);
    expect(script.source.commands).toHaveLength(length);
  });

  // Review B8.
  test('a cap is divided by, not what the last 250 ms happened to carry', async () => {
    const script = await underWay({ passCapBytesPerSecond: 125e6 });
    const limit = script.migration.setDowntimeLimit({
      pauseMs: 4050,
      fixedCostMs: 50,
      lineRateBytesPerSecond: 1250e6,
    });
    await script.clock.pass(10);
    expect((await limit).set).toEqual({ downtimeLimitMs: 40_000 });
    expect(script.migration.passCapBytesPerSecond).toBe(125e6);
  });

  test('a look that hangs holds no limit up', async () => {
    const script = await underWay();
    script.source.job = () => 'never';
    await script.clock.pass(1000);
    const limit = script.migration.setDowntimeLimit({
      pauseMs: 550,
      fixedCostMs: 50,
      lineRateBytesPerSecond: undefined,
    });
    await script.clock.pass(10);
    expect(await limit).toMatchObject({ set: { downtimeLimitMs: 500 } });
  });

  test('what was not changed is not set, and owed no more; what is not known is not put back', async () => {
    const found = scripted({ attached: true });
    fails(found as Script);
    await found.end();
    expect(await found.done(found.migration.putBack())).toEqual([{ side: 'source', problem: undefined }]);
    expect(found.source.commands).toEqual([]);
    const unknown = await underWay({ previousDowntimeLimitMs: undefined });
    fails(unknown);
    await unknown.end();
    expect(await unknown.done(unknown.migration.putBack())).toEqual([]);
  });

  test('what cannot be put back is a sentence with the command to type', async () => {
    const script = await underWay();
    fails(script);
    await script.end();
    script.source.answers.set('migrate-setmaxdowntime', () => LOCKED);
    const restored = script.migration.putBack();
    await script.clock.pass(10);
    expect(await restored).toMatchObject([
      {
        problem: expect.stringMatching(
          /^the downtime limit of vm1 could not be put back to 300 ms \(Timed out .*\): `virsh /,
        ),
      },
    ]);
  });

  test('resuming and halting, on either side, after the end', async () => {
    const script = await underWay();
    fails(script, 'paused (API error)');
    const end = await script.end();
    const done = Promise.all([
      script.migration.resume('source'),
      script.migration.resume('destination'),
      script.migration.halt('source'),
    ]);
    await script.clock.pass(10);
    const [here, there, halted] = await done;
    expect(here).toMatchObject({ did: 'resume' });
    expect(here.atMs).toBeGreaterThanOrEqual(end.atMs);
    expect(there).toMatchObject({ did: 'resume on the destination' });
    expect(halted).toEqual({ did: 'suspend' });
    expect(script.source.commands).toEqual(['resume', 'suspend']);
    expect(script.destination.commands).toEqual(['resume']);
  });

  test('libvirt lets the destination run; a brake is made ready at the start only', async () => {
    const script = await underWay();
    expect(script.migration.destinationWaits).toBe(false);
    await expect(script.migration.letRun()).rejects.toThrow(/libvirt itself/);
    await expect(script.migration.throttle(99)).rejects.toThrow(/cannot be braked/);
    const braked = await underWay({ braked: true });
    expect((await braked.migration.throttle(99)).did).toMatch(/armed at the start/);
    await braked.copies({ sentMB: 40, remainingMB: 400, throttle: 99 }, 300);
    const ticks = braked.told('tick').length;
    await braked.copies({ sentMB: 50, remainingMB: 390, throttle: 99 }, 500);
    // Looked at finely: a braked pass ends soon.
    expect(braked.told('tick').length - ticks).toBeGreaterThan(6);
  });
});

describe('a quota on the vCPUs', () => {
  const braked = async () => {
    const quota = new ScriptedQuota();
    const script = await underWay({ quota });
    expect(await script.migration.throttle(99)).toEqual({ did: 'a quota of 99' });
    await script.copies({ sentMB: 40, remainingMB: 400 }, 300);
    expect(script.told('tick').at(-1)).toMatchObject({ throttlePercent: 99 });
    return { ...script, quota };
  };

  test('needs nothing armed, and ends with a cancel before libvirt is told of it', async () => {
    const { quota, migration, done } = await braked();
    const cancelling = migration.cancel();
    expect(quota).toMatchObject({ percent: 0, releases: 1 });
    await done(cancelling);
  });

  test('ends as soon as the guest stops for the switchover', async () => {
    const { quota, lifecycle } = await braked();
    lifecycle('source', 'Suspended', 'Migrated');
    expect(quota).toMatchObject({ percent: 0, releases: 1 });
  });

  test('ends with our letting go', async () => {
    const { quota, migration } = await braked();
    await migration.detach();
    expect(quota).toMatchObject({ percent: 0, releases: 1 });
  });
});

describe('letting go', () => {
  async function letGo(script: Awaited<ReturnType<typeof underWay>>) {
    await script.migration.detach();
    await script.migration.detach();
    const end = await script.end();
    const { asked } = script.source;
    await script.clock.pass(5000);
    // A look that was under way may still come.
    expect(script.source.asked - asked).toBeLessThanOrEqual(1);
    expect(script.openShells()).toBe(0);
    expect(script.listening()).toBe(0);
    expect(script.source.commands).toEqual([]);
    return end;
  }

  test('before it began', async () => {
    const script = scripted();
    await script.clock.pass(100);
    expect(await letGo(script as Script)).toMatchObject({ result: 'detached' });
    expect(await script.migration.begun).toBeUndefined();
  });

  test('while it copies', async () => {
    const end = await letGo(await underWay());
    expect(end).toMatchObject({
      result: 'detached',
      whereabouts: { source: 'unknown', destination: 'unknown' },
      sentBytes: 30e6,
    });
  });

  test('while it is stopped, held, arrived, in post-copy', async () => {
    for (const detail of ['Migrated', 'I/O Error', 'Post-copy']) {
      const script = await underWay();
      script.lifecycle('source', 'Suspended', detail);
      expect(await letGo(script)).toMatchObject({
        result: 'detached',
        postCopyBegan: detail === 'Post-copy',
      });
    }
    const arrived = await underWay();
    arrived.lifecycle('destination', 'Resumed', 'Migrated');
    expect((await letGo(arrived)).result).toBe('detached');
  });

  test('while its end is found out', async () => {
    const script = await underWay();
    script.source.state = 'shut off (migrated)';
    script.source.job = () => NOT_RUNNING;
    script.destination.libvirtd = 'away';
    script.lifecycle('source', 'Stopped', 'Migrated');
    await script.clock.pass(3000);
    expect((await letGo(script)).result).toBe('detached');
  });

  test('while a look hangs', async () => {
    const script = await underWay();
    script.source.libvirtd = 'hung';
    await script.clock.pass(3000);
    expect((await letGo(script)).result).toBe('detached');
  });

  test('after the end it changes nothing of it', async () => {
    const script = await underWay();
    fails(script);
    await script.end();
    expect((await letGo(script)).result).toBe('failed');
  });
});
