import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Boundary, Observation, Tick } from '../../model/observation.ts';
import { PassMeter } from '../../model/passes.ts';
import { UnitError } from '../../model/units.ts';
import { DEFAULT_LIMITS } from '../policy.ts';
import { PEER_NAMES } from './peer-names.ts';
import { PEERS } from './peers.ts';

const ENTRIES = Object.values(PEERS);

test('every peer is there under its own name, and its name is known without it', () => {
  expect(Object.keys(PEERS).sort()).toEqual(PEER_NAMES);
});

describe.each(ENTRIES)('$name', (peer) => {
  test('says where its rule is written down', () => {
    expect(peer.source).toMatch(/^https:\/\//);
    expect(peer.build({})).toMatchObject({ name: peer.name, summary: peer.summary });
  });

  test('takes its own defaults, and refuses nonsense by name', () => {
    expect(() => peer.build(peer.parameters)).not.toThrow();
    for (const name of Object.keys(peer.parameters)) {
      expect(() => peer.build({ [name]: 'nonsense' })).toThrow(UnitError);
      expect(() => peer.build({ [name]: 'nonsense' })).toThrow(new RegExp(`^${name}: `));
    }
  });

  test('begins within --max-downtime', () => {
    const { initialDowntimeLimitMs } = peer.build({}).begin({ ...DEFAULT_LIMITS, maxDowntimeMs: 20 });
    expect(initialDowntimeLimitMs).toBeGreaterThan(0);
    expect(initialDowntimeLimitMs).toBeLessThanOrEqual(20);
  });

  test('whatever it sees, it decides, in the same way each time, within what QEMU takes', () =>
    fc.assert(
      fc.property(observations, optionsOf(peer.parameters), (seen, given) => {
        const kind = peer.build(given);
        const [policy, twin] = [kind.begin(DEFAULT_LIMITS), kind.begin(DEFAULT_LIMITS)];
        let aborts = 0;
        for (const observation of seen) {
          const decision = policy.observe(observation);
          expect(twin.observe(observation)).toEqual(decision);
          expect(decision.reason).not.toMatch(/NaN|Infinity|undefined/);
          expect(decision.reason).not.toBe('');
          if (decision.action === 'set-downtime-limit') expectLimit(decision.downtimeLimitMs);
          if (decision.action === 'switchover') {
            // The supervisor takes a switchover at boundaries only.
            expect(observation.kind).toBe('boundary');
            expectLimit(decision.acceptedPauseMs);
          }
          if (decision.action === 'abort') {
            aborts += 1;
            expect(decision.neededPauseMs ?? 0).toSatisfy((ms: number) => Number.isFinite(ms) && ms >= 0);
          }
        }
        expect(aborts).toBeLessThanOrEqual(1);
      }),
      { numRuns: 300 },
    ));
});

function expectLimit(ms: number): void {
  expect(ms).toBeGreaterThan(0);
  expect(ms).toBeLessThanOrEqual(2_000_000);
}

/** Every yes-no parameter either way: the paths that are off by default count too. */
function optionsOf(parameters: Readonly<Record<string, string>>) {
  const switches = Object.keys(parameters).filter((name) =>
    /^(yes|no|as-post-copy)$/.test(parameters[name] ?? ''),
  );
  return fc.record(Object.fromEntries(switches.map((name) => [name, fc.constantFrom('yes', 'no')])));
}

/** Steps of up to ten minutes, so that timeouts of hours are reached; counters that may stand still or be 0. */
const step = fc.record({
  isBoundary: fc.boolean(),
  stepMs: fc.oneof(fc.constant(0), fc.constant(250), fc.integer({ min: 1, max: 600_000 })),
  sentBytes: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1e12 })),
  remainingBytes: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1e12 })),
});

const observations = fc
  .tuple(
    fc.oneof(fc.constant(2 ** 29), fc.integer({ min: 0, max: 1e12 })),
    fc.integer({ min: 0, max: 5 }),
    fc.array(step, { maxLength: 80 }),
  )
  .map(([totalBytes, firstPass, steps]): Observation[] => {
    const meter = new PassMeter();
    let [atMs, pass, sentBytes] = [0, firstPass, 0];
    return steps.map(({ isBoundary, stepMs, sentBytes: moreBytes, remainingBytes }) => {
      atMs += stepMs;
      sentBytes += moreBytes;
      if (isBoundary) pass += 1;
      const counters = { atMs, pass, sentBytes, remainingBytes, totalBytes };
      if (!isBoundary) return { kind: 'tick', ...counters, throttlePercent: 0 } satisfies Tick;
      return meter.measure({ kind: 'boundary', ...counters } satisfies Boundary);
    });
  });
