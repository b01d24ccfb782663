import { expect, test } from 'vitest';
import type { Side, SideState } from '../hypervisor.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { SideLook } from './domain/domain-state.ts';
import { type LastingLooks, lastingStates, type SettlingParts } from './lasting-states.ts';

type Facts = Partial<Omit<SettlingParts, 'clock' | 'look' | 'letGo' | 'handedOver'>> & {
  readonly handedOver?: boolean;
};

const RUNNING: SideLook = { state: 'running' };
const GONE: SideLook = { state: 'gone' };
const MIGRATED: SideLook = { state: 'handed-over' };
/** `paused (migrating)` without a job. */
const LEFT: SideLook = { state: 'handed-over', standsStill: true };
const PAUSED: SideLook = { state: 'paused', standsStill: true };
const INCOMING: SideLook = { state: 'incoming', standsStill: true };

interface Host {
  /** What it says from an instant on, in order. */
  readonly from: readonly (readonly [number, SideLook])[];
}

/** A side that says the same all the time, or one thing until an instant and then another. */
const says = (first: SideLook, ...later: (readonly [number, SideLook])[]): Host => ({
  from: [[0, first], ...later],
});

/** @returns what it found, and after how long */
async function settle(source: Host, destination: Host, { handedOver = false, ...facts }: Facts = {}) {
  const clock = new VirtualClock(1000);
  const now = ({ from }: Host) => from.findLast(([ms]) => clock.now() - 1000 >= ms)?.[1] ?? GONE;
  let letGo = false;
  let looks = 0;
  const found: { looks?: LastingLooks; afterMs?: number } = {};
  const waiting = lastingStates({
    clock,
    look: async (side) => {
      looks += 1;
      return now(side === 'source' ? source : destination);
    },
    letGo: () => letGo,
    wasRunning: true,
    handedOver: () => handedOver,
    postCopyBegan: false,
    sourceWasAway: false,
    mayHaveArrived: () => true,
    isEndHeard: () => true,
    reconnectForMs: 60_000,
    ...facts,
  }).then((looks) => {
    found.looks = looks;
    found.afterMs = clock.now() - 1000;
  });
  return {
    clock,
    letGo: () => {
      letGo = true;
    },
    looked: () => looks,
    found,
    end: async () => {
      await clock.pass(120_000);
      await waiting;
      const { source: s, destination: d } = found.looks as LastingLooks;
      return [s.state, d.state, found.afterMs];
    },
  };
}

async function after(source: Host, destination: Host, facts: Facts = {}) {
  return await (await settle(source, destination, facts)).end();
}

test('a source that has ended is waited for until its events say so too, which may be late', async () => {
  let isHeard = false;
  const settling = await settle(says(GONE), says({ state: 'unknown' }), { isEndHeard: () => isHeard });
  await settling.clock.pass(900);
  expect(settling.found.looks).toBeUndefined();
  isHeard = true;
  expect((await settling.end())[2]).toBeLessThanOrEqual(950);
  const unheard = await after(says(GONE), says({ state: 'unknown' }), { isEndHeard: () => false });
  expect(unheard).toEqual(['gone', 'unknown', 2000]);
});

test.each([MIGRATED, PAUSED])(
  'so is a destination that has ended, where the source stands still and the guest may have arrived (%#)',
  async (source) => {
    const unheard = { isEndHeard: (side: Side) => side === 'source' };
    expect((await after(says(source), says(GONE), unheard))[2]).toBe(2000);
    expect(
      (await after(says(source), says(GONE), { ...unheard, mayHaveArrived: () => false }))[2],
    ).toBeLessThan(2000);
    expect((await after(says(source), says(GONE)))[2]).toBeLessThan(2000);
    expect((await after(says(RUNNING), says(GONE), unheard))[2]).toBe(0);
  },
);

test('a guest that arrived is found at once', async () => {
  const settling = await settle(says(MIGRATED), says(RUNNING));
  expect(await settling.end()).toEqual(['handed-over', 'running', 0]);
  expect(settling.looked()).toBe(2);
});

test('a transient domain that was migrated is simply not there any more', async () => {
  expect(await after(says(GONE), says(RUNNING), { handedOver: true })).toEqual(['handed-over', 'running', 0]);
  expect(await after(says(GONE), says(RUNNING))).toEqual(['gone', 'running', 0]);
});

test('libvirt’s word that it was migrated holds although its libvirtd ends right after it', async () => {
  expect(await after(says({ state: 'unreachable' }), says(RUNNING), { handedOver: true })).toEqual([
    'handed-over',
    'running',
    0,
  ]);
});

test('a failed migration: the source runs, the destination is gone or about to be', async () => {
  expect(await after(says(RUNNING), says(GONE))).toEqual(['running', 'gone', 0]);
  expect(await after(says(RUNNING), says(INCOMING, [400, GONE]))).toEqual(['running', 'gone', 400]);
  const untouched = { mayHaveArrived: () => false };
  expect(await after(says(RUNNING), says(INCOMING), untouched)).toEqual(['running', 'incoming', 10_000]);
  // It had stopped for the switchover: the destination's libvirtd may hear late that it is to run it.
  expect(await after(says(RUNNING), says(INCOMING, [35_000, RUNNING]))).toEqual([
    'running',
    'running',
    35_000,
  ]);
  expect(await after(says(RUNNING), says(INCOMING))).toEqual(['running', 'incoming', 60_000]);
});

// Review B24: devices that load for more than 5 s.
test('a destination that loads for long is waited for', async () => {
  expect(await after(says(MIGRATED), says(INCOMING, [25_000, RUNNING]))).toEqual([
    'handed-over',
    'running',
    25_000,
  ]);
  const switching: SideLook = { state: 'switching-over', standsStill: true };
  expect(await after(says(switching, [20_000, MIGRATED]), says(RUNNING))).toEqual([
    'handed-over',
    'running',
    20_000,
  ]);
});

test('a destination that is about to run it is waited for', async () => {
  expect(await after(says(MIGRATED), says(PAUSED, [2000, RUNNING]))).toEqual([
    'handed-over',
    'running',
    2000,
  ]);
  expect(await after(says(MIGRATED), says(PAUSED))).toEqual(['handed-over', 'paused', 10_000]);
});

test('a source that stays paused is told as paused, after a second', async () => {
  expect(await after(says(PAUSED), says(GONE))).toEqual(['paused', 'gone', 1000]);
  expect(await after(says(PAUSED, [300, RUNNING]), says(GONE))).toEqual(['running', 'gone', 300]);
});

test('after its restart the source’s libvirtd resumes the guest, which takes it longer', async () => {
  const away = { sourceWasAway: true };
  expect(await after(says(PAUSED, [6000, RUNNING]), says(GONE), away)).toEqual(['running', 'gone', 6000]);
  expect(await after(says(LEFT, [6000, RUNNING]), says(GONE), away)).toEqual(['running', 'gone', 6000]);
});

test('a source that libvirt left paused in its last phase stays what it is', async () => {
  expect(await after(says(LEFT), says(GONE))).toEqual(['handed-over', 'gone', 10_000]);
  expect(await after(says(LEFT), says(RUNNING))).toEqual(['handed-over', 'running', 0]);
});

test('nobody waits for a guest to run that did not run before, or that somebody stopped', async () => {
  expect(await after(says(PAUSED), says(GONE), { wasRunning: false })).toEqual(['paused', 'gone', 0]);
  const held: SideLook = { ...PAUSED, heldBy: 'an operator' };
  expect(await after(says(held), says(GONE))).toEqual(['paused', 'gone', 0]);
});

test('a destination that is not watched is unknown', async () => {
  expect(await after(says(RUNNING), says({ state: 'unknown' }))).toEqual(['running', 'unknown', 0]);
});

const UNSEEN: SideState[] = ['unreachable', 'silent'];
test.each(UNSEEN)('a source that is %s is waited for while its libvirtd may come back', async (state) => {
  expect(await after(says({ state }, [30_000, RUNNING]), says(GONE))).toEqual(['running', 'gone', 30_000]);
  expect(await after(says({ state }), says(RUNNING))).toEqual([state, 'running', 60_000]);
  expect(await after(says({ state }), says(RUNNING), { reconnectForMs: 5000 })).toEqual([
    state,
    'running',
    5000,
  ]);
});

test.each(UNSEEN)('a destination that is %s is waited for where it may have the guest', async (state) => {
  expect(await after(says(LEFT), says({ state }, [30_000, RUNNING]))).toEqual([
    'handed-over',
    'running',
    30_000,
  ]);
  expect(await after(says(RUNNING), says({ state }, [3000, GONE]))).toEqual(['running', 'gone', 3000]);
  expect(await after(says(MIGRATED), says({ state }))).toEqual(['handed-over', state, 60_000]);
  expect(await after(says(PAUSED), says({ state }), { mayHaveArrived: () => false })).toEqual([
    'paused',
    state,
    60_000,
  ]);
});

test('a guest that never stopped has left nothing at a destination that cannot be asked', async () => {
  expect(await after(says(RUNNING), says({ state: 'unreachable' }), { mayHaveArrived: () => false })).toEqual(
    ['running', 'unreachable', 0],
  );
});

test('once we let go nobody waits', async () => {
  const settling = await settle(says({ state: 'unreachable' }), says(RUNNING));
  await settling.clock.pass(2000);
  expect(settling.found.looks).toBeUndefined();
  settling.letGo();
  await settling.clock.pass(1000);
  expect(settling.found.looks?.source.state).toBe('unreachable');
  const looked = settling.looked();
  await settling.clock.pass(5000);
  expect(settling.looked()).toBe(looked);
});
