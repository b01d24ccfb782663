/**
 * What goes wrong in the middle, on KVM: a monitor that is lost or silent, a QEMU that is killed, Ctrl-C, and a
 * controller that is killed. Whatever becomes of the migration, the guest never runs on both sides, and has lost nothing
 * where it runs.
 */
import { describe, expect, test } from 'vitest';
import type { Bed } from '../../lab/bed.ts';
import { MonitorProxy } from '../../lab/monitor-proxy.ts';
import { documentFrom, Running, switchover } from '../../lab/switchover-process.ts';
import { expectEnd, expectSourceRuns } from '../expectations.ts';
import { onBed, PATIENT } from './guest.ts';
import { SideWatch } from './side-watch.ts';

let bed: Bed;
let watch: SideWatch;

/** Watched all through it. */
async function watched(body: () => Promise<void>): Promise<void> {
  await onBed(async (made) => {
    bed = made;
    watch = SideWatch.of(bed.pair);
    try {
      await body();
    } finally {
      await watch.stop();
    }
  });
}

const SIDES = ['source', 'destination'] as const;
type Lost = (typeof SIDES)[number];

describe('the way to a monitor', () => {
  test.each(SIDES)('of the %s that is lost for 2 s costs the migration nothing', async (lost) =>
    watched(async () => {
      await using proxy = await MonitorProxy.open(bed.pair[lost].qmpPath);
      const running = migrateThrough(lost, proxy);
      await running.says(/^pass 2/m);
      await proxy.cut();
      await new Promise((resolve) => setTimeout(resolve, 2000));
      await proxy.restore();
      const ran = await running.ended;
      expectEnd(ran, 0, 'completed', 'destination');
      expect(await watch.stop()).toEqual({ bothRan: false });
      await bed.verify('destination');
    }),
  );

  test.each(
    SIDES.flatMap((side) => [
      { side, fault: 'is lost' },
      { side, fault: 'falls silent' },
    ]),
  )(
    'of the $side that $fault for good leaves one side, or says who must act',
    async ({ side: lost, fault }) =>
      watched(async () => {
        await using proxy = await MonitorProxy.open(bed.pair[lost].qmpPath);
        const running = migrateThrough(lost, proxy);
        await running.says(/^pass 2/m);
        if (fault === 'is lost') await proxy.cut();
        else proxy.fallSilent();
        const ran = await running.ended;
        // Not a success that nobody has seen, and no claim that the guest runs where it does not.
        expect([0, 4, 5, 6], ran.stderr).toContain(ran.status);
        const { runsOn } = documentFrom(ran);
        expect(await watch.stop()).toEqual({ bothRan: false });
        const runs = await watch.runningSide();
        if (ran.status === 6) expect(runsOn).toBe('unknown');
        else expect(runsOn).toBe(runs);

        // The hand that exit 6 names: the way is mended, and attach to the source as it was called ends with the guest at
        // work. QEMU talks to one client at a time, and a silent one is one.
        await proxy.cut();
        await using mended = await MonitorProxy.open(bed.pair[lost].qmpPath);
        const source = lost === 'source' ? `qmp:${mended.path}` : bed.source;
        const hand =
          runs === undefined ? await switchover('attach', source, '--state-dir', bed.stateDir) : undefined;
        const side = await watch.runningSide();
        expect(
          side,
          `${ran.stderr}\n${ran.stdout}\n${hand?.status} ${hand?.stderr}${hand?.stdout}`,
        ).toBeDefined();
        await bed.verify(side ?? 'source');
      }),
  );
});

test('a destination that is killed costs the migration, and not the guest', async () =>
  watched(async () => {
    const running = await bed.migrate('--policy', 'stock', ...PATIENT, '--json');
    await running.says(/^pass 2/m);
    // Nobody is left to ask there.
    expect(await watch.stop()).toEqual({ bothRan: false });
    await kill('destination');
    expectEnd(await running.ended, 4, 'failed', 'source');
    await expectSourceRuns(bed);
  }));

test('a source that is killed takes its guest with it: nobody is told to run it', async () =>
  watched(async () => {
    const running = await bed.migrate('--policy', 'stock', ...PATIENT, '--json');
    await running.says(/^pass 2/m);
    expect(await watch.stop()).toEqual({ bothRan: false });
    await kill('source');
    expectEnd(await running.ended, 6, 'failed', 'unknown', /start it anew/);
    expect(await bed.pair.destination.runState().catch(() => 'gone')).not.toBe('running');
  }));

test('Ctrl-C cancels, and the guest goes on at the source with all its memory', async () =>
  watched(async () => {
    const running = await bed.migrate('--policy', 'stock', ...PATIENT, '--json');
    await running.says(/^pass 2/m);
    running.process.kill('SIGINT');
    expectEnd(await running.ended, 5, 'cancelled', 'source');
    expect(await watch.stop()).toEqual({ bothRan: false });
    await expectSourceRuns(bed);
  }));

test('a controller that is killed is replaced by attach, which brings the guest over', async () =>
  watched(async () => {
    const running = await bed.migrate('--policy', 'stock', ...PATIENT);
    await running.says(/^pass 2/m);
    running.process.kill('SIGKILL');
    expect((await running.ended).signal).toBe('SIGKILL');
    expect(await bed.pair.source.runState()).toBe('running');
    const ran = await switchover('attach', bed.source, '--state-dir', bed.stateDir, ...PATIENT, '--json');
    expectEnd(ran, 0, 'completed', 'destination');
    expect(await watch.stop()).toEqual({ bothRan: false });
    await bed.verify('destination');
  }));

async function kill(side: Lost): Promise<void> {
  bed.pair[side].kill('SIGKILL');
  await bed.pair[side].exited;
}

function migrateThrough(lost: Lost, proxy: MonitorProxy): Running {
  const addresses = SIDES.map((side) => (side === lost ? `qmp:${proxy.path}` : bed[side]));
  return new Running(['migrate', ...addresses, ...bed.common(), ...PATIENT, '--json']);
}
