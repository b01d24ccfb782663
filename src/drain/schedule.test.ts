import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mayBegin, nextOpensMs, type Openings } from './openings.ts';
import { inOrder, ORDERS } from './order.ts';
import { makespanMs, schedule, type TimedMove } from './schedule.ts';
import { mayStart } from './slots.ts';
import { forecastOf, vmOf } from './testing/drawn.ts';

interface Named extends TimedMove {
  readonly name: string;
}

/** @param among how many times as long it takes among one, two, three, … */
function moveOf(name: string, ms: number, calmAmong = 4, to = 'east', among = [1, 2, 3, 4]): Named {
  return {
    ...{ name, calmAmong, links: ['from', `to ${to}`] },
    durationMs: (count) => ms * (among[count - 1] ?? count),
  };
}

function made(moves: readonly Named[], atATime: number): string[] {
  return schedule(moves, { atATime })
    .toSorted((a, b) => a.startMs - b.startMs)
    .map(({ move, startMs, endMs }) => `${move.name} ${Math.round(startMs)} to ${Math.round(endMs)}`);
}

describe('moves', () => {
  test('go one after the other, or share the link and speed up when a neighbour ends', () => {
    const moves = [moveOf('a', 100), moveOf('b', 300)];
    expect(made(moves, 1)).toEqual(['a 0 to 100', 'b 100 to 400']);
    expect(made(moves, 2)).toEqual(['a 0 to 200', 'b 0 to 400']);
  });

  test('that are memory-intensive have the link alone, and are not kept waiting by small ones', () => {
    const moves = [moveOf('small', 100), moveOf('loop', 300, 1), moveOf('later', 50)];
    expect(made(moves, 4)).toEqual(['small 0 to 100', 'loop 100 to 400', 'later 400 to 450']);
  });

  test('share a link only among as many as each stays calm among', () => {
    const moves = ['a', 'b', 'c'].map((name) => moveOf(name, 100, name === 'b' ? 2 : 4));
    expect(made(moves, 3)).toEqual(['a 0 to 200', 'b 0 to 200', 'c 200 to 300']);
  });
});

test('a move holds its slots, and all of a link that it wants alone, while its guest has its notice', () => {
  const noticed = { ...moveOf('noticed', 100, 1), noticeMs: 60 };
  expect(made([noticed, moveOf('next', 50)], 4)).toEqual(['noticed 0 to 160', 'next 160 to 210']);
});

/** Open that long, each so long after the one before has closed. */
function openingsOf(...pairs: readonly (readonly [closedMs: number, openMs: number])[]): Openings {
  let atMs = 0;
  const all = pairs.map(([closedMs, openMs]) => {
    const opensMs = atMs + closedMs;
    atMs = opensMs + openMs;
    return { opensMs, closesMs: atMs };
  });
  return { at: (ms) => all.find(({ closesMs }) => closesMs > ms) };
}

describe('with windows moves', () => {
  const timed = (name: string, ms: number, given: Partial<Named> = {}): Named => ({
    ...moveOf(name, ms, 1),
    expectsMs: ms,
    ...given,
  });
  const madeIn = (openings: Openings, moves: readonly Named[], atATime = 1) =>
    schedule(moves, { atATime, openings })
      .toSorted((a, b) => a.startMs - b.startMs)
      .map(({ move, startMs, endMs }) => `${move.name} ${Math.round(startMs)} to ${Math.round(endMs)}`);

  test('begin in one only, and what runs as it closes goes on', () => {
    const moves = [timed('a', 60, { expectsMs: 50 }), timed('b', 30)];
    expect(madeIn(openingsOf([1000, 50], [950, 50]), moves)).toEqual(['a 1000 to 1060', 'b 2000 to 2030']);
  });

  test('that would not be over as it closes wait for the next, and shorter ones behind them go before', () => {
    const moves = [timed('a', 60), timed('long', 50), timed('short', 40)];
    expect(madeIn(openingsOf([0, 100], [900, 100]), moves)).toEqual([
      'a 0 to 60',
      'short 60 to 100',
      'long 1000 to 1050',
    ]);
  });

  test('that are longer than the whole window, and those of which it is not known, begin in any', () => {
    const moves = [timed('a', 90), timed('longer', 101), timed('unknown', 500, { expectsMs: undefined })];
    expect(madeIn(openingsOf([0, 100], [900, 100], [900, 100]), moves)).toEqual([
      'a 0 to 90',
      'longer 90 to 191',
      'unknown 1000 to 1500',
    ]);
  });

  test('that have begun are kept by none', () => {
    const moves = [timed('runs', 60, { hasBegun: true }), timed('waits', 30)];
    expect(madeIn(openingsOf([500, 100]), moves)).toEqual(['runs 0 to 60', 'waits 500 to 530']);
  });

  test('that end as too little is left of the last one leave the others without', () => {
    const moves = [timed('a', 700), timed('b', 700)];
    expect(madeIn(openingsOf([1, 1], [37, 1314]), moves)).toEqual(['a 1 to 701']);
  });

  test('for which none opens any more are not in the schedule', () => {
    const moves = [timed('a', 60), timed('b', 50)];
    expect(madeIn(openingsOf([10, 100]), moves)).toEqual(['a 10 to 70']);
    expect(madeIn(openingsOf(), moves)).toEqual([]);
  });
});

const drawnMoves = fc
  .array(
    fc.record({
      ms: fc.integer({ min: 1, max: 100_000 }),
      calmAmong: fc.integer({ min: 1, max: 5 }),
      to: fc.constantFrom('east', 'west'),
      /** Less than in proportion: what a move does without the line is done beside another's. */
      shared: fc.float({ min: 1, max: 2, noNaN: true }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((all) =>
    all.map(({ ms, calmAmong, to, shared }, index) =>
      moveOf(`m${index}`, ms, calmAmong, to, [1, shared, shared * 1.5, shared * 2, shared * 2.5]),
    ),
  );

test('limits are never exceeded, nothing is done twice, and everything is done', () => {
  fc.assert(
    fc.property(drawnMoves, fc.integer({ min: 1, max: 5 }), (moves, atATime) => {
      const done = schedule(moves, { atATime });
      expect(done.map(({ move }) => move.name).sort()).toEqual(moves.map(({ name }) => name).sort());
      for (const each of done) {
        // Another that begins as one ends is not beside it.
        const beside = done.filter((other) => other.startMs <= each.startMs && other.endMs > each.startMs);
        for (const { move } of beside) {
          const others = beside.filter((other) => other.move !== move).map((other) => other.move);
          expect(mayStart(move, others, { atATime })).toBe(true);
        }
      }
    }),
  );
});

const drawnOpenings = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 50_000 }), fc.integer({ min: 1, max: 50_000 })), {
    minLength: 20,
    maxLength: 20,
  })
  .map((pairs) => openingsOf(...pairs));

test('whatever windows there are, each begins in one that lets it, and all begin as long as any opens', () => {
  fc.assert(
    fc.property(drawnMoves, drawnOpenings, fc.integer({ min: 1, max: 5 }), (drawn, openings, atATime) => {
      const moves = drawn.map((move) => ({ ...move, expectsMs: move.durationMs(1) }));
      const done = schedule(moves, { atATime, openings });
      for (const { move, startMs } of done) {
        const opening = openings.at(startMs);
        expect(opening && mayBegin(opening, move.expectsMs, startMs)).toBe(true);
      }
      const left = moves.filter((move) => !done.some((each) => each.move === move));
      if (left.length === 0) return;
      const endMs = makespanMs(done);
      expect(nextOpensMs(openings, endMs)).toBe(Number.POSITIVE_INFINITY);
      // The last one may be open still, with too little left of it.
      const last = openings.at(endMs);
      expect(left.filter(({ expectsMs }) => last && mayBegin(last, expectsMs, endMs))).toEqual([]);
    }),
  );
});

test('a window that is always open changes nothing', () => {
  const openings = openingsOf([0, Number.POSITIVE_INFINITY]);
  fc.assert(
    fc.property(drawnMoves, fc.integer({ min: 1, max: 5 }), (drawn, atATime) => {
      const moves = drawn.map((move) => ({ ...move, expectsMs: move.durationMs(1) }));
      expect(schedule(moves, { atATime, openings })).toEqual(schedule(moves, { atATime }));
    }),
  );
});

test('where sharing a link costs no more than taking turns, more at a time are never later than one', () => {
  fc.assert(
    fc.property(drawnMoves, fc.integer({ min: 2, max: 5 }), (moves, atATime) => {
      const oneByOne = makespanMs(schedule(moves, { atATime: 1 }));
      expect(makespanMs(schedule(moves, { atATime }))).toBeLessThanOrEqual(oneByOne * (1 + 1e-6));
    }),
  );
});

describe('a wider limit makes it longer', () => {
  test('where guests that share a link write so much meanwhile that each takes more than twice as long', () => {
    const moves = [moveOf('a', 100, 4, 'east', [1, 2.5]), moveOf('b', 100, 4, 'east', [1, 2.5])];
    expect(makespanMs(schedule(moves, { atATime: 1 }))).toBe(200);
    expect(makespanMs(schedule(moves, { atATime: 2 }))).toBe(250);
  });

  test('from two to three, although neither costs more than taking turns: two fill the link as well as three', () => {
    const flat = [1, 1, 3];
    const moves = [
      moveOf('a', 100, 4, 'east', flat),
      moveOf('b', 100, 4, 'east', flat),
      moveOf('c', 50, 4, 'east', flat),
    ];
    expect(makespanMs(schedule(moves, { atATime: 2 }))).toBe(150);
    expect(makespanMs(schedule(moves, { atATime: 3 }))).toBe(200);
  });
});

test('the hardest are those that want their link alone, then the longest; unknown ones are taken for hard', () => {
  const vms = [
    vmOf('long', { forecast: forecastOf(90_000, 100, 4) }),
    vmOf('loop', { forecast: forecastOf(60_000, 2000, 1) }),
    vmOf('short', { forecast: forecastOf(1000, 100, 4) }),
    vmOf('unknown', { forecast: undefined }),
  ];
  const names = ORDERS.map((order) => inOrder(vms, order).map(({ name }) => name));
  expect(names).toEqual([
    ['unknown', 'loop', 'long', 'short'],
    ['short', 'long', 'loop', 'unknown'],
    ['long', 'loop', 'short', 'unknown'],
  ]);
});
