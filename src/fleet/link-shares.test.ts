import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type OnLinks, sharesOf } from './link-shares.ts';

const on = (id: string, ...links: string[]): OnLinks => ({ id, links });

describe('what each migration may take of its links', () => {
  test('is an even share of the budget', () => {
    const shares = sharesOf(
      [on('1', 'from a', 'to b'), on('2', 'from a', 'to c')],
      new Map([['from a', 100]]),
    );
    expect(Object.fromEntries(shares)).toEqual({ 1: 50, 2: 50 });
  });

  test('is more where another cannot take its share, as its other link is fuller', () => {
    const budgets = new Map([
      ['from a', 100],
      ['to b', 20],
      ['to c', 100],
    ]);
    const moves = [on('1', 'from a', 'to b'), on('2', 'from a', 'to b'), on('3', 'from a', 'to c')];
    expect(Object.fromEntries(sharesOf(moves, budgets))).toEqual({ 1: 10, 2: 10, 3: 80 });
  });

  test('is nothing that is stated where no link of theirs has a budget', () => {
    expect(sharesOf([on('1', 'from a')], new Map([['from z', 1]])).size).toBe(0);
    expect(sharesOf([], new Map([['from a', 1]])).size).toBe(0);
  });

  test('never exceeds a budget, and leaves nobody less than an even share of its fullest link', () => {
    const links = ['from a', 'from b', 'to c', 'to d'];
    const drawn = fc.array(fc.tuple(fc.constantFrom('from a', 'from b'), fc.constantFrom('to c', 'to d')), {
      maxLength: 12,
    });
    const budgetsDrawn = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(drawn, budgetsDrawn, (pairs, figures) => {
        const budgets = new Map(links.map((link, index) => [link, figures[index] ?? 1]));
        const moves = pairs.map((pair, index) => on(`${index}`, ...pair));
        const shares = sharesOf(moves, budgets);
        expect(shares.size).toBe(moves.length);
        const there = (link: string) => moves.filter((move) => move.links.includes(link));
        for (const link of links) {
          const sum = there(link).reduce((all, { id }) => all + (shares.get(id) ?? 0), 0);
          expect(sum).toBeLessThanOrEqual((budgets.get(link) ?? 0) * (1 + 1e-9));
        }
        for (const { id, links: own } of moves) {
          const even = Math.min(...own.map((link) => (budgets.get(link) ?? 0) / there(link).length));
          expect(shares.get(id) ?? 0).toBeGreaterThanOrEqual(even * (1 - 1e-9));
        }
      }),
    );
  });
});
