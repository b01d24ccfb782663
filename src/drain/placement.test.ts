import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failureClass } from './failures.ts';
import { NO_PROMISES, type PlacementRules, placeAll, placementOf, promised, reserveOf } from './placement.ts';
import { destinationOf, drawnDestinations, drawnVms, forecastOf, GIB, vmOf } from './testing/drawn.ts';

const NO_RESERVE: PlacementRules = { reserveBytes: 0 };

describe('a VM goes', () => {
  test('where the fewest long pauses are to come, then where the most memory is free', () => {
    const [small, large] = [destinationOf('small', { freeBytes: 8 * GIB }), destinationOf('large')];
    const loop = (name: string) => vmOf(name, { forecast: forecastOf(60_000, 2000, 1) });
    const first = placementOf(loop('a'), [small, large], NO_PROMISES, NO_RESERVE);
    expect(first.to?.name).toBe('large');
    const then = promised(loop('a'), large, NO_PROMISES);
    expect(placementOf(loop('b'), [small, large], then, NO_RESERVE).to?.name).toBe('small');
  });

  test('nowhere, with what each destination has against it', () => {
    const vm = vmOf('vm1', {
      memoryBytes: 8 * GIB,
      apart: ['db'],
      refusedBy: new Map([['east', [{ code: 'different-cpu', words: 'its CPU lacks avx2' }]]]),
    });
    const destinations = [
      destinationOf('east', { cordoned: true }),
      destinationOf('west', { apart: ['db'] }),
      destinationOf('north', { freeBytes: 20 * GIB }),
    ];
    const busy = promised(vmOf('vm0', { memoryBytes: 9 * GIB }), destinationOf('north'), NO_PROMISES);
    const { to, refused } = placementOf(vm, destinations, busy, {
      reserveBytes: 4 * GIB,
    });
    expect(to).toBeUndefined();
    expect(
      refused.map(({ destination, reasons }) => [destination, ...reasons.map(({ code }) => code)]),
    ).toEqual([
      ['east', 'different-cpu', 'cordoned'],
      ['west', 'kept-apart'],
      ['north', 'no-memory'],
    ]);
    expect(refused[2]?.reasons[0]?.words).toBe(
      'it needs 8.59 GB, and 21.5 GB are free there less 9.66 GB promised to other VMs less 4.29 GB kept in reserve',
    );
  });

  test('with one of the largest in reserve, unless somebody says how much', () => {
    const destination = destinationOf('east', { largestVmBytes: 3 * GIB });
    expect(reserveOf(destination, { reserveBytes: undefined })).toBe(3 * GIB);
    expect(reserveOf(destination, { reserveBytes: 0 })).toBe(0);
  });
});

test('no memory is promised twice, nothing goes where it must not, and each VM is placed or has a reason', () => {
  fc.assert(
    fc.property(
      drawnVms,
      drawnDestinations,
      fc.option(fc.integer({ min: 0, max: 8 }), { nil: undefined }),
      (vms, destinations, reserve) => {
        const rules = {
          reserveBytes: reserve === undefined ? undefined : reserve * GIB,
        };
        const placements = placeAll(vms, destinations, rules);
        expect([...placements.keys()].sort()).toEqual(vms.map(({ uuid }) => uuid).sort());
        for (const destination of destinations) {
          const there = vms.filter(({ uuid }) => placements.get(uuid)?.to === destination);
          const bytes = there.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
          if (destination.freeBytes !== undefined && bytes > 0)
            expect(bytes).toBeLessThanOrEqual(destination.freeBytes - reserveOf(destination, rules));
          if (destination.cordoned) expect(there).toEqual([]);
          for (const { refusedBy } of there) expect(refusedBy.has(destination.name)).toBe(false);
          const groups = [...destination.apart, ...there.flatMap(({ apart }) => apart)];
          // Two that were together before are not ours to part.
          if (there.length > 0)
            expect(
              there
                .flatMap(({ apart }) => apart)
                .every((group) => groups.filter((each) => each === group).length === 1),
            ).toBe(true);
        }
        for (const { to, refused } of placements.values()) {
          if (to) continue;
          expect(refused.map(({ destination }) => destination)).toEqual(destinations.map(({ name }) => name));
          expect(refused.every(({ reasons }) => reasons.length > 0)).toBe(true);
        }
      },
    ),
  );
});

test('more room for one VM never refuses it: only what others take in between can', () => {
  fc.assert(
    fc.property(drawnVms, drawnDestinations, (vms, destinations) => {
      const [vm] = vms;
      if (!vm) return;
      const tight = placementOf(vm, destinations, NO_PROMISES, { reserveBytes: 8 * GIB });
      const loose = placementOf(vm, destinations, NO_PROMISES, NO_RESERVE);
      expect(loose.refused.length).toBeLessThanOrEqual(tight.refused.length);
    }),
  );
});

test('of many a smaller reserve may place fewer: a large one gets the room of two small ones', () => {
  const destinations = [destinationOf('east', { freeBytes: 10 * GIB })];
  const vms = [10, 4, 4].map((gib, index) => vmOf(`vm${index}`, { memoryBytes: gib * GIB }));
  const placed = (reserveBytes: number) =>
    [...placeAll(vms, destinations, { reserveBytes }).values()].filter(({ to }) => to).length;
  expect(placed(2 * GIB)).toBe(2);
  expect(placed(0)).toBe(1);
});

test('codes mean what they say for the rest of the drain', () => {
  const codes = ['different-cpu', 'no-memory', 'unreachable', 'no-pause-fits', 'unknown-side', 'toString'];
  expect(codes.map(failureClass)).toEqual([
    'permanent',
    'capacity',
    'transient',
    'no-pause-fits',
    'unknown-side',
    'permanent',
  ]);
});
