import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PassMeter } from '../model/passes.ts';
import { AskToStop } from './ask-to-stop.ts';
import { Braked } from './braked.ts';
import { forecast } from './forecast.ts';
import { mp } from './mp.ts';
import { DEFAULT_LIMITS, type Decision, type Limits, type Policy } from './policy.ts';

const MB = 1e6;
const LINE = 200 * MB;

/** Boundaries of a guest that QEMU never stops, whatever it is asked. @returns decisions until the first abort */
function refused(policy: Policy, restsBytes: readonly number[], everyMs = 50): Decision[] {
  const meter = new PassMeter(LINE);
  const decisions: Decision[] = [];
  for (const [index, remainingBytes] of restsBytes.entries()) {
    const atMs = 1000 + index * everyMs;
    const sentBytes = (atMs / 1000) * LINE;
    const boundary = meter.measure({
      ...{ kind: 'boundary', pass: index + 1, atMs, sentBytes, remainingBytes },
      ...{ totalBytes: 4000 * MB, throttlePercent: 0 },
    });
    const decision = policy.observe(boundary);
    decisions.push(decision);
    if (decision.action === 'abort') break;
  }
  return decisions;
}

const acceptedIn = (decisions: readonly Decision[]) =>
  decisions.flatMap((each) => (each.action === 'switchover' ? [each.acceptedPauseMs] : []));

/** 10 MB of memory that fits, and a vGPU's state that is not told (review B4): 2,000 boundaries. */
const VGPU = Array<number>(2000).fill(10 * MB);

describe.each([
  ['forecast', (limits: Limits) => forecast().begin(limits)],
  ['mp', (limits: Limits) => mp().begin(limits)],
])('%s, where QEMU refuses a pause within --downtime', (_, begin) => {
  test('accepts more and more, up to --max-downtime, then gives up with the pause that is needed', () => {
    const decisions = refused(begin(DEFAULT_LIMITS), VGPU);
    const accepted = acceptedIn(decisions);
    expect([...new Set(accepted)]).toEqual([300, 600, 1200, 2400, 4800, 4850]);
    expect(decisions.length).toBeLessThan(200);
    const last = decisions.at(-1);
    expect(last).toMatchObject({ action: 'abort', neededPauseMs: 5000 });
    expect(last?.reason).toMatch(
      /QEMU refuses a pause of 4.85 s, although the memory that is left needs only 100 ms/,
    );
  });

  test('asks for two seconds at the least where nothing longer is allowed', () => {
    const decisions = refused(begin({ ...DEFAULT_LIMITS, maxDowntimeMs: 340 }), VGPU);
    expect(decisions.at(-1)?.action).toBe('abort');
    expect(decisions.length * 50).toBeGreaterThan(2000);
  });

  test('also where the memory alone needs more than --downtime', () => {
    const decisions = refused(begin(DEFAULT_LIMITS), Array<number>(2000).fill(200 * MB));
    expect(decisions.length).toBeLessThan(200);
    expect(decisions.at(-1)).toMatchObject({ action: 'abort', neededPauseMs: 5000 });
    expect(decisions.at(-1)?.reason).toMatch(/QEMU refuses a pause of 4.85 s/);
  });

  test('never brakes for it, and goes on by post-copy where that is allowed', () => {
    expect(refused(begin({ ...DEFAULT_LIMITS, overBudget: 'brake' }), VGPU).at(-1)?.action).toBe('abort');
    const postCopy = refused(begin({ ...DEFAULT_LIMITS, overBudget: 'post-copy' }), VGPU);
    expect(postCopy.some(({ action }) => action === 'post-copy')).toBe(true);
  });

  test('a guest that is to be left running is asked for no more, and left', () => {
    const decisions = refused(begin({ ...DEFAULT_LIMITS, overBudget: 'leave' }), VGPU);
    expect(decisions).toHaveLength(VGPU.length);
    expect(new Set(decisions.slice(-100).map(({ action }) => action))).toEqual(new Set(['continue']));
  });
});

describe.each([
  ['forecast', (limits: Limits) => forecast().begin(limits)],
  ['mp', (limits: Limits) => mp().begin(limits)],
  [
    'the brake, before it bites',
    (limits: Limits) => new Braked(limits, { atMs: 0, throttlePercent: 99 }, LINE),
  ],
])('%s', (_, begin) => {
  test('never says the same switchover for ever', () => {
    const rests = fc.oneof(
      fc.double({ min: 0, max: 1000 * MB, noNaN: true }),
      fc.double({ min: 0, max: 4000 * MB, noNaN: true }),
    );
    fc.assert(
      fc.property(
        fc.array(rests, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 20, max: 3000 }),
        fc.integer({ min: 50, max: 5000 }),
        fc.constantFrom('abort' as const, 'brake' as const, 'leave' as const),
        (pattern, everyMs, maxDowntimeMs, overBudget) => {
          const limits: Limits = {
            ...DEFAULT_LIMITS,
            downtimeMs: Math.min(300, maxDowntimeMs),
            ...{ maxDowntimeMs, overBudget },
          };
          const long = Array.from({ length: 600 }, (_each, index) => pattern[index % pattern.length] ?? 0);
          const decisions = refused(begin(limits), long, everyMs);
          const same = new Map<number, number>();
          for (const pauseMs of acceptedIn(decisions)) same.set(pauseMs, (same.get(pauseMs) ?? 0) + 1);
          // Two seconds of asking every 20 ms, and the longest pattern.
          expect(Math.max(0, ...same.values())).toBeLessThanOrEqual(130);
        },
      ),
      // Drawn once: between the pause that mp aims at and the one that is allowed.
      { numRuns: 100, examples: [[[10.08 * MB + 0.001], 20, 101, 'leave']] },
    );
  });
});

describe('what refusals tell', () => {
  const limits = { ...DEFAULT_LIMITS, maxDowntimeMs: 1000 };

  test('a boundary in the first 150 ms after a limit proves nothing: QEMU may still go by the one before', () => {
    const toStop = new AskToStop(limits);
    toStop.see(0, 100);
    toStop.accept(300);
    for (const atMs of [50, 100, 149]) {
      expect(toStop.see(atMs, 100)).toBe(false);
      expect(toStop.accept(300)).toBe(300);
    }
  });

  test('three boundaries that fitted do, and the limit is doubled', () => {
    const toStop = new AskToStop(limits);
    toStop.see(0, 100);
    toStop.accept(300);
    const raised = [200, 400, 600].map((atMs) => toStop.see(atMs, 100));
    expect(raised).toEqual([false, false, true]);
    expect(toStop.accept(300)).toBe(600);
  });

  test('boundaries that needed more than was accepted prove nothing, but patience ends', () => {
    const toStop = new AskToStop(limits);
    let raisedAt: number | undefined;
    for (let k = 0; raisedAt === undefined && k < 20; k += 1) {
      if (toStop.see(k * 400, 700)) raisedAt = k;
      toStop.accept(300);
    }
    expect(raisedAt).toBe(8);
    expect(toStop.hopeless).toBe(false);
  });

  test('what was not asked is not counted', () => {
    const toStop = new AskToStop(limits);
    for (let k = 0; k < 100; k += 1) expect(toStop.see(k * 400, 100)).toBe(false);
    expect(toStop.spent).toBe(false);
  });
});
