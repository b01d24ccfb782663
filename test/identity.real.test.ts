/**
 * `attach` and another VM: whatever address it is given, or finds in an old journal, a VM that is not the migration's
 * own is neither stopped nor made to run.
 */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Bed } from '../lab/bed.ts';
import { askMonitor } from '../lab/monitor.ts';
import type { QemuPair } from '../lab/qemu-pair.ts';
import type { Ran, Running } from '../lab/switchover-process.ts';
import { sentences } from './expectations.ts';
import { boot, MEMORY_MIB } from './faults/fault-bed.ts';
import { isPass } from './faults/moments.ts';
import { Scene } from './faults/scene.ts';
import { Way } from './faults/way.ts';
import { Witness } from './faults/witness.ts';

/** A switchover that has not refused by then has taken the address. */
const REFUSES_WITHIN_MS = 8000;
const CANCELS_WITHIN_MS = 25_000;

let bed: Bed;
/** Another VM of the same size and machine. */
let other: QemuPair;
let onOther: Witness;
let scene: Scene;

beforeAll(async () => {
  bed = await boot();
  other = await bed.lab.startPair({
    workload: { kind: 'idle' },
    memoryMiB: MEMORY_MIB,
    source: { extraArgs: ['-uuid', randomUUID()] },
    destination: 'none',
  });
  await other.ready();
});
afterAll(async () => await bed?.[Symbol.asyncDispose]());
beforeEach(async () => {
  // Each side without a way: nothing is to be lost here.
  scene = await Scene.open(bed, ['source', 'destination']);
  onOther = await Witness.at('destination', other.source.monitor2Path);
});
afterEach(async () => {
  onOther.close();
  await askMonitor(bed.pair.source.qmpPath, 'migrate_cancel').catch(() => undefined);
  await scene[Symbol.asyncDispose]();
  await bed.pair.startDestination();
});

const otherAddress = () => `qmp:${other.source.qmpPath}`;

/** A migration that never ends by itself, and that nobody watches. */
async function leaveUnderWay(): Promise<void> {
  await askMonitor(bed.pair.destination.qmpPath, 'migrate-incoming', { uri: bed.pair.migrateUri });
  await askMonitor(bed.pair.source.qmpPath, 'migrate-set-capabilities', {
    capabilities: [{ capability: 'events', state: true }],
  });
  await askMonitor(bed.pair.source.qmpPath, 'migrate-set-parameters', { 'max-bandwidth': 2 ** 40 });
  await askMonitor(bed.pair.source.qmpPath, 'migrate', { uri: bed.pair.migrateUri });
  await expect.poll(() => scene.witnesses.source.migration, { timeout: 60_000 }).toBe('active');
}

/** Gives it time to refuse; one that does not is told to cancel, as a user would, and killed when it cannot. */
async function endOrCtrlC(running: Running): Promise<Ran> {
  const timers = [
    setTimeout(() => running.process.kill('SIGINT'), REFUSES_WITHIN_MS),
    setTimeout(() => running.process.kill('SIGKILL'), CANCELS_WITHIN_MS),
  ];
  const ran = await running.ended;
  for (const timer of timers) clearTimeout(timer);
  return ran;
}

async function expectUntouched(status: 'running' | 'paused'): Promise<void> {
  // A command that was sent late shows within some polls.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const changes = onOther.events.filter(({ name }) => name === 'STOP' || name === 'RESUME');
  expect(changes, scene.story()).toEqual([]);
  expect(onOther.status).toBe(status);
}

describe.each(['paused', 'running'] as const)('another VM that is %s', (status) => {
  beforeAll(async () => {
    await askMonitor(other.source.qmpPath, status === 'paused' ? 'stop' : 'cont');
  });

  test('is refused as --to, and not touched', async () => {
    await leaveUnderWay();
    const running = scene.run('attach', bed.source, '--to', otherAddress(), '--policy', 'stock');
    const ran = await endOrCtrlC(running);
    await expectUntouched(status);
    expect(sentences(ran), scene.story()).toEqual([expect.stringMatching(/refused: /)]);
    expect(ran.status).toBe(3);
    // Its own migration goes on as it was.
    expect(scene.witnesses.source.migration).toBe('active');
    expect(scene.witnesses.source.status).toBe('running');
  });

  test('that has the address of an old journal is not touched', async () => {
    const address = path.join(bed.lab.folder, 'way-reused');
    {
      // What is left of a switchover that was killed: a journal without an end.
      await using _way = await Way.open(address, bed.pair.destination.qmpPath);
      const own = ['migrate', bed.source, `qmp:${address}`, ...bed.common().slice(0, 2)];
      const killed = scene.run(...own, '--policy', 'stock');
      const underWay = await scene.witnesses.source.saw(isPass(2), 60_000);
      expect(underWay, scene.story()).toBe(true);
      killed.process.kill('SIGKILL');
      await killed.ended;
    }
    await askMonitor(bed.pair.source.qmpPath, 'migrate_cancel');
    await scene.reopenDestination();
    await using _way = await Way.open(address, other.source.qmpPath);
    await leaveUnderWay();
    const ran = await endOrCtrlC(scene.run('attach', bed.source, '--policy', 'stock'));
    await expectUntouched(status);
    // Refused, or taken over without a destination and cancelled by the Ctrl-C.
    expect([3, 5], scene.story()).toContain(ran.status);
    expect(await scene.goesOn()).toEqual(['source']);
    // QEMU's own word for a cancelled migration may be 'failed', where the wire broke first.
    expect(ran.status === 3 ? ['active'] : ['cancelled', 'failed']).toContain(
      scene.witnesses.source.migration,
    );
  });
});
