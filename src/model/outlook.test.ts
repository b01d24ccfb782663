import { describe, expect, test } from 'vitest';
import { type Foreknowledge, NOTHING_KNOWN } from './foreknowledge.ts';
import { learnedLineRate, Outlook } from './outlook.ts';

const MB = 1e6;
const MEMORY = 1000 * MB;
const UNSTATED = { lineRate: undefined, cap: undefined };
const knowing = (known: Partial<Foreknowledge>) => ({ ...NOTHING_KNOWN, memoryBytes: MEMORY, ...known });
const PASS = { durationMs: 2000, sentBytes: 120 * MB, restBytes: 100 * MB, unsentBytes: 0 };

describe('the link', () => {
  test('is not known before a pass has ended', () => {
    expect(new Outlook(knowing({}), UNSTATED).conditions(MEMORY, 300)).toBeUndefined();
  });

  test('is as fast as its passes, and the stop-and-copy as well', () => {
    const outlook = new Outlook(knowing({}), UNSTATED);
    outlook.seePass(MEMORY, PASS);
    const conditions = outlook.conditions(MEMORY, 300);
    expect(conditions?.expected).toMatchObject({ bytesPerSecond: 60 * MB, lineBytesPerSecond: 60 * MB });
    expect(conditions?.expected.unsentBytes).toBeCloseTo(18 * MB, -3);
  });

  test('is faster by any factor for the stop-and-copy where a cap held the passes', () => {
    const outlook = new Outlook(knowing({}), { lineRate: undefined, cap: 60 * MB });
    outlook.seePass(MEMORY, PASS);
    expect(outlook.conditions(MEMORY, 300)?.cost.lineRate.high).toBeGreaterThan(1e12);
  });

  test('under a cap is known by what earlier stop-and-copies carried', () => {
    const known = knowing({ switchoverTransfers: [{ durationMs: 100, bytes: 100 * MB }] });
    expect(learnedLineRate(known)).toBeCloseTo(1000 * MB, -3);
    const outlook = new Outlook(known, { lineRate: undefined, cap: 60 * MB });
    outlook.seePass(MEMORY, PASS);
    expect(outlook.conditions(MEMORY, 300)?.expected.lineBytesPerSecond).toBeCloseTo(1000 * MB, -3);
  });

  test('may be as fast again as it was once: what others take of it they may leave', () => {
    const outlook = new Outlook(knowing({}), UNSTATED);
    outlook.seePass(MEMORY, { ...PASS, sentBytes: 600 * MB });
    for (let pass = 0; pass < 5; pass += 1) outlook.seePass(MEMORY, PASS);
    const conditions = outlook.conditions(MEMORY, 300);
    expect(conditions?.expected.bytesPerSecond).toBe(60 * MB);
    expect(conditions?.preCopy.bandwidth.high).toBe(300 * MB);
    expect(conditions?.cost.lineRate.high).toBe(300 * MB);
  });

  test("the user's word goes before all of that", () => {
    const outlook = new Outlook(knowing({}), { lineRate: 500 * MB, cap: 60 * MB });
    outlook.seePass(MEMORY, PASS);
    expect(outlook.conditions(MEMORY, 300)?.cost.lineRate).toMatchObject({ low: 500 * MB, high: 500 * MB });
  });
});

describe('a cap that is changed under way', () => {
  const under = (cap: number | undefined, pass = PASS) => {
    const outlook = new Outlook(knowing({}), { lineRate: undefined, cap });
    outlook.seePass(MEMORY, pass);
    return outlook;
  };
  const rates = (outlook: Outlook) => {
    const expected = outlook.conditions(MEMORY, 300)?.expected;
    return expected && [expected.bytesPerSecond, expected.lineBytesPerSecond];
  };

  test('holds the passes from then on, and the stop-and-copy is as fast as they were', () => {
    const outlook = under(undefined);
    outlook.capPasses(10 * MB);
    expect(rates(outlook)).toEqual([10 * MB, 60 * MB]);
    outlook.seePass(MEMORY, { ...PASS, sentBytes: 20 * MB });
    expect(rates(outlook)).toEqual([10 * MB, 60 * MB]);
  });

  test('and lifted again, they are what they were', () => {
    const outlook = under(undefined);
    outlook.capPasses(10 * MB);
    outlook.seePass(MEMORY, { ...PASS, sentBytes: 20 * MB });
    outlook.capPasses(undefined);
    expect(rates(outlook)).toEqual([60 * MB, 60 * MB]);
  });

  test('that held them says nothing of how fast they are once it is lifted', () => {
    const outlook = under(60 * MB);
    outlook.capPasses(undefined);
    expect(rates(outlook)).toBeUndefined();
    expect(outlook.knowsGuest).toBe(true);
    outlook.seePass(MEMORY, { ...PASS, sentBytes: 400 * MB });
    expect(rates(outlook)).toEqual([200 * MB, 200 * MB]);
  });

  test('that held nothing is raised without a trace', () => {
    const outlook = under(500 * MB);
    outlook.capPasses(700 * MB);
    expect(rates(outlook)).toEqual([60 * MB, 60 * MB]);
  });

  test('a link that became slower meanwhile is as slow as its passes', () => {
    const outlook = under(undefined);
    outlook.capPasses(50 * MB);
    for (let pass = 0; pass < 9; pass += 1) outlook.seePass(MEMORY, { ...PASS, sentBytes: 20 * MB });
    expect(rates(outlook)).toEqual([10 * MB, 10 * MB]);
  });
});

describe('compressed pages', () => {
  // What a byte on the wire carries is the guest's doing: four of what it holds, two of what it writes.
  const FIRST = { ...PASS, carriedBytes: 480 * MB };
  const WRITTEN = { ...PASS, carriedBytes: 240 * MB, beganWithBytes: 240 * MB };

  test('move as fast as they did in the passes, however fast the wire is said to be', () => {
    const outlook = new Outlook(knowing({}), { lineRate: 500 * MB, cap: undefined });
    outlook.seePass(MEMORY, FIRST);
    outlook.seePass(MEMORY, WRITTEN);
    expect(outlook.conditions(MEMORY, 300)?.expected).toMatchObject({
      bytesPerSecond: 120 * MB,
      lineBytesPerSecond: 120 * MB,
    });
    expect(outlook.perWireByte).toBe(2);
  });

  test('that the guest writes may cost anything before some were sent: as all are expected to, or as they did when looked at', () => {
    const lookedAt = (left: number) => {
      const outlook = new Outlook(knowing({ written: { left, bytesPerSecond: 200 * MB } }), UNSTATED);
      outlook.seePass(MEMORY, FIRST);
      return outlook.conditions(MEMORY, 300)?.expected.lineBytesPerSecond;
    };
    expect(lookedAt(0.8)).toBeCloseTo(75 * MB);
    expect(lookedAt(0.01)).toBeCloseTo(200 * MB);
    const outlook = new Outlook(knowing({}), UNSTATED);
    outlook.seePass(MEMORY, FIRST);
    const conditions = outlook.conditions(MEMORY, 300);
    expect(conditions?.expected).toMatchObject({ bytesPerSecond: 240 * MB, lineBytesPerSecond: 240 * MB });
    for (const rate of [conditions?.cost.lineRate, conditions?.preCopy.bandwidth]) {
      expect(rate?.low).toBeLessThan(60 * MB);
      expect(rate?.high).toBeGreaterThan(1e12);
    }
    expect(outlook.isUnpriced).toBe(true);
    expect(outlook.perWireByte).toBe(1);
    outlook.seePass(MEMORY, WRITTEN);
    expect(outlook.conditions(MEMORY, 300)?.cost.lineRate.high).toBeLessThan(130 * MB);
    expect(outlook.isUnpriced).toBe(false);
  });

  test('move that many times as fast as the wire where a cap held the passes', () => {
    const outlook = new Outlook(knowing({}), { lineRate: 500 * MB, cap: 60 * MB });
    outlook.seePass(MEMORY, FIRST);
    expect(outlook.conditions(MEMORY, 300)?.expected.lineBytesPerSecond).toBe(500 * MB);
    outlook.seePass(MEMORY, WRITTEN);
    expect(outlook.conditions(MEMORY, 300)?.expected.lineBytesPerSecond).toBe(1000 * MB);
  });

  test('have no price before some were sent: a stated rate says nothing certain', () => {
    const outlook = new Outlook(knowing({ compressed: true }), { lineRate: 60 * MB, cap: 60 * MB });
    const rate = { low: 60 * MB, middle: 60 * MB, high: 60 * MB };
    expect(outlook.conditionsAt(MEMORY, rate).cost.lineRate.high).toBeGreaterThan(1e12);
  });
});

describe('the guest', () => {
  const rate = { low: 60 * MB, middle: 60 * MB, high: 60 * MB };

  test('a probe counts for what is certain and for what is likely', () => {
    const probes = [{ durationMs: 300, bytes: 100 * MB }];
    const { preCopy, expected } = new Outlook(knowing({ probes }), UNSTATED).conditionsAt(MEMORY, rate);
    expect(preCopy.curve.lower(2000)).toBeCloseTo(94 * MB, -6);
    expect(expected.curve.lower(2000)).toBeCloseTo(94 * MB, -6);
  });

  test('earlier migrations count for what is likely only', () => {
    const earlierPasses = [{ durationMs: 300, bytes: 100 * MB }];
    const { preCopy, expected } = new Outlook(knowing({ earlierPasses }), UNSTATED).conditionsAt(
      MEMORY,
      rate,
    );
    expect(preCopy.curve.lower(2000)).toBe(0);
    expect(expected.curve.lower(2000)).toBeCloseTo(94 * MB, -6);
  });

  test('a probe that earlier migrations contradict shows phases', () => {
    const earlierPasses = [{ durationMs: 2000, bytes: 10 * MB }];
    const probes = [{ durationMs: 300, bytes: 100 * MB }];
    expect(new Outlook(knowing({ earlierPasses, probes }), UNSTATED).hadPhases).toBe(true);
    expect(new Outlook(knowing({ probes }), UNSTATED).hadPhases).toBe(false);
    expect(new Outlook(knowing({ earlierPasses }), UNSTATED).hadPhases).toBe(false);
  });

  test('what a pass may have left unsent widens what is certain', () => {
    const outlook = new Outlook(knowing({}), UNSTATED);
    outlook.seePass(MEMORY, { ...PASS, unsentBytes: 40 * MB });
    const conditions = outlook.conditions(MEMORY, 300);
    expect(conditions?.preCopy.curve.lower(2000)).toBeCloseTo(54 * MB, -6);
    // All of its 100 MB were dirtied, if it writes to no more than that.
    expect(conditions?.expected.curve.lower(2000)).toBeCloseTo(94 * MB, -6);
  });

  test('pages that cost less on the wire than they hold may do so again, on a stated line as well', () => {
    // 100 MB within 500 ms, 20 MB of them on the wire; another 5 MB were left unsent.
    const cheap = { durationMs: 500, sentBytes: 20 * MB, restBytes: 90 * MB, unsentBytes: 5 * MB };
    for (const link of [UNSTATED, { lineRate: 60 * MB, cap: undefined }]) {
      const first = new Outlook(knowing({}), link);
      first.seePass(MEMORY, cheap);
      expect(first.conditions(MEMORY, 100)?.cost.lineRate.high).toBeLessThan(70 * MB);
      const outlook = new Outlook(knowing({}), link);
      outlook.seePass(MEMORY, { ...cheap, beganWithBytes: 105 * MB });
      expect(outlook.conditions(MEMORY, 100)?.cost.lineRate.high).toBeCloseTo(200 * MB);
      expect(outlook.conditions(MEMORY, 100)?.preCopy.bandwidth.high).toBeCloseTo(200 * MB);
    }
  });

  test('a throttled pass tells the link and makes the guest unknown', () => {
    const outlook = new Outlook(knowing({ probes: [{ durationMs: 300, bytes: 100 * MB }] }), UNSTATED);
    outlook.seeThrottledPass(PASS);
    expect(outlook.knowsGuest).toBe(false);
    expect(outlook.conditions(MEMORY, 300)?.preCopy.curve.lower(2000)).toBe(0);
    outlook.seePass(MEMORY, PASS);
    expect(outlook.knowsGuest).toBe(true);
  });
});
