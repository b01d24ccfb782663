/**
 * The promise that matters most: whenever a cancel comes, in the passes, just before the switchover, while the
 * guest is stopped or as it arrives, exactly one side runs the guest afterwards, with all its memory.
 */
import { expect, test } from 'vitest';
import { Bed } from '../lab/bed.ts';
import { QemuHypervisor } from '../src/hypervisor/qemu/qemu-hypervisor.ts';
import { Supervisor } from '../src/migration/supervisor.ts';
import { DEFAULT_LIMITS } from '../src/policy/policy.ts';
import { early } from './testing/early-policy.ts';

/** Switches over at the end of the first pass: about 0.1 s later the guest stops, 2.3 s after that it arrives. */
const EARLY = early(4500);

/** From which event on the delay counts: the decision, while the guest runs, or its stop. */
type From = 'decision' | 'stop';

test.each<[number, From, number]>([
  // 128 MiB: a stop-and-copy of 2.3 s, in which QEMU answers nothing.
  [0, 'decision', 128],
  [50, 'decision', 128],
  [1200, 'stop', 128],
  [2300, 'stop', 128],
  // 16 MiB: over before a command that came too early is looked at.
  [0, 'decision', 16],
  [0, 'stop', 16],
  [150, 'stop', 16],
  [280, 'stop', 16],
])('a cancel %i ms after the %s, %i MiB dirty', async (delayMs, from, wssMiB) => {
  await using bed = await Bed.make({ kind: 'loop', wssMiB });
  const migration = await new QemuHypervisor().start(
    bed.source,
    { vm: bed.destination, migrateUri: bed.pair.migrateUri, listenUri: undefined },
    {
      ...{
        meant: undefined,
        force: bed.pair.source.losesWritesWorkaround,
        brake: 'none',
        postCopy: false,
        downtimeLimitMs: 300,
      },
      ...{ bandwidthBytesPerSecond: undefined, lineRateBytesPerSecond: undefined },
    },
  );
  let timer: NodeJS.Timeout | undefined;
  const supervisor = new Supervisor(migration, EARLY, DEFAULT_LIMITS, {
    write: (_atMs, happening) => {
      const decided = happening.type === 'decision' && happening.decision.action === 'switchover';
      const stopped = happening.type === 'guest' && happening.event === 'stopped';
      if (from === 'decision' ? decided : stopped)
        timer ??= setTimeout(() => supervisor.cancel('a cancel at a bad moment'), delayMs);
    },
  });
  const outcome = await supervisor.run();
  clearTimeout(timer);
  await migration.detach();

  expect(outcome.runsOn).not.toBe('unknown');
  const side = outcome.runsOn === 'destination' ? 'destination' : 'source';
  const states = {
    source: await bed.pair.source.runState(),
    destination: await bed.pair.destination.runState(),
  };
  expect(
    Object.entries(states)
      .filter(([, state]) => state === 'running')
      .map(([name]) => name),
  ).toEqual([side]);
  await bed.verify(side);
});
