/** Signals that come while a cancel is under way: between two of its commands nobody may be left running the guest on no side. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Bed } from '../lab/bed.ts';
import { DEFAULT_RATE_BITS_PER_SECOND } from '../lab/link.ts';
import { askMonitor } from '../lab/monitor.ts';
import { documentFrom } from '../lab/switchover-process.ts';
import { twoConsoles } from './faults/beats.ts';
import { carryOutUnanswered, pressCtrlC } from './faults/cancel-moment.ts';
import type { Side } from './faults/cell.ts';
import { boot } from './faults/fault-bed.ts';
import { isPass, isStop } from './faults/moments.ts';
import { overlapMs, runTimes } from './faults/run-times.ts';
import { Scene } from './faults/scene.ts';

/** Enough for a switchover that lets go at once to have done so. */
const LETS_GO_WITHIN_MS = 500;
/** For a cancel to have done what it does, on a busy machine. */
const CANCELS_WITHIN_MS = 4000;
const ENDS_WITHIN_MS = 60_000;

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
    // QEMU's own word for one whose stream was cut, because its answer did not come.
    expect(['cancelled', 'failed']).toContain(scene.witnesses.source.migration);
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

test('Ctrl-C of an attach that was told no destination, in the stop-and-copy: never both', async () => {
  const { pair, lab } = bed;
  const { source, destination } = scene.witnesses;
  await askMonitor(pair.destination.qmpPath, 'migrate-incoming', { uri: pair.migrateUri });
  await askMonitor(pair.source.qmpPath, 'migrate-set-parameters', { 'max-bandwidth': 2 ** 40 });
  await askMonitor(pair.source.qmpPath, 'migrate', { uri: pair.migrateUri });
  const attached = scene.run('attach', `qmp:${pair.source.qmpPath}`, '--policy', 'stock', '--json');
  const timer = setTimeout(() => attached.process.kill('SIGKILL'), ENDS_WITHIN_MS);
  await attached.says(/^pass \d/m);
  // Whoever began it lets it end, on a link that slows down, so that the Ctrl-C comes before its end.
  source.command('migrate-set-parameters', { 'downtime-limit': 20_000 });
  expect(await source.saw(isStop, 60_000)).toBe(true);
  await lab.link.setRate(DEFAULT_RATE_BITS_PER_SECOND / 10);
  try {
    attached.process.kill('SIGINT');
    await sleep(CANCELS_WITHIN_MS);
  } finally {
    await lab.link.setRate(DEFAULT_RATE_BITS_PER_SECOND);
  }
  const ran = await attached.ended;
  clearTimeout(timer);
  const side = await expectOneSide('either');
  // Who has not seen the destination may ask for somebody who looks, and may not guess.
  expect(side === 'destination' ? [0, 6] : [4, 5, 6], scene.story()).toContain(ran.status);
  const nowMs = Date.now();
  expect(overlapMs(runTimes(source, nowMs), runTimes(destination, nowMs)), scene.story()).toBe(0);
  expect(twoConsoles(scene.beats.beats)).toBeUndefined();
});
