import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CompressionQuestion, chooseCompression, compressing } from './compression.ts';

const MB = 1e6;
const TEXT = { bytes: 8 * MB, compressedBytes: 2 * MB, writtenLeft: undefined, bytesPerSecond: 230 * MB };
const QUESTION: CompressionQuestion = {
  sample: TEXT,
  lineBytesPerSecond: 60 * MB,
  capBytesPerSecond: undefined,
  freeProcessors: 1,
  connections: undefined,
};
const chosen = (question: Partial<CompressionQuestion>) => chooseCompression({ ...QUESTION, ...question });

test('what compresses is compressed on a slow line, and the sentence says why', () => {
  expect(chosen({}).streams).toEqual({ connections: 2, compression: 'zstd' });
  expect(chosen({}).why).toMatch(
    /^compressed with zstd: a sample of 8 MB .* 25 %, at 230 MB\/s .* carries 60 MB\/s$/,
  );
});

test('what does not compress is left alone', () => {
  const { streams, why } = chosen({ sample: { ...TEXT, compressedBytes: 7.9 * MB } });
  expect(streams).toBeUndefined();
  expect(why).toMatch(/^not compressed: a sample .* 99 %/);
});

test('what is written counts by itself, and is told', () => {
  const held = { ...TEXT, compressedBytes: 7.9 * MB, writtenLeft: 0.3 };
  expect(chosen({ sample: held }).streams).toBeDefined();
  expect(chosen({ sample: { ...TEXT, writtenLeft: 0.98 } }).why).toMatch(
    / compresses to 25 %, what it writes of that to 98 %, at /,
  );
});

test('what is written is as the sample of it says, within its spread; without one it may be anything up to what it holds', () => {
  expect(compressing({ ...TEXT, writtenLeft: 0.4 }, 1).writtenLeft).toMatchObject({
    low: expect.closeTo(0.34),
    middle: 0.4,
    high: expect.closeTo(0.46),
  });
  expect(compressing({ ...TEXT, writtenLeft: 1 }, 1).writtenLeft.high).toBe(1);
  expect(compressing(TEXT, 1).writtenLeft).toEqual({ low: 0.25, middle: 0.25, high: 1 });
});

test('a line that is faster than the processors is not held up', () => {
  expect(chosen({ lineBytesPerSecond: 400 * MB }).streams).toBeUndefined();
  expect(chosen({ lineBytesPerSecond: 400 * MB, freeProcessors: 4 }).streams).toMatchObject({
    connections: 4,
  });
  expect(chosen({ lineBytesPerSecond: 400 * MB, capBytesPerSecond: 50 * MB }).streams).toBeDefined();
});

test('a line that is not known is taken for a fast one', () => {
  const unknown = chosen({ lineBytesPerSecond: undefined });
  expect(unknown.streams).toBeUndefined();
  expect(unknown.why).toMatch(/as is assumed \(--line-rate states it\)/);
  expect(chosen({ lineBytesPerSecond: undefined, freeProcessors: 16 }).streams).toMatchObject({
    connections: 8,
  });
});

test('pages that cannot be read are not compressed, and that is said', () => {
  expect(chosen({ sample: undefined })).toEqual({
    streams: undefined,
    why: expect.stringMatching(/cannot be read from here; --compress zstd/),
  });
});

test('as many connections as the user wants', () =>
  expect(chosen({ connections: 3 }).streams).toEqual({ connections: 3, compression: 'zstd' }));

test('it is compressed only where that moves more memory: for every content, line and machine', () => {
  const rate = fc.double({ min: MB, max: 1e11, noNaN: true });
  fc.assert(
    fc.property(
      fc.double({ min: 0.001, max: 1.01, noNaN: true }),
      rate,
      rate,
      fc.double({ min: 0, max: 64, noNaN: true }),
      (left, perProcessor, line, freeProcessors) => {
        const { streams } = chosen({
          sample: {
            bytes: 1e6,
            compressedBytes: left * 1e6,
            writtenLeft: undefined,
            bytesPerSecond: perProcessor,
          },
          lineBytesPerSecond: line,
          freeProcessors,
        });
        if (!streams) return;
        expect(left).toBeLessThan(1);
        expect(perProcessor * Math.max(1, Math.min(freeProcessors, streams.connections))).toBeGreaterThan(
          line,
        );
      },
    ),
  );
});
