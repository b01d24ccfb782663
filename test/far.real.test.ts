/**
 * A controller far away from its QEMUs: what it hears is old, and what it says comes late. The ways to both monitors are
 * made longer here; memory goes over the lab's link as ever.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bed } from '../lab/bed.ts';
import { expectEnd } from './expectations.ts';
import { Scene } from './faults/scene.ts';

/** To a monitor, or back. */
const WAY_MS = 100;
/** 0.14 s at 480 Mbit/s: less than a way there and back. */
const WSS_MIB = 8;

describe('a memory-intensive guest whose passes are shorter than the way to its monitor and back', () => {
  let bed: Bed;
  let scene: Scene;
  beforeAll(async () => {
    bed = await Bed.make({ kind: 'loop', wssMiB: WSS_MIB }, { memoryMiB: 256 });
    scene = await Scene.open(bed);
    for (const way of Object.values(scene.ways)) await way.moveAway(WAY_MS);
  });
  afterAll(async () => {
    await scene?.[Symbol.asyncDispose]();
    await bed?.[Symbol.asyncDispose]();
  });

  test('is not begun where the way alone takes as long as it may stand still', async () => {
    const ran = await scene.migrate('--max-downtime', '400ms').ended;
    const document = expectEnd(ran, 5, 'aborted', 'source', /^not begun: .*--max-downtime is 400 ms/);
    expect(document.sentBytes).toBe(0);
  });

  test('arrives, within a pause that has the way in it', async () => {
    // 30 ms: under them stock QEMU does not end by itself.
    const ran = await scene.migrate('--downtime', '30ms', '--max-downtime', '1500ms', '--timeout', '60s')
      .ended;
    const document = expectEnd(ran, 0, 'completed', 'destination');
    expect(document.memoryIntensive).toBe(true);
    // `cont` goes out when the source's last word has come, and is answered: two ways there and back.
    expect(document.pauseMs).toBeGreaterThanOrEqual(4 * WAY_MS);
    expect(document.pauseMs).toBeLessThanOrEqual(1500);
    await bed.verify('destination');
  });
});
