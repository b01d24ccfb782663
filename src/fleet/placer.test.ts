import { describe, expect, test } from 'vitest';
import { type Claim, Ledger } from './ledger.ts';
import type { Move } from './move.ts';
import { type Known, placerOf } from './placer.ts';
import { MOVE } from './testing/a-move.ts';

const GIB = 2 ** 30;
const known: Known = {
  settingsOf: () => ({
    ...{ to: [{ uri: 'b' }, { uri: 'c' }], order: 'listed', atATime: 4, reserveBytes: 0, apart: [] },
    ...{ force: false, stated: {} },
  }),
  host: () => undefined,
  // The one that has more room is taken first.
  figures: (host) => ({ freeBytes: (host === 'b' ? 64 : 32) * GIB, largestBytes: 0, apart: [] }),
  apartOnWay: () => [],
  cameGib: () => 0,
  goes: () => {},
  nowMs: () => 0,
};
const onLink = (unit: number, most?: number): Claim => ({
  ...{ kind: 'link', key: 'to b', unit, isAlone: false, most },
});

describe('a VM goes where its share of the link is free now', () => {
  const destinationOf = (move: Partial<Move>, claims: readonly Claim[]): string | undefined => {
    const ledger = new Ledger([{ kind: 'link', key: '*', units: 4 }], claims);
    const placed = placerOf(known)({ ...MOVE, drain: 'd', destination: null, ...move }, ledger);
    return typeof placed === 'object' && 'destination' in placed ? placed.destination : undefined;
  };

  test.each<[string, Partial<Move>, readonly Claim[], string]>([
    ['a calm one', {}, [onLink(1)], 'b'],
    ['a calm one, where one there bears no more', {}, [onLink(1, 1)], 'c'],
    ['one that wants it alone', { calmAmong: 1 }, [onLink(1)], 'c'],
    ['one that bears one other', { calmAmong: 2 }, [onLink(1)], 'b'],
    ['one that bears one other, where there are two', { calmAmong: 2 }, [onLink(1), onLink(2)], 'c'],
  ])('%s', (_, move, claims, destination) => {
    expect(destinationOf(move, claims)).toBe(destination);
  });
});
