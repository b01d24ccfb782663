import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DrainRequest, planDrain } from './drain-plan.ts';
import type { DrainVm } from './facts.ts';
import { ORDERS } from './order.ts';
import {
  destinationOf,
  drawing,
  drawnDestinations,
  drawnVms,
  estimate,
  forecastOf,
  GIB,
  vmOf,
} from './testing/drawn.ts';

function requestOf(vms: readonly DrainVm[], given: Partial<DrainRequest> = {}): DrainRequest {
  return {
    ...{ link: 'source', vms, destinations: [destinationOf('east')], order: 'hardest-first', atATime: 1 },
    ...{ reserveBytes: 0, deadlineMs: undefined, random: drawing() },
    ...given,
  };
}

describe('a plan', () => {
  test('says who goes when, the pause with as many on the link as there are, and the whole with its bounds', () => {
    const vms = [vmOf('light'), vmOf('light2'), vmOf('loop', { forecast: forecastOf(60_000, 2000, 1) })];
    const plan = planDrain(requestOf(vms, { atATime: 2 }));
    expect(plan.verdict).toBe('all-leave');
    expect(plan.moves.map(({ vm, among, times }) => [vm.name, among, times?.startMs.middle])).toEqual([
      ['loop', 1, 0],
      ['light', 2, 60_000],
      ['light2', 2, 60_000],
    ]);
    expect(plan.moves[1]).toMatchObject({ pauseMs: { middle: 200 }, memoryIntensive: false });
    expect(plan.wholeMs?.middle).toBe(80_000);
    expect(plan.wholeMs?.low).toBeGreaterThan(60_000);
    expect(plan.wholeMs?.low).toBeLessThan(75_000);
    expect(plan.wholeMs?.high).toBeGreaterThan(85_000);
    expect(plan.wholeMs?.high).toBeLessThan(100_000);
  });

  test('has the notice of each guest in its times, which no draw makes shorter, and in what windows are asked by', () => {
    const forecast = { ...forecastOf(40_000, 2000, 1), noticeMs: 60_000 };
    const loops = ['a', 'b'].map((name) => vmOf(name, { forecast }));
    const plan = planDrain(requestOf(loops));
    expect(plan.moves.map(({ times }) => times?.startMs.middle)).toEqual([0, 100_000]);
    expect(plan.wholeMs?.middle).toBe(200_000);
    expect(plan.wholeMs?.low).toBeGreaterThan(180_000);
    expect(plan.moves[0]?.totalMs?.middle).toBe(40_000);
    // 108 s at the most: not in what is left of 190 s once the first one has left.
    const openings = { at: (ms: number) => (ms < 190_000 ? { opensMs: 0, closesMs: 190_000 } : undefined) };
    expect(planDrain(requestOf(loops, { openings })).neverBegin).toEqual(['b']);
  });

  test('what each VM errs by alone averages out over many, what they have in common does not', () => {
    const many = (inCommon: number) =>
      Array.from({ length: 25 }, (_, index) =>
        vmOf(`vm${index}`, {
          forecast: {
            ...forecastOf(10_000, 100, 1),
            inCommonMs: { low: 10_000 * (1 - inCommon), high: 10_000 * (1 + inCommon) },
          },
        }),
      );
    const widthOf = (inCommon: number) => {
      const { wholeMs = estimate(0) } = planDrain(requestOf(many(inCommon)));
      return (wholeMs.high - wholeMs.low) / wholeMs.middle;
    };
    // 20 % of each: 4 % of the sum of 25 that do not depend on each other, 20 % of the sum of those that do.
    expect(widthOf(0)).toBeGreaterThan(0.05);
    expect(widthOf(0)).toBeLessThan(0.11);
    expect(widthOf(0.2)).toBeGreaterThan(0.3);
    expect(widthOf(0.2)).toBeLessThan(0.5);
  });

  test('holds a deadline against what it drew, and names who would not begin', () => {
    const vms = [vmOf('first'), vmOf('second'), vmOf('third')];
    const at = (deadlineMs: number) => planDrain(requestOf(vms, { deadlineMs }));
    expect(at(60_000)).toMatchObject({
      verdict: 'all-leave',
      deadline: { verdict: 'holds', startTooLate: [] },
    });
    expect(at(31_000)).toMatchObject({ verdict: 'all-leave', deadline: { verdict: 'doubtful' } });
    expect(at(15_000)).toMatchObject({
      verdict: 'too-late',
      deadline: { verdict: 'missed', probability: 0, startTooLate: ['third'] },
    });
  });

  test('tells what each VM that stays waits for', () => {
    const cpu = { code: 'different-cpu', words: 'it lacks the CPU' };
    const vms = [
      vmOf('disk', { obstacles: [{ code: 'not-shared', words: 'its disk is local' }] }),
      vmOf('large', { memoryBytes: 100 * GIB }),
      vmOf('cpu', { refusedBy: new Map([['east', [cpu]]]) }),
      vmOf('unknown', { forecast: undefined }),
    ];
    const plan = planDrain(requestOf(vms, { deadlineMs: 1000 }));
    expect(plan.held.map(({ vm, kind }) => [vm.name, kind])).toEqual([
      ['disk', 'permanent'],
      ['large', 'capacity'],
      ['cpu', 'permanent'],
    ]);
    expect(plan).toMatchObject({ verdict: 'some-stay', wholeMs: undefined });
    expect(plan.moves).toMatchObject([{ times: undefined, pauseMs: undefined }]);
    expect(planDrain(requestOf(vms.slice(3))).verdict).toBe('not-known');
  });

  test('has those of a higher priority first, and those that are shut down beside it, which need no room', () => {
    const vms = [
      vmOf('loop', { forecast: forecastOf(60_000, 2000, 1) }),
      vmOf('first', { priority: 1 }),
      vmOf('off', { word: 'shutdown', memoryBytes: 1000 * GIB }),
    ];
    for (const order of ORDERS) {
      const plan = planDrain(requestOf(vms, { order }));
      expect(plan.moves.map(({ vm }) => vm.name)).toEqual(['first', 'loop']);
      expect(plan).toMatchObject({ verdict: 'all-leave', stopped: [{ name: 'off' }], held: [] });
      expect(plan.room.neededBytes).toBe(2 * GIB);
    }
  });

  test('with windows waits for them, and holds the deadline against that', () => {
    const inMs = (opensMs: number, lastsMs: number) => ({ opensMs, closesMs: opensMs + lastsMs });
    const all = [inMs(3_600_000, 60_000), inMs(7_200_000, 60_000)];
    const openings = { at: (ms: number) => all.find(({ closesMs }) => closesMs > ms) };
    const loops = ['a', 'b'].map((name) => vmOf(name, { forecast: forecastOf(40_000, 2000, 1) }));
    const at = (deadlineMs: number | undefined, vms: readonly DrainVm[] = loops) =>
      planDrain(requestOf(vms, { deadlineMs, openings }));
    const plan = at(undefined);
    expect(plan).toMatchObject({ verdict: 'all-leave', openings: all, neverBegin: [] });
    expect(plan.moves.map(({ vm, times }) => [vm.name, times?.startMs.middle])).toEqual([
      ['a', 3_600_000],
      ['b', 7_200_000],
    ]);
    expect(plan.wholeMs?.middle).toBe(7_240_000);
    // Without the windows both of them held.
    expect(at(7_200_000)).toMatchObject({
      verdict: 'too-late',
      deadline: { verdict: 'missed', probability: 0, startTooLate: ['b'] },
    });
    expect(at(7_300_000).deadline?.verdict).toBe('holds');
    // A window is asked by the most that is expected: 48 s do not fit into the 20 s behind another, 12 s do.
    expect(at(undefined, [...loops, vmOf('c')]).moves.map(({ vm }) => vm.name)).toEqual(['a', 'c', 'b']);
    const three = at(7_300_000, [...loops, vmOf('c', { forecast: forecastOf(30_000, 2000, 1) })]);
    expect(three).toMatchObject({ verdict: 'too-late', neverBegin: ['c'], wholeMs: undefined });
    expect(three.openings).toEqual(all);
    expect(at(undefined, loops.slice(1)).openings).toEqual(all.slice(0, 1));
    expect(three.moves.at(-1)).toMatchObject({ vm: { name: 'c' }, times: undefined });
    expect(three.deadline).toMatchObject({ verdict: 'missed', startTooLate: ['c'] });
  });

  test('of no VM is that all have left', () => {
    expect(planDrain(requestOf([]))).toMatchObject({
      verdict: 'all-leave',
      moves: [],
      wholeMs: { middle: 0 },
    });
  });
});

test('every VM is in the plan once, with a destination or with reasons, and the bounds are in order', () => {
  fc.assert(
    fc.property(
      drawnVms,
      drawnDestinations,
      fc.constantFrom(...ORDERS),
      fc.integer({ min: 1, max: 4 }),
      (vms, destinations, order, atATime) => {
        const plan = planDrain(requestOf(vms, { destinations, order, atATime, deadlineMs: 100_000 }));
        const named = [...plan.moves, ...plan.held, ...plan.stopped.map((vm) => ({ vm }))].map(
          ({ vm }) => vm.uuid,
        );
        expect(named.sort()).toEqual(vms.map(({ uuid }) => uuid).sort());
        for (const { reasons, refused } of plan.held)
          expect(reasons.length > 0 || refused.length === destinations.length).toBe(true);
        expect(plan.verdict === 'some-stay').toBe(plan.held.length > 0);
        for (const estimated of [plan.wholeMs, ...plan.moves.map(({ times }) => times?.startMs)])
          if (estimated) {
            expect(estimated.low).toBeLessThanOrEqual(estimated.middle);
            expect(estimated.middle).toBeLessThanOrEqual(estimated.high);
          }
      },
    ),
    { numRuns: 40 },
  );
});
