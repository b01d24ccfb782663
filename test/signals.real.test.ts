/** Signals that come while a cancel is under way: between two of its commands nobody may be left running the guest on no side. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Bed } from '../lab/bed.ts';
import { documentFrom } from '../lab/switchover-process.ts';
import { carryOutUnanswered, pressCtrlC } from './faults/cancel-moment.ts';
import type { Side } from './faults/cell.ts';
import { boot } from './faults/fault-bed.ts';
import { isPass } from './faults/moments.ts';
import { Scene } from './faults/scene.ts';

/** Enough for a switchover that lets go at once to have done so. */
const LETS_GO_WITHIN_MS = 500;

let bed: Bed;
let scene: Scene;
/** Where the guest was seen to go on, so that the next test finds it at the source. */
let goesOn: Side[] = [];
beforeAll(async () => {
  bed = await boot();
});
afterAll(async () => await bed?.[Symbol.asyncDispose]());
beforeEach(async () => {
  scene = await Scene.open(bed);
});
afterEach(async () => {
  await scene[Symbol.asyncDispose]();
  if (goesOn.includes('destination')) await bed.turnAround();
  else await bed.pair.startDestination();
});

/** Ctrl-C in the second pass; the first command of the cancel has reached QEMU, and its answer is kept back. */
async function inTheCancel() {
  const running = scene.migrate('--policy', 'stock');
  expect(await scene.witnesses.source.saw(isPass(2), 60_000)).toBe(true);
  const { first, end } = await pressCtrlC(scene, running);
  if (!first) throw new Error('both sides have a way, and the first command of the cancel was not held');
  await carryOutUnanswered(first);
  const letGo = async () => {
    await first.way.letGo('to-client');
    await end();
  };
  return { running, letGo };
}

/** Exactly one console goes on, there, with all the guest's memory. */
async function expectOneSide(side: Side | 'either'): Promise<Side> {
  goesOn = await scene.goesOn();
  expect(goesOn, scene.story()).toHaveLength(1);
  const [only = 'source'] = goesOn;
  if (side !== 'either') expect(only, scene.story()).toBe(side);
  await bed.verify(only);
  return only;
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'a %s in the cancel waits for its end: the guest runs on the source, exit 5',
  async (signal) => {
    const { running, letGo } = await inTheCancel();
    running.process.kill(signal);
    await sleep(LETS_GO_WITHIN_MS);
    await letGo();
    const ran = await running.ended;
    await expectOneSide('source');
    expect(ran.status).toBe(5);
    expect(documentFrom(ran)).toMatchObject({ outcome: 'cancelled', runsOn: 'source' });
    expect(scene.witnesses.source.migration).toBe('cancelled');
  },
);

test('a SIGKILL in the cancel, then attach: exactly one side runs the guest, and attach says which', async () => {
  const { running, letGo } = await inTheCancel();
  running.process.kill('SIGKILL');
  await running.ended;
  await letGo();
  const attached = scene.run('attach', scene.address('source'), '--policy', 'mp', '--json');
  const ran = await attached.ended;
  const side = await expectOneSide('either');
  const statuses = side === 'destination' ? [0] : [3, 4, 5];
  expect(statuses, ran.stderr + ran.stdout).toContain(ran.status);
});
