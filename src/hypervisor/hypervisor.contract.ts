/**
 * What every driver of the port must do, run against real VMs by a test file beside each driver. The bed
 * offers one memory-intensive guest that none of these migrations can move without help, except the last. One list of
 * what is asked of a driver, hence a little over 300 lines.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Boundary, Counters } from '../model/observation.ts';
import type {
  Destination,
  Hypervisor,
  MigrationEvent,
  RefusalCode,
  RunningMigration,
  StartOptions,
} from './hypervisor.ts';
import { RefusedError } from './hypervisor.ts';

/** How big the bed's guest is, and its link: what the suite's figures are taken from. */
export interface ContractScale {
  readonly workingSetBytes: number;
  /** What it dirties at least, sampled for up to a second, while nothing holds it up. */
  readonly dirtyBytesPerSecond: number;
  /** What the link carries, all headers taken off. */
  readonly lineRateBytesPerSecond: number;
}

/** A guest that rewrites 128 MiB flat out, at 480 Mbit/s. */
const USUAL_SCALE: ContractScale = {
  workingSetBytes: 128 * 2 ** 20,
  dirtyBytesPerSecond: 50e6,
  lineRateBytesPerSecond: 60e6,
};

export interface ContractBed extends AsyncDisposable {
  readonly scale?: ContractScale;
  readonly hypervisor: Hypervisor;
  readonly vm: string;
  readonly destination: Destination;
  readonly memoryBytes: number;
  /** An address at which there is nothing, and the code with which it is refused. */
  readonly nowhere: string;
  readonly nowhereCode: RefusalCode;
  /** What is known of a VM that is not there: `gone` only where the host's own word is a proof. */
  readonly nowhereState: 'gone' | 'unreachable';
  /** Nothing tells how much memory the hypervisor's process holds. */
  readonly residentUnknown?: boolean;
  /**
   * What a guest that was suspended in its migration is after a cancel: libvirt resumes what ran at the beginning, QEMU
   * leaves it stopped, and resuming it is the supervisor's to decide.
   */
  readonly suspendedThenCancelled: 'paused' | 'running';
  /** It brakes without the hypervisor's help, and so what somebody else began as well. */
  readonly brakesFromOutside?: boolean;
  /** The address of a destination that nobody can reach. */
  readonly unreachable: string;
  /** Makes the destination ready to receive again, after an attempt that failed. */
  renewDestination(): Promise<void>;
  /** Throws when the guest, on the side where it is now, has lost or damaged memory. */
  verifyGuest(side: 'source' | 'destination'): Promise<void>;
}

/** As hard as every lever brakes that is asked for 99 %. */
const HARD_PERCENT = 98;

/** How much more than that least it dirties in most seconds. */
const FREELY = 2;

const OPTIONS: StartOptions = {
  meant: undefined,
  force: false,
  postCopy: false,
  brake: 'none',
  downtimeLimitMs: 300,
  bandwidthBytesPerSecond: undefined,
  lineRateBytesPerSecond: undefined,
};

/** Does what it is given on a bed of its own. */
type OnBed = (body: (bed: ContractBed) => Promise<void>) => Promise<void>;

/** @param onBed left out: all tests are of one bed */
export function hypervisorContract(name: string, makeBed: () => Promise<ContractBed>, onBed?: OnBed): void {
  describe(`the hypervisor's contract: ${name}`, () => {
    let bed: ContractBed;
    let hypervisor: Hypervisor;
    let scale: ContractScale;
    const take = (made: ContractBed) => {
      bed = made;
      hypervisor = bed.hypervisor;
      scale = bed.scale ?? USUAL_SCALE;
    };
    if (!onBed) {
      beforeAll(async () => take(await makeBed()));
      afterAll(async () => await bed?.[Symbol.asyncDispose]());
    }
    const test = (title: string, body: () => Promise<void>) =>
      it(title, async () =>
        onBed
          ? await onBed(async (made) => {
              take(made);
              await body();
            })
          : await body(),
      );

    test('inspects a running guest', async () => {
      const guest = await hypervisor.inspect(bed.vm);
      expect(guest).toMatchObject({
        vm: bed.vm,
        state: 'running',
        migrating: false,
        memoryBytes: bed.memoryBytes,
      });
      expect(guest.name).not.toBe('');
    });

    test('refuses a VM that is not there, with a code', async () => {
      await expect(hypervisor.inspect(bed.nowhere)).rejects.toMatchObject({
        name: 'RefusedError',
        code: bed.nowhereCode,
      });
      expect(await hypervisor.locate(bed.nowhere, undefined)).toEqual({
        source: bed.nowhereState,
        destination: 'unknown',
      });
    });

    test('tells how much of the memory is there at all, as far as it can', async () => {
      const guest = await hypervisor.inspect(bed.vm);
      const residentBytes = await hypervisor.residentBytes(guest);
      if (bed.residentUnknown) expect(residentBytes).toBeUndefined();
      else {
        expect(residentBytes).toBeGreaterThan(0.9 * scale.workingSetBytes);
        expect(residentBytes).toBeLessThanOrEqual(bed.memoryBytes);
      }
      expect(await hypervisor.residentBytes({ ...guest, vm: bed.nowhere })).toBeUndefined();
    });

    test('estimates the dirty rate without disturbing the guest', async () => {
      const probe = await hypervisor.probeDirtyRate(bed.vm, 1000, undefined);
      expect(probe.durationMs).toBe(1000);
      // The guest rewrites its working set over and over: sampling sees a good part of it.
      expect(probe.dirtyRateBytesPerSecond).toBeGreaterThan(scale.dirtyBytesPerSecond);
      expect((await hypervisor.inspect(bed.vm)).state).toBe('running');
    });

    test('finds nothing against this migration, and everything against a bad one', async () => {
      expect((await hypervisor.check(bed.vm, bed.destination, OPTIONS)).findings).toEqual([]);
      const error = await hypervisor
        .check(bed.nowhere, { ...bed.destination, vm: bed.unreachable }, OPTIONS)
        .catch((e) => e);
      expect(error).toBeInstanceOf(RefusedError);
      expect(error.message.split('\n')).toHaveLength(2);
    });

    test('there is nothing to attach to before it began', async () => {
      const attaching = hypervisor.attach(bed.vm, {
        meant: undefined,
        destination: bed.destination.vm,
        lineRateBytesPerSecond: undefined,
        brake: 'none',
      });
      await expect(attaching).rejects.toMatchObject({ code: 'not-migrating' });
    });

    test('reports boundaries; cancelling leaves the guest running at the source', async () => {
      const migration = await hypervisor.start(bed.vm, bed.destination, { ...OPTIONS, probeMs: 300 });
      const seen = await follow(migration, async (event, events) => {
        if (boundariesOf(events).length === 3 && event.kind === 'boundary') await migration.cancel();
      });
      const boundaries = boundariesOf(seen.events);
      expect(boundaries.length).toBeGreaterThanOrEqual(3);
      boundaries.forEach((boundary, index) => {
        const before = boundaries[index - 1];
        expect(boundary.remainingBytes).toBeLessThanOrEqual(boundary.totalBytes);
        if (!before) return;
        expect(boundary.pass).toBeGreaterThan(before.pass);
        expect(boundary.atMs).toBeGreaterThan(before.atMs);
        expect(boundary.sentBytes).toBeGreaterThan(before.sentBytes);
      });
      expect(seen.events.some(({ kind }) => kind === 'tick')).toBe(true);
      const probes = seen.events.flatMap((event) => (event.kind === 'probed' ? [event.probe] : []));
      expect(probes).toHaveLength(hypervisor.probesUnderWay ? 1 : 0);
      for (const probe of probes) {
        expect(probe.durationMs).toBe(300);
        expect(probe.dirtyRateBytesPerSecond).toBeGreaterThan(scale.dirtyBytesPerSecond);
      }
      expect(seen.end).toMatchObject({
        result: 'cancelled',
        whereabouts: { source: 'running' },
        destinationEverRan: false,
      });
      expect(seen.events.some(({ kind }) => kind === 'stopped')).toBe(false);
      await migration.detach();
      await bed.verifyGuest('source');
    });

    test('detaching lets it go on, and another controller takes it over', async () => {
      await bed.renewDestination();
      const first = await hypervisor.start(bed.vm, bed.destination, OPTIONS);
      await firstEvent(first, ({ kind }) => kind === 'tick');
      await first.detach();
      expect(await first.ended).toMatchObject({ result: 'detached' });
      expect((await hypervisor.inspect(bed.vm)).migrating).toBe(true);
      const again = hypervisor.start(bed.vm, bed.destination, OPTIONS);
      await expect(again).rejects.toMatchObject({ code: 'already-migrating' });

      const attach = { destination: bed.destination.vm, lineRateBytesPerSecond: undefined };
      const braking = hypervisor.attach(bed.vm, { meant: undefined, ...attach, brake: 'any' });
      if (bed.brakesFromOutside) await (await braking).detach();
      else await expect(braking).rejects.toMatchObject({ code: 'lacks-feature' });
      const second = await hypervisor.attach(bed.vm, {
        meant: undefined,
        destination: bed.destination.vm,
        lineRateBytesPerSecond: undefined,
        brake: 'none',
      });
      const seen = await follow(second, async (event, events) => {
        if (event.kind === 'boundary' && boundariesOf(events).length === 1) {
          await expect(second.throttle(99)).rejects.toThrow(/cannot be braked/);
          await second.suspend();
        }
        if (event.kind === 'stopped') await second.cancel();
      });
      expect(seen.end.result).toBe('cancelled');
      expect(seen.end.whereabouts.source).toBe(bed.suspendedThenCancelled);
      expect(seen.end.whereabouts.destination).not.toBe('running');
      if (bed.suspendedThenCancelled === 'paused') {
        const resumed = await second.resume('source');
        expect(resumed.atMs).toBeGreaterThanOrEqual(seen.end.atMs);
      }
      await second.detach();
      expect((await hypervisor.inspect(bed.vm)).state).toBe('running');
      await bed.verifyGuest('source');
    });

    test('a brake that was made ready bites; cancelling lets the guest run freely again', async () => {
      await bed.renewDestination();
      const migration = await hypervisor.start(bed.vm, bed.destination, { ...OPTIONS, brake: 'any' });
      let cancelled = false;
      const seen = await follow(migration, async (event, events) => {
        if (event.kind === 'boundary' && boundariesOf(events).length === 2) await migration.throttle(99);
        const throttled = 'throttlePercent' in event && (event.throttlePercent ?? 0) >= HARD_PERCENT;
        if (cancelled || (!throttled && boundariesOf(events).length < 5)) return;
        cancelled = true;
        await migration.cancel();
      });
      // Decided at the second boundary, it bites at once, at the next or, on a busy machine, soon after; never before.
      const told = seen.events.flatMap((event) =>
        event.kind === 'boundary' || event.kind === 'tick' ? [event] : [],
      );
      expect(told.at(-1)?.throttlePercent).toBeGreaterThanOrEqual(HARD_PERCENT);
      const second = told.findIndex(
        ({ kind, pass }) => kind === 'boundary' && pass === boundariesOf(seen.events)[1]?.pass,
      );
      for (const { throttlePercent } of told.slice(0, second + 1))
        expect(throttlePercent ?? 0).toBeLessThanOrEqual(1);
      expect(seen.end).toMatchObject({ result: 'cancelled', whereabouts: { source: 'running' } });
      await migration.detach();
      // Braked, it would dirty a hundredth of its pace or a third of its pages. One sample of pages may err by as much.
      const probe = async () =>
        (await hypervisor.probeDirtyRate(bed.vm, 1000, undefined)).dirtyRateBytesPerSecond;
      await expect.poll(probe, { timeout: 20_000 }).toBeGreaterThan(FREELY * scale.dirtyBytesPerSecond);
    });

    test('a limit too short for the rest does not stop the guest', async () => {
      await bed.renewDestination();
      const { lineRateBytesPerSecond } = scale;
      const migration = await hypervisor.start(bed.vm, bed.destination, OPTIONS);
      const seen = await follow(migration, async (event, events) => {
        const boundaries = boundariesOf(events);
        if (event.kind !== 'boundary') return;
        if (boundaries.length === 2)
          await migration.setDowntimeLimit({ pauseMs: 600, fixedCostMs: 50, lineRateBytesPerSecond });
        if (boundaries.length === 3) await migration.cancel();
      });
      expect(seen.events.some(({ kind }) => kind === 'stopped')).toBe(false);
      expect(seen.end.result).toBe('cancelled');
      await migration.detach();
    });

    test('a cap takes hold of its passes under way, is lifted, and nothing of it stays', async () => {
      await bed.renewDestination();
      const cap = scale.lineRateBytesPerSecond / 4;
      const migration = await hypervisor.start(bed.vm, bed.destination, OPTIONS);
      /** Whether passes are about as fast, by one measurement after the other, of a second each. */
      const wants = [
        { cap, isSo: (rate: number) => rate < 1.5 * cap },
        { cap: undefined, isSo: (rate: number) => rate > 2 * cap },
      ];
      let from: Counters | undefined;
      let [wanted] = wants;
      let tries = 20;
      const seen = await follow(migration, async (event) => {
        if (event.kind !== 'tick' && event.kind !== 'boundary') return;
        if (!from) {
          await migration.setPassCap(wanted?.cap);
          expect(migration.passCapBytesPerSecond).toBe(wanted?.cap);
          from = event;
        }
        if (event.atMs - from.atMs < 1000) return;
        const rate = ((event.sentBytes - from.sentBytes) / (event.atMs - from.atMs)) * 1000;
        from = event;
        tries -= 1;
        if (!wanted?.isSo(rate) && tries > 0) return;
        wants.shift();
        [wanted] = wants;
        if (wanted && tries > 0) from = undefined;
        else await migration.cancel();
      });
      expect(tries).toBeGreaterThan(0);
      expect(seen.end).toMatchObject({ result: 'cancelled', whereabouts: { source: 'running' } });
      for (const { problem } of await migration.putBack()) expect(problem).toBeUndefined();
      await migration.detach();
      await bed.verifyGuest('source');
    });

    test('a limit that fits moves it: stopped on the source, resumed on the destination', async () => {
      await bed.renewDestination();
      const { lineRateBytesPerSecond } = scale;
      const migration = await hypervisor.start(bed.vm, bed.destination, OPTIONS);
      const seen = await follow(migration, async (event, events) => {
        if (event.kind === 'boundary' && boundariesOf(events).length === 2)
          await migration.setDowntimeLimit({ pauseMs: 4000, fixedCostMs: 50, lineRateBytesPerSecond });
        if (event.kind === 'handed-over' && migration.destinationWaits) await migration.letRun();
      });
      expect(seen.end).toMatchObject({
        result: 'completed',
        whereabouts: { source: 'handed-over', destination: 'running' },
        destinationEverRan: true,
      });
      const stopped = seen.events.find(({ kind }) => kind === 'stopped');
      const resumed = seen.events.find(({ kind }) => kind === 'resumed');
      expect(resumed).toMatchObject({ side: 'destination' });
      // How long it took is the machine's affair as well.
      expect((resumed?.atMs ?? 0) - (stopped?.atMs ?? 0)).toBeGreaterThan(0);
      await migration.detach();
      expect(await hypervisor.locate(bed.vm, bed.destination.vm)).toEqual({
        source: 'handed-over',
        destination: 'running',
      });
      await bed.verifyGuest('destination');
    });
  });
}

function boundariesOf(events: readonly MigrationEvent[]): Boundary[] {
  return events.filter((event) => event.kind === 'boundary');
}

/** Reads a migration to its end, acting on the way. */
async function follow(
  migration: RunningMigration,
  act: (event: MigrationEvent, soFar: readonly MigrationEvent[]) => Promise<void>,
) {
  const events: MigrationEvent[] = [];
  for await (const event of migration.events) {
    events.push(event);
    await act(event, events);
  }
  return { events, end: await migration.ended };
}

async function firstEvent(
  migration: RunningMigration,
  wanted: (event: MigrationEvent) => boolean,
): Promise<void> {
  for await (const event of migration.events) if (wanted(event)) return;
}
