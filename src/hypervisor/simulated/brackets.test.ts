/** What the model concludes of a guest's dirty curve holds for every steady guest that is simulated. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DirtyCurve, type Tolerance } from '../../model/dirty-curve.ts';
import { constantLink } from './link.ts';
import { cyclic } from './memory/cyclic.ts';
import { hotCold } from './memory/hot-cold.ts';
import { type MemoryModel, together } from './memory/memory-model.ts';
import { recorded } from './memory/recorded.ts';
import { uniform } from './memory/uniform.ts';
import { drive } from './testing/drive.ts';

const MB = 1e6;
const MEMORY = 2000 * MB;
const EXACT: Tolerance = { bytes: 0, relative: 0 };
/** Counters are whole bytes. */
const WHOLE_BYTES: Tolerance = { bytes: 2, relative: 0 };
const ROUNDING = 1 + 1e-8;

const figures = fc.record({
  workingSetBytes: fc.double({ min: 1 * MB, max: 700 * MB, noNaN: true }),
  writeRateBytesPerSecond: fc.double({ min: 0.1 * MB, max: 3000 * MB, noNaN: true }),
});
const share = fc.double({ min: 0.01, max: 0.99, noNaN: true });
/** Ever flatter, as the curve of a steady workload is: what was recorded of one that was not is no steady guest. */
const concave = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 0, max: 50_000 })), {
    minLength: 1,
    maxLength: 6,
  })
  .map((pieces) => {
    const slopes = pieces.map(([, slope]) => slope).sort((a, b) => b - a);
    let [afterMs, dirtiedBytes] = [0, 0];
    return recorded(
      pieces.map(([ms], index) => {
        afterMs += ms;
        dirtiedBytes += ms * (slopes[index] ?? 0);
        return { afterMs, dirtiedBytes };
      }),
    );
  });
const models = {
  cyclic: figures.map(cyclic),
  uniform: figures.map(uniform),
  'hot-cold': fc
    .tuple(figures, share, share)
    .map(([writes, hotPagesShare, hotWritesShare]) => hotCold({ ...writes, hotPagesShare, hotWritesShare })),
  recorded: concave,
  'several at once': fc.tuple(figures, figures).map(([a, b]) => together(cyclic(a), uniform(b))),
} satisfies Record<string, fc.Arbitrary<MemoryModel>>;

const durations = fc.double({ min: 0.1, max: 60_000, noNaN: true });

function expectTruth(
  curve: DirtyCurve,
  memory: MemoryModel,
  asked: readonly number[],
  slackBytes: number,
): void {
  for (const ms of asked) {
    const truth = memory.dirtiedBytes(0, ms);
    expect(curve.lower(ms)).toBeLessThanOrEqual(truth * ROUNDING + slackBytes);
    expect(curve.upper(ms) * ROUNDING + slackBytes).toBeGreaterThanOrEqual(truth);
  }
}

test.each(Object.entries(models))('%s: any observations of its curve bracket all of it', (_, model) => {
  fc.assert(
    fc.property(
      model,
      fc.array(durations, { maxLength: 40 }),
      fc.array(durations),
      (memory, times, asked) => {
        let curve = DirtyCurve.unobserved(MEMORY, EXACT);
        for (const durationMs of times) {
          const found = curve.observe({ durationMs, bytes: memory.dirtiedBytes(0, durationMs) });
          expect(found.phaseChange).toBeUndefined();
          curve = found.curve;
        }
        expectTruth(curve, memory, [...asked, ...times], 1e-3);
      },
    ),
  );
});

test.each(Object.entries(models))(
  '%s: so do the passes of a migration, which leave some unsent',
  async (_, model) => {
    const scenario = fc.tuple(
      model,
      fc.double({ min: 10 * MB, max: 1500 * MB, noNaN: true }),
      fc.integer({ min: 1, max: 1000 }),
      fc.array(durations, { minLength: 5, maxLength: 20 }),
    );
    await fc.assert(
      fc.asyncProperty(scenario, async ([memory, bytesPerSecond, downtimeLimitMs, asked]) => {
        const input = { memoryBytes: MEMORY, memory, link: constantLink(bytesPerSecond), tickMs: Infinity };
        const { events } = await drive(input, { downtimeLimitMs }, (migration, _event, soFar) =>
          soFar.length >= 40 ? migration.detach() : undefined,
        );
        const boundaries = events.filter((event) => event.kind === 'boundary');
        // A pass ends once no more than this is unsent, and `remaining` counts it in.
        const unsentBytes = (bytesPerSecond * downtimeLimitMs) / 1000;
        let curve = DirtyCurve.unobserved(MEMORY, WHOLE_BYTES);
        boundaries.forEach(({ atMs, remainingBytes }, index) => {
          const began = boundaries[index - 1];
          if (!began) return;
          const durationMs = atMs - began.atMs;
          const found = curve.observe({ durationMs, bytes: remainingBytes, unsentBytes });
          expect(found.phaseChange).toBeUndefined();
          curve = found.curve;
        });
        expectTruth(curve, memory, asked, 2);
      }),
    );
  },
);
