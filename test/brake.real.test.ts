/** The brake on real guests: it makes one fit that would not, and lets go of one that it cannot help. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bed, LOOP } from '../lab/bed.ts';
import { connectQmp } from '../src/hypervisor/qemu/qmp/client.ts';
import { expectEnd, expectSourceRuns } from './expectations.ts';

describe('a guest that writes twice what the link carries', () => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await Bed.make({ ...LOOP, pagesPerSecond: 30_000 });
  });
  afterAll(async () => await bed?.[Symbol.asyncDispose]());

  test('is released when the brake has lasted as long as it may, and QEMU is as it was', async () => {
    const before = await settingsOf(bed);
    const pagesPerSecond = await paceOf(bed);
    const running = await bed.migrate(
      ...['--max-downtime', '500ms', '--over-budget', 'brake', '--brake-for', '1500ms', '--json'],
    );
    await running.says(/braked by \d+ %/);
    const document = expectEnd(
      await running.ended,
      5,
      'aborted',
      'source',
      /^braked to \d+ % for --brake-for 1.5 s/,
    );
    expect(document.brownOut?.ms).toBeGreaterThanOrEqual(1500);
    expect(document.brownOut?.ms).toBeLessThan(2500);
    expect(await settingsOf(bed)).toEqual(before);
    expect(await paceOf(bed)).toBeGreaterThan(0.8 * pagesPerSecond);
    await expectSourceRuns(bed);
  });

  test('is braked and moves with a pause below half a second', async () => {
    const ran = await (await bed.migrate('--max-downtime', '500ms', '--over-budget', 'brake', '--json'))
      .ended;
    const document = expectEnd(ran, 0, 'completed', 'destination');
    expect(document.pauseMs).toBeLessThan(500);
    expect(document.brownOut?.ms).toBeGreaterThan(0);
    expect(document.brownOut?.percent).toBeGreaterThan(50);
    expect(document.decisions.some(({ action }) => action === 'throttle')).toBe(true);
    await bed.verify('destination');
  });
});

async function settingsOf(bed: Bed) {
  await using monitor = await connectQmp(bed.pair.source.monitor2Path);
  return [
    await monitor.execute('query-migrate-parameters'),
    await monitor.execute('query-migrate-capabilities'),
  ];
}

/** Pages that the guest writes in a second, by its own count. */
async function paceOf(bed: Bed): Promise<number> {
  const before = await bed.pair.source.status();
  const beganMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const after = await bed.pair.source.status();
  return ((after.writes - before.writes) / (performance.now() - beganMs)) * 1000;
}
