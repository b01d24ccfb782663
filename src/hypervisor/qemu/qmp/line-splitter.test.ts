import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineSplitter, LineTooLongError, MAX_LINE_BYTES } from './line-splitter.ts';

/** All lines that a stream cut into these chunks holds. */
function split(chunks: readonly (string | Buffer)[], splitter = new LineSplitter()): string[] {
  return chunks.flatMap((chunk) => [...splitter.push(Buffer.from(chunk))].map(String));
}

/** Cuts the bytes at the given places, whatever their order. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...[...places].sort((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

describe('lines', () => {
  test('several in one chunk', () => {
    expect(split(['one\r\ntwo\nthree\r\n'])).toEqual(['one', 'two', 'three']);
  });

  test('one over several chunks, the CR apart from its LF', () => {
    expect(split(['{"a"', ': 1}\r', '\n'])).toEqual(['{"a": 1}']);
  });

  test('the end without a line end is kept back', () => {
    const splitter = new LineSplitter();
    expect(split(['one\ntw'], splitter)).toEqual(['one']);
    expect(splitter.unfinished.toString()).toBe('tw');
    expect(split(['o\n'], splitter)).toEqual(['two']);
    expect(splitter.unfinished).toHaveLength(0);
  });

  test('a character of three bytes cut at every place', () => {
    const bytes = Buffer.from('"€"\n');
    for (let place = 0; place <= bytes.length; place++) {
      expect(split(cut(bytes, [place]))).toEqual(['"€"']);
    }
  });

  test('only one CR belongs to the line end, and one inside the line is kept', () => {
    expect(split(['a\rb\r\r\n'])).toEqual(['a\rb\r']);
  });

  // Many strings: a busy machine takes its time.
  test('any chunking gives the same lines', { timeout: 60_000 }, () => {
    const text = fc.string({ unit: 'binary' }).map((line) => line.replaceAll(/[\r\n]/g, ''));
    const stream = fc.array(fc.tuple(text, fc.constantFrom('\n', '\r\n')));
    fc.assert(
      fc.property(stream, fc.array(fc.nat()), (lines, cuts) => {
        const bytes = Buffer.from(lines.map(([line, end]) => line + end).join(''));
        const places = cuts.map((place) => place % (bytes.length + 1));
        expect(split(cut(bytes, places))).toEqual(lines.map(([line]) => line));
      }),
    );
  });
});

describe('the limit', () => {
  test('is 10 MB', () => {
    const splitter = new LineSplitter();
    expect(split([Buffer.alloc(MAX_LINE_BYTES, 'x')], splitter)).toEqual([]);
    expect(() => split(['x'], splitter)).toThrow(LineTooLongError);
  });

  test('a line of exactly the limit passes, its line end not counted', () => {
    expect(split(['12345\n'], new LineSplitter(5))).toEqual(['12345']);
  });

  test('a line beyond it throws although its end is there, after the lines before it', () => {
    const lines: string[] = [];
    const run = () => {
      for (const line of new LineSplitter(5).push(Buffer.from('1\n123456\n2\n'))) lines.push(String(line));
    };
    expect(run).toThrow(LineTooLongError);
    expect(lines).toEqual(['1']);
  });

  test('counts a line over its chunks, and each line anew', () => {
    const splitter = new LineSplitter(5);
    expect(split(['123', '45\n', '123', '45\n'], splitter)).toEqual(['12345', '12345']);
    expect(() => split(['123', '456'], splitter)).toThrow(LineTooLongError);
  });

  test('the error keeps the beginning of the line', () => {
    const run = () => split(['abc', 'def'], new LineSplitter(5));
    expect(run).toThrow(expect.objectContaining({ head: Buffer.from('abcdef') }));
  });
});
