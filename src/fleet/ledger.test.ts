import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Claim, Ledger, type Wanted } from './ledger.ts';

const LINK = { kind: 'link', key: 'l' } as const;
const one: readonly Wanted[] = [{ ...LINK, units: 1 }];
const all: readonly Wanted[] = [{ ...LINK, units: 'all' }];
const held = (unit: number, isAlone = false): Claim => ({ ...LINK, unit, isAlone });
const twoUnits = (...claims: Claim[]) => new Ledger([{ kind: 'link', key: '*', units: 2 }], claims);

describe('a limit', () => {
  test('is the row of the key, or that of its kind, or none', () => {
    const ledger = new Ledger(
      [
        { kind: 'link', key: '*', units: 2 },
        { kind: 'link', key: 'slow', units: 0 },
      ],
      [],
    );
    expect(ledger.free('link', 'any')).toBe(2);
    expect(ledger.free('link', 'slow')).toBe(0);
    expect(ledger.free('memory', 'any')).toBe(Number.POSITIVE_INFINITY);
  });

  test('that was lowered below what is held lets nothing in, although a unit within it is free', () => {
    const ledger = new Ledger([{ kind: 'link', key: 'l', units: 1 }], [held(2)]);
    expect(ledger.fits(one)).toBe(false);
    expect(ledger.free('link', 'l')).toBe(0);
  });

  test('counts what runs already, even beyond it', () => {
    const ledger = twoUnits(held(1), held(2));
    expect(ledger.takeSeen(one)).toEqual([held(3)]);
    expect(ledger.free('link', 'l')).toBe(0);
    expect(() => ledger.take(one)).toThrow(RangeError);
  });
});

describe('one that is alone', () => {
  test('takes all units of an idle link, and only of one', () => {
    expect(twoUnits().take(all)).toEqual([held(1, true), held(2, true)]);
    expect(twoUnits(held(2)).fits(all)).toBe(false);
  });

  test('stays alone where the limit is raised meanwhile', () => {
    const ledger = new Ledger([{ kind: 'link', key: 'l', units: 5 }], [held(1, true), held(2, true)]);
    expect(ledger.fits(one)).toBe(false);
  });

  test('of a link without a limit too', () => {
    const ledger = new Ledger([], []);
    ledger.take(all);
    expect(ledger.fits(one)).toBe(false);
  });

  test('does not fit where the limit is nothing', () =>
    expect(new Ledger([{ kind: 'link', key: 'l', units: 0 }], []).fits(all)).toBe(false));
});

describe('one that bears few beside it', () => {
  const four = (...claims: Claim[]) => new Ledger([{ ...LINK, units: 4 }], claims);
  const amongTwo: readonly Wanted[] = [{ ...LINK, units: 1, most: 2 }];

  test('comes in beside as many as it bears, and lets no more in while it is there', () => {
    const ledger = four(held(1));
    expect(ledger.take(amongTwo)).toEqual([{ ...held(2), most: 2 }]);
    expect(ledger.free('link', 'l')).toBe(0);
    expect(ledger.fits(one)).toBe(false);
    expect(four({ ...held(2), most: 3 }).free('link', 'l')).toBe(2);
  });

  test('does not come in beside more', () => {
    expect(four(held(1), held(2)).fits(amongTwo)).toBe(false);
    expect(four(held(1), held(2)).fits(one)).toBe(true);
  });
});

test('what is reserved is for nobody in this pass', () => {
  const ledger = twoUnits(held(1));
  ledger.reserve('link', 'l');
  expect(ledger.fits(one)).toBe(false);
});

test('whatever comes and goes, no more is taken than there is, and no unit twice', () => {
  const wanted = fc.record({
    kind: fc.constantFrom('link', 'source'),
    key: fc.constantFrom('x', 'y'),
    units: fc.oneof(fc.constant('all' as const), fc.integer({ min: 0, max: 3 })),
  });
  fc.assert(
    fc.property(
      fc.array(fc.array(wanted, { maxLength: 1 })),
      fc.integer({ min: 0, max: 4 }),
      (asked, units) => {
        const ledger = new Ledger(
          [
            { kind: 'link', key: '*', units },
            { kind: 'source', key: '*', units },
          ],
          [],
        );
        const claims = asked.flatMap((each) =>
          ledger.fits(each as Wanted[]) ? ledger.take(each as Wanted[]) : [],
        );
        const places = claims.map(({ kind, key, unit }) => `${kind} ${key} ${unit}`);
        expect(new Set(places).size).toBe(places.length);
        expect(claims.every(({ unit }) => unit <= units)).toBe(true);
      },
    ),
  );
});
