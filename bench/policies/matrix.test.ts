import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cells, estimateMs, type Pairing, remaining } from './matrix.ts';
import { keyOf } from './record.ts';
import { record } from './testing/records.ts';

const pairing = (guest: string, contender: string, onceIfFailed = false): Pairing => ({
  guest,
  contender,
  onceIfFailed,
});

const pairingsArbitrary = fc
  .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('p', 'q', 'r', 's')), {
    selector: ([guest, contender]) => `${guest}/${contender}`,
    minLength: 1,
  })
  .map((pairs) => pairs.map(([guest, contender]) => pairing(guest, contender)));

test('every pairing is run once in each repeat, and no repeat begins before the one before is done', () => {
  fc.assert(
    fc.property(
      pairingsArbitrary,
      fc.integer({ min: 1, max: 5 }),
      fc.integer(),
      (pairings, repeats, seed) => {
        const all = cells(pairings, repeats, seed);
        expect(new Set(all.map(keyOf)).size).toBe(pairings.length * repeats);
        expect(all.length).toBe(pairings.length * repeats);
        const inOrder = all.map(({ repeat }) => repeat);
        expect(inOrder).toEqual([...inOrder].sort((a, b) => a - b));
      },
    ),
  );
});

test('the guests of a repeat follow each other, so that each is booted once', () => {
  fc.assert(
    fc.property(pairingsArbitrary, fc.integer(), (pairings, seed) => {
      const guests = cells(pairings, 1, seed).map(({ guest }) => guest);
      const changes = guests.filter((guest, index) => guest !== guests[index - 1]).length;
      expect(changes).toBe(new Set(guests).size);
    }),
  );
});

test('the order is the same for the same seed, and not the same in each repeat', () => {
  const pairings = ['p', 'q', 'r', 's', 't', 'u'].map((contender) => pairing('a', contender));
  expect(cells(pairings, 3, 7)).toEqual(cells(pairings, 3, 7));
  const [first, second] = [1, 2].map((repeat) =>
    cells(pairings, 2, 7)
      .filter((cell) => cell.repeat === repeat)
      .map(({ contender }) => contender),
  );
  expect(first).not.toEqual(second);
});

test('finished cells are skipped, and a peer that failed is not tried again', () => {
  const pairings = [pairing('a', 'mp'), pairing('a', 'nova', true), pairing('a', 'xen', true)];
  const all = cells(pairings, 2, 1);
  const failed = { success: false, guest: 'a', repeat: 1 };
  const done = [
    record({ ...failed, contender: 'mp' }),
    record({ ...failed, contender: 'nova' }),
    record({ guest: 'a', contender: 'xen', repeat: 1 }),
  ];
  expect(remaining(all, pairings, done).map(keyOf).sort()).toEqual(['a/mp/2', 'a/xen/2']);
});

test('the end is estimated from the finished cells that are most alike', () => {
  const done = [
    record({ guest: 'a', contender: 'mp', tookMs: 10_000 }),
    record({ guest: 'a', contender: 'stock', tookMs: 30_000 }),
    record({ guest: 'b', contender: 'mp', tookMs: 20_000 }),
  ];
  const left = (guest: string, contender: string) => [{ guest, contender, repeat: 2 }];
  expect(estimateMs(left('a', 'mp'), done)).toBe(10_000);
  expect(estimateMs(left('c', 'mp'), done)).toBe(15_000);
  expect(estimateMs(left('a', 'xen'), done)).toBe(20_000);
  expect(estimateMs(left('c', 'xen'), done)).toBe(20_000);
  expect(estimateMs([], done)).toBe(0);
  expect(estimateMs(left('c', 'xen'), [])).toBeGreaterThan(0);
});
